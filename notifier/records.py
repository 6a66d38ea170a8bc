"""The rows that notices are made of, read from the ledger for many violations at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.assessment.archive import FileToday, file_today, version_as_used
from engine.assessment.diagnosis import Diagnosis
from engine.assessment.ruling import Ruling, ruling
from engine.judge.subjects import interval_of
from engine.ledger.tables import (
    Assessment,
    JournalEntry,
    Notice,
    NoticeItem,
    RuleVersion,
    Run,
    Sanction,
    Situation,
    Subject,
    Violation,
)
from engine.ledger.tables import Diagnosis as KeptDiagnosis
from engine.rulebook.floor import below_floor
from engine.rulebook.model import Language, Rule, Version
from notifier.events import EVENTS, is_late
from notifier.facts import NoticeFacts, facts_of
from notifier.readers import OUTSIDER, Reader
from notifier.routing.model import News
from notifier.sheets import Sheets

AT_ONCE = 500  # how many names one query asks for
AFRESH = {"populate_existing": True}  # as others have changed it meanwhile, though this session has read it before


@dataclass(frozen=True, slots=True)
class Used:
    """The version that decided: the digest of what it says, and the text of its file as the ledger kept it."""

    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """A violation, what follows from it, and whose it is. `agent` is whom the rule judges if not the shop.

    `shop` is None for people and teams: they belong to no single shop. `used` is the rule that was used, as far as
    the ledger knows, `diagnosis` what caused it.
    """

    violation: Violation
    sanctions: tuple[Sanction, ...]
    shop: Subject | None
    agent: Subject | None
    used: Used | None = None
    diagnosis: Diagnosis | None = None

    def rule(self, rulebook: Mapping[str, Rule]) -> Rule | None:
        """The rule as it was when it decided; today's where the ledger does not tell; None where it is lost."""
        name, version = self.violation.rule, self.violation.version
        if self.used is None:
            return rulebook.get(name)
        found = version_as_used(rulebook, name, version, self.used.sha256, self.used.text)
        return found[0] if found else None

    def file_today(self, rulebook: Mapping[str, Rule]) -> FileToday | None:
        """What became of the file of the rule that decided; None where the ledger does not tell which did."""
        version = self.version(rulebook) if self.used else None
        return file_today(rulebook, self.violation.rule, version) if version else None

    def version(self, rulebook: Mapping[str, Rule]) -> Version | None:
        """The version of its rule that decided; None where it is lost."""
        told = self.rule(rulebook)
        return next((v for v in told.versions if v.key == self.violation.version), None) if told else None

    def news(self, event: str) -> News:
        """This event, as routes ask about it."""
        v = self.violation
        return News(event, v.client, v.platform, self.shop.key if self.shop else None, v.rule, v.severity)

    def is_small(self, rulebook: Mapping[str, Rule]) -> bool:
        """Whether its numbers are below what its rule wants to be told of by itself."""
        version, v = self.version(rulebook), self.violation
        if version is None or not version.notify_floor:
            return False
        top = interval_of(v.numerator_low, v.numerator_high) or v.numerator
        bottom = interval_of(v.denominator_low, v.denominator_high) or v.denominator
        return below_floor(version, top, bottom)

    def ruling(self) -> Ruling:
        """What may be felt of it by now."""
        return ruling(self.violation, self.sanctions)

    def facts(
        self, rulebook: Mapping[str, Rule], sheets: Sheets, language: Language, reader: Reader = OUTSIDER
    ) -> NoticeFacts:
        """What a notice about it may say to this reader, under the version of its rule that decided it."""
        return self.facts_under(self.rule(rulebook), self.violation.version, sheets, language, reader)

    def facts_under(
        self, told: Rule | None, version: str, sheets: Sheets, language: Language, reader: Reader = OUTSIDER
    ) -> NoticeFacts:
        """What a notice about it may say to this reader under this version of its rule."""
        rule = self.violation.rule
        subject = self.shop or self.agent
        assert subject is not None  # every violation has a subject
        sheet = sheets.sheet(rule, language)
        agent = self.agent if self.shop else None
        about = self.violation, self.sanctions, subject, told, sheet, language, agent, version, self.diagnosis
        return facts_of(*about, reader)


def records_of(session: Session, violations: Sequence[str]) -> dict[str, Record]:
    """The records of these violations by id; ids that the ledger does not know are left out."""
    found: dict[str, Record] = {}
    for start in range(0, len(violations), AT_ONCE):
        found |= _records(session, violations[start : start + AT_ONCE])
    return found


def outlines(session: Session, violations: Sequence[str]) -> dict[str, Record]:
    """Violations and whose they are, as they are on record now; not what follows from them, nor what decided them."""
    found: dict[str, Record] = {}
    for start in range(0, len(violations), AT_ONCE):
        wanted = select(Violation).where(col(Violation.id).in_(violations[start : start + AT_ONCE]))
        rows = session.exec(wanted, execution_options=AFRESH).all()
        subjects = _subjects(session, {row.subject_id for row in rows})
        shops = subjects | _subjects(session, _parents(subjects))
        found |= {row.id: _record(row, [], subjects[row.subject_id], shops, None) for row in rows}
    return found


def open_of_shop(session: Session, shop: str, states: Collection[str]) -> dict[str, datetime]:
    """The violations in these states of the shop with this key and its agents: id → assessment instant."""
    subject, parent = aliased(Subject), aliased(Subject)
    wanted = (
        select(Violation.id, Run.due_at)
        .join(subject, col(subject.id) == Violation.subject_id)
        .outerjoin(parent, col(parent.id) == subject.parent_id)
        .join(Assessment, col(Assessment.violation_id) == Violation.id)
        .join(Run, col(Run.id) == Assessment.run_id)
        .where(or_(col(subject.key) == shop, col(parent.key) == shop))
        .where(col(Violation.state).in_(sorted(states)), col(Assessment.superseded_at).is_(None))
    )
    return dict(session.exec(wanted).all())


def unheard(session: Session, states: Collection[str], since: datetime) -> set[str]:
    """The violations in these states, assessed since then, that nobody was told of or is about to be."""
    told = select(Notice.id).where(Notice.key == Violation.id).exists()
    gathered = select(NoticeItem.notice_id).where(NoticeItem.violation_id == Violation.id).exists()
    wanted = (
        select(Violation.id)
        .join(Assessment, col(Assessment.violation_id) == Violation.id)
        .join(Run, col(Run.id) == Assessment.run_id)
        .where(col(Run.due_at) >= since, col(Assessment.superseded_at).is_(None))
        .where(col(Violation.state).in_(sorted(states)), ~told, ~gathered)
    )
    return set(session.exec(wanted))


def late_of(session: Session, violations: Collection[str]) -> set[str]:
    """Those of these violations that were late when they were last opened, as the journal says."""
    last: dict[str, Any] = {}
    names = sorted(violations)
    for start in range(0, len(names), AT_ONCE):
        wanted = select(JournalEntry.object_id, JournalEntry.payload).where(
            JournalEntry.object_kind == "violation",
            col(JournalEntry.object_id).in_(names[start : start + AT_ONCE]),
            col(JournalEntry.event).in_(sorted(EVENTS)),
        )
        last |= dict(session.exec(wanted.order_by(col(JournalEntry.batch), col(JournalEntry.position))).all())
    return {name for name, payload in last.items() if is_late(payload)}


def unsent_of_shop(session: Session, shop: str) -> list[Notice]:
    """The notices about the shop with this key and its agents that nobody has got yet, locked for a change."""
    subject, parent = aliased(Subject), aliased(Subject)
    mine = (
        select(Violation.id)
        .join(subject, col(subject.id) == Violation.subject_id)
        .outerjoin(parent, col(parent.id) == subject.parent_id)
        .where(or_(col(subject.key) == shop, col(parent.key) == shop))
    )
    unsent = col(Notice.state).in_(["queued", "sending", "failed"])
    wanted = select(Notice).where(unsent, col(Notice.violation_id).in_(mine)).order_by(col(Notice.id))
    return list(session.exec(wanted.with_for_update(), execution_options={"populate_existing": True}))


def _records(session: Session, ids: Sequence[str]) -> dict[str, Record]:
    rows = session.exec(select(Violation).where(col(Violation.id).in_(ids))).all()
    sanctions: dict[str, list[Sanction]] = defaultdict(list)
    for sanction in session.exec(select(Sanction).where(col(Sanction.violation_id).in_(ids))):
        sanctions[sanction.violation_id].append(sanction)
    subjects = _subjects(session, {row.subject_id for row in rows})
    shops = subjects | _subjects(session, _parents(subjects))
    used = _used(session, {row.situation_id for row in rows if row.situation_id is not None})
    known = _diagnoses(session, rows)
    return {
        row.id: replace(
            _record(row, sanctions[row.id], subjects[row.subject_id], shops, used.get(row.situation_id or 0)),
            diagnosis=known.get(row.id),
        )
        for row in rows
    }


def _diagnoses(session: Session, rows: Sequence[Violation]) -> dict[str, Diagnosis]:
    """The diagnoses of what stands of these violations; of those that changed since there are none."""
    kept = session.exec(select(KeptDiagnosis).where(col(KeptDiagnosis.violation_id).in_([row.id for row in rows])))
    situations = {row.id: row.situation_id for row in rows}
    return {
        one.violation_id: Diagnosis.of_json(one.document)
        for one in kept
        if one.situation_id == situations[one.violation_id]
    }


def _record(
    violation: Violation, sanctions: list[Sanction], subject: Subject, shops: Mapping[int, Subject], used: Used | None
) -> Record:
    ordered = tuple(sorted(sanctions, key=lambda s: s.position))
    if subject.kind == "shop":
        return Record(violation, ordered, subject, None, used)
    return Record(violation, ordered, shops.get(subject.parent_id or 0), subject, used)


def _used(session: Session, situations: set[int]) -> dict[int, Used]:
    """The version under which each of these situations was decided."""
    runs = session.exec(
        select(Situation.id, Run.rule_sha256)
        .join(Run, col(Run.id) == col(Situation.run_id))
        .where(col(Situation.id).in_(situations))
    ).all()
    kept = select(RuleVersion).where(col(RuleVersion.sha256).in_({sha256 for _, sha256 in runs}))
    versions = {version.sha256: Used(version.sha256, version.source_text) for version in session.exec(kept)}
    return {
        situation: versions[sha256]
        for situation, sha256 in runs
        if situation is not None and sha256 is not None and sha256 in versions
    }


def _subjects(session: Session, ids: set[int]) -> dict[int, Subject]:
    if not ids:
        return {}
    rows = session.exec(select(Subject).where(col(Subject.id).in_(ids)), execution_options=AFRESH)
    return {row.id: row for row in rows if row.id is not None}


def _parents(subjects: Mapping[int, Subject]) -> set[int]:
    return {subject.parent_id for subject in subjects.values() if subject.parent_id is not None}
