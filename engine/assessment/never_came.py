"""Which shops went without a figure in the last cycle of each rule, since the evidence expected of them never came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from engine.assessment.waiting import names_days
from engine.calendar.zones import local_day
from engine.ledger.tables import Assessment, Run, Subject
from engine.rulebook.model import Rule


@dataclass(frozen=True, slots=True)
class NeverCame:
    """A shop that has no data in a cycle; `missing` names kinds and days."""

    rule: Rule
    cycle: str
    shop: str
    missing: tuple[str, ...]


def never_came(session: Session, rules: Iterable[Rule]) -> list[NeverCame]:
    """Who has no data for lack of evidence in the last cycle that was assessed, by rule and shop."""
    found: list[NeverCame] = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        done = select(Run).where(Run.rule == rule.id, Run.state == "done", col(Run.input).is_not(None))
        last = session.exec(done.order_by(col(Run.cycle_start).desc(), col(Run.id).desc()).limit(1)).first()
        if last is None:
            continue
        # By its day, since that is what the index begins with.
        standing = select(Assessment, Subject.external_id).where(
            Assessment.assessed_on == local_day(last.due_at, rule.zone),
            Assessment.rule == rule.id,
            Assessment.cycle == last.cycle,
            Assessment.verdict == "no_data",
            col(Assessment.superseded_at).is_(None),
        )
        rows = session.exec(standing.join(Subject, col(Subject.id) == col(Assessment.subject_id)))
        lacking = sorted((shop, tuple(row.missing)) for row, shop in rows if names_days(row.missing or ()))
        found += [NeverCame(rule, last.cycle, shop, missing) for shop, missing in lacking]
    return found
