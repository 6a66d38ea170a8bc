"""Everything that stands behind a violation, gathered for a reader: nothing is decided again here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, or_, select

from engine.assessment import diagnosis
from engine.assessment.active import Stretch, limits
from engine.assessment.archive import FileToday, file_today, outcome_of
from engine.assessment.diagnosed import diagnoses, rostered
from engine.assessment.diagnosis import Diagnosis
from engine.assessment.earlier import Earlier, earlier_verdicts
from engine.assessment.outcome import DatedSanction, Outcome
from engine.assessment.standing import live_files
from engine.calendar.assessment import assessment_instant
from engine.calendar.cycles import Cycle
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.ledger import journal
from engine.ledger.states import LET_OFF
from engine.ledger.tables import Assessment, Sanction, Situation, Subject, Violation
from engine.ledger.violations import by
from engine.measure.details import Details, details
from engine.measure.figures import Workshop, cut_off
from engine.measure.tallies import TallyCache
from engine.rulebook.book import RuleBook
from engine.rulebook.model import SanctionSpec

MOST_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Explanation:
    """A violation with its derivation.

    `rule_file`: whether today's rule file still decides alike; the outcome's rule is the one that was used.
    `overlaps`: the stretches of days that its measures and those of other standing violations of the shop limit alike.
    `evidence_changed`: by evidence that came in since, and is not assessed yet, the figure is another; `details` show
    today's.
    `earlier` are the verdicts about the same cycle that were superseded.
    `diagnosis` is what caused it, by today's evidence; None where there is none.
    `forecast` is what we reckoned: severity, kinds of measures, exposure. The outcome has what was decided instead.
    """

    outcome: Outcome
    rule_file: FileToday
    state: str
    decided_severity: str | None
    shop_name: str | None
    shop_alias: str | None
    assessed_at: datetime
    cut_off: datetime | None
    recorded_at: datetime
    details: Details
    evidence_changed: bool
    forecast: Any
    facts: Any
    trace: Any
    decided_by: str
    journal: tuple[journal.Entry, ...]
    overlaps: tuple[Stretch, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    diagnosis: Diagnosis | None = None


def explain(
    session: Session, rulebook: RuleBook, lake: Lake, cache: Path, violation: str, most: int | None = MOST_SESSIONS
) -> Explanation:
    """The explanation of a violation, from today's evidence, with at most `most` of the rows against it.

    Raises UnknownNameError for one that is not on record, KaoheError for one that today's evidence no longer shows.
    """
    row = by(session, violation)
    assessment = _assessment(session, row)
    if assessment is None:
        raise KaoheError(
            f"{row.id} is {row.state}, and by today's evidence there is no breach to explain: "
            f"`kaohe violations show {row.id}` tells its history",
            zh=f"{row.id} 的状态是 {row.state}，按现有证据已不构成违规；`kaohe violations show {row.id}` 里有它的经过",
        )
    outcome = outcome_of(session, rulebook, assessment, row if assessment.violation_id else None)
    outcome = replace(outcome, violation=row.id)  # of one that was waived the outcome itself names none
    rule, version = outcome.rule, outcome.version
    assert version.cycle is not None and version.assessed is not None
    cycle = Cycle(version.cycle, outcome.cycle, outcome.cycle_start, outcome.cycle_end)
    live = live_files(session)
    workshop = Workshop(lake, TallyCache(cache), live)
    with workshop.connection() as con:
        behind = details(con, workshop, rule, version, cycle, outcome.shop, most)
        rosters = rostered(session, rule.platform, cycle)
        causes = diagnoses(con, workshop, rule, version, cycle, [outcome.shop], rosters).get(outcome.shop)
    situation = session.get_one(Situation, assessment.situation_id)
    subject = session.get_one(Subject, row.subject_id)
    return Explanation(
        outcome=outcome,
        rule_file=file_today(rulebook, rule.id, version),
        state=row.state,
        decided_severity=row.decided_severity,
        shop_name=subject.name,
        shop_alias=subject.alias,
        assessed_at=assessment_instant(cycle, version.assessed, rule.zone),
        cut_off=cut_off(rule, version, cycle),
        recorded_at=row.changed_at,
        details=behind,
        evidence_changed=(behind.whole.numerator, behind.whole.denominator) != (outcome.numerator, outcome.denominator),
        forecast=situation.decision,
        facts=situation.facts,
        trace=situation.trace,
        decided_by=situation.decided_by,
        journal=tuple(journal.entries(session, object_id=row.id)),
        overlaps=overlapping(session, row),
        earlier=earlier_verdicts(session, row),
        diagnosis=causes,
    )


def without_agents(found: Explanation) -> Explanation:
    """The same for people who are not of the house: nothing of who among the agents did what."""
    behind = found.details
    shown = replace(
        behind,
        agents=(),
        against=tuple(replace(row, agent=None) for row in behind.against),
        counted=tuple(row for row in behind.counted if row.agent is None),
    )
    causes = found.diagnosis and diagnosis.without_agents(found.diagnosis)
    return replace(found, details=shown, diagnosis=causes)


def _assessment(session: Session, violation: Violation) -> Assessment | None:
    """What stands of the violation's cycle, if it is a breach: a violation, or one that was waived."""
    return session.exec(
        select(Assessment).where(
            Assessment.rule == violation.rule,
            Assessment.subject_id == violation.subject_id,
            Assessment.cycle == violation.cycle,
            col(Assessment.verdict).in_(["violation", "exempt"]),
            col(Assessment.superseded_at).is_(None),
        )
    ).first()


def overlapping(session: Session, violation: Violation) -> tuple[Stretch, ...]:
    """The days that this violation limits together with others of the same subject that were not let off."""
    rows = session.exec(
        select(Sanction)
        .join(Violation, col(Violation.id) == col(Sanction.violation_id))
        .where(
            Violation.subject_id == violation.subject_id,
            col(Sanction.starts).is_not(None),
            or_(col(Violation.state).not_in(sorted(LET_OFF)), Violation.id == violation.id),
        )
    )
    measures = [
        (row.violation_id, DatedSanction(SanctionSpec(row.kind, scope=row.scope), row.starts, row.ends)) for row in rows
    ]
    return tuple(
        stretch
        for limit in limits(measures)
        for stretch in limit.stretches
        if violation.id in stretch.violations and len(stretch.violations) > 1
    )
