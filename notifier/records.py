"""The rows that notices are made of, read from the ledger for many violations at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from engine.ledger.tables import Sanction, Subject, Violation
from engine.rulebook.model import Language, Rule
from notifier.facts import NoticeFacts, facts_of
from notifier.sheets import Sheets

AT_ONCE = 500  # how many names one query asks for


@dataclass(frozen=True, slots=True)
class Record:
    """A violation, what follows from it, and whose it is. `agent` is whom the rule judges if not the shop.

    `shop` is None for people and teams: they belong to no single shop.
    """

    violation: Violation
    sanctions: tuple[Sanction, ...]
    shop: Subject | None
    agent: Subject | None

    def facts(self, rulebook: Mapping[str, Rule], sheets: Sheets, language: Language) -> NoticeFacts:
        """What a notice about it may say."""
        rule = self.violation.rule
        subject = self.shop or self.agent
        assert subject is not None  # every violation has a subject
        sheet = sheets.sheet(rule, language)
        agent = self.agent if self.shop else None
        return facts_of(self.violation, self.sanctions, subject, rulebook.get(rule), sheet, language, agent)


def records_of(session: Session, violations: Sequence[str]) -> dict[str, Record]:
    """The records of these violations by id; ids that the ledger does not know are left out."""
    found: dict[str, Record] = {}
    for start in range(0, len(violations), AT_ONCE):
        found |= _records(session, violations[start : start + AT_ONCE])
    return found


def _records(session: Session, ids: Sequence[str]) -> dict[str, Record]:
    rows = session.exec(select(Violation).where(col(Violation.id).in_(ids))).all()
    sanctions: dict[str, list[Sanction]] = defaultdict(list)
    for sanction in session.exec(select(Sanction).where(col(Sanction.violation_id).in_(ids))):
        sanctions[sanction.violation_id].append(sanction)
    subjects = _subjects(session, {row.subject_id for row in rows})
    shops = subjects | _subjects(session, {s.parent_id for s in subjects.values() if s.parent_id is not None})
    return {row.id: _record(row, sanctions[row.id], subjects[row.subject_id], shops) for row in rows}


def _record(violation: Violation, sanctions: list[Sanction], subject: Subject, shops: Mapping[int, Subject]) -> Record:
    ordered = tuple(sorted(sanctions, key=lambda s: s.position))
    if subject.kind == "shop":
        return Record(violation, ordered, subject, None)
    return Record(violation, ordered, shops.get(subject.parent_id or 0), subject)


def _subjects(session: Session, ids: set[int]) -> dict[int, Subject]:
    rows = session.exec(select(Subject).where(col(Subject.id).in_(ids)))
    return {row.id: row for row in rows if row.id is not None}
