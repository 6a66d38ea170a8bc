"""Everything that stands behind a violation, gathered for a reader: nothing is decided again here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from engine.assessment.archive import current_outcomes
from engine.assessment.due import input_digest
from engine.assessment.outcome import Outcome
from engine.assessment.standing import live_files, registrations
from engine.calendar.assessment import assessment_instant
from engine.calendar.cycles import Cycle
from engine.errors import KaoheError
from engine.evidence.duck import connect
from engine.evidence.lake import Lake
from engine.ledger import journal
from engine.ledger.tables import Run, Situation, Subject
from engine.ledger.violations import by
from engine.measure.details import Details, details
from engine.measure.figures import Workshop, cut_off
from engine.measure.tallies import TallyCache
from engine.rulebook.book import RuleBook

MOST_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Explanation:
    """A violation with its derivation.

    `evidence_changed`: evidence came in after the verdict and is not assessed yet; `details` then show today's.
    """

    outcome: Outcome
    state: str
    shop_name: str | None
    shop_alias: str | None
    assessed_at: datetime
    cut_off: datetime | None
    recorded_at: datetime
    details: Details
    evidence_changed: bool
    facts: Any
    trace: Any
    decided_by: str
    journal: tuple[journal.Entry, ...]


def explain(session: Session, rulebook: RuleBook, lake: Lake, cache: Path, violation: str) -> Explanation:
    """The explanation of a violation. Raises UnknownNameError for one that is not on record."""
    row = by(session, violation)
    outcomes = current_outcomes(session, rulebook, None, None, None, [violation])
    if not outcomes:
        raise KaoheError(f"{violation} was withdrawn: `kaohe violations show {violation}` tells its history")
    outcome = outcomes[0]
    rule, version = outcome.rule, outcome.version
    assert version.cycle is not None and version.assessed is not None
    cycle = Cycle(version.cycle, outcome.cycle, outcome.cycle_start, outcome.cycle_end)
    live = live_files(session)
    with connect() as con:
        behind = details(
            con, Workshop(lake, TallyCache(cache), live), rule, version, cycle, outcome.shop, MOST_SESSIONS
        )
    situation = session.get_one(Situation, row.situation_id)
    run = session.get_one(Run, situation.run_id)
    digest = input_digest(rule, version, cycle, live, registrations(session, rule.platform, rule.zone))
    subject = session.get_one(Subject, row.subject_id)
    return Explanation(
        outcome=outcome,
        state=row.state,
        shop_name=subject.name,
        shop_alias=subject.alias,
        assessed_at=assessment_instant(cycle, version.assessed, rule.zone),
        cut_off=cut_off(rule, version, cycle),
        recorded_at=row.changed_at,
        details=behind,
        evidence_changed=digest != run.input
        and (behind.whole.numerator, behind.whole.denominator) != (outcome.numerator, outcome.denominator),
        facts=situation.facts,
        trace=situation.trace,
        decided_by=situation.decided_by,
        journal=tuple(journal.entries(session, object_id=violation)),
    )
