"""What an outcome is as rows of the ledger, and how a row is compared with an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select as sa_select

from engine.assessment.outcome import DatedSanction, Outcome, exposure_fen
from engine.judge.decide import Decision
from engine.ledger.tables import Assessment, Violation

Row = dict[str, Any]


class Standing(NamedTuple):
    """What is needed of an assessment that stands, to compare it and to put another in its place."""

    id: int
    subject_id: int
    version: str
    rule_sha256: str
    numerator: int | None
    denominator: int | None
    verdict: str
    at_risk: bool
    severity: str | None
    missing: Any
    violation_id: str | None
    numerator_low: int | None
    numerator_high: int | None
    denominator_low: int | None
    denominator_high: int | None


STANDING = sa_select(*(getattr(Assessment, name) for name in Standing._fields))


def says(o: Outcome, restated: bool) -> tuple[Any, ...]:
    """What of an outcome is on record or is not, the words of the rule only where it is `restated`. See `said`."""
    ends = tuple(ends_of(o).values())
    version = (o.version.key, o.version.sha256 if restated else None)
    return (version, o.numerator, o.denominator, ends, o.verdict, o.at_risk, o.severity, list(o.missing))


def said(row: Standing | None, restated: bool) -> tuple[Any, ...] | None:
    """The same of the row that stands."""
    if row is None:
        return None
    missing = list(row.missing or [])
    ends = (row.numerator_low, row.numerator_high, row.denominator_low, row.denominator_high)
    version = (row.version, row.rule_sha256 if restated else None)
    return (version, row.numerator, row.denominator, ends, row.verdict, row.at_risk, row.severity, missing)


def ends_of(o: Outcome) -> Row:
    """The ends of the figure as columns, null where it is exact."""
    top, bottom = o.numerator_range, o.denominator_range
    return {
        "numerator_low": top.low if top else None,
        "numerator_high": top.high if top else None,
        "denominator_low": bottom.low if bottom else None,
        "denominator_high": bottom.high if bottom else None,
    }


def assessment_row(
    o: Outcome, run_id: int, subject_id: int, situation_id: int | None, old: Standing | None, now: datetime
) -> Row:
    """The assessment that takes the place of `old`."""
    return {
        "run_id": run_id,
        "rule": o.rule.id,
        "version": o.version.key,
        "rule_sha256": o.version.sha256,
        "subject_id": subject_id,
        "cycle": o.cycle,
        "cycle_start": o.cycle_start,
        "cycle_end": o.cycle_end,
        "assessed_on": o.assessed_on,
        "numerator": o.numerator,
        "denominator": o.denominator,
        **ends_of(o),
        "verdict": o.verdict,
        "at_risk": o.at_risk,
        "severity": o.severity,
        "missing": list(o.missing) or None,
        "situation_id": situation_id,
        "violation_id": o.violation,
        "supersedes_id": old.id if old else None,
        "recorded_at": now,
        "superseded_at": None,
    }


def new_violation(o: Outcome, subject_id: int, findings: Mapping[str, Any]) -> Row:
    """A violation that is opened; `findings` is what `findings_of` says of it."""
    return {
        "id": o.violation,
        "rule": o.rule.id,
        "subject_id": subject_id,
        "client": o.client,
        "platform": o.rule.platform,
        "cycle": o.cycle,
        "occurrence": 1,
        "state": "open",
        "opened_at": findings["changed_at"],
        **findings,
    }


def findings_of(o: Outcome, situation_id: int, now: datetime) -> Row:
    """What new evidence may change about a violation on which nobody has spoken yet."""
    low, high = exposure_fen(o.sanctions)
    return {
        "version": o.version.key,
        "severity": o.severity,
        "exposure_min_fen": low,
        "exposure_max_fen": high,
        **figure_columns(o),
        **day_columns(o),
        "situation_id": situation_id,
        "changed_at": now,
    }


def sanction_rows(violation: str, sanctions: Sequence[DatedSanction]) -> list[Row]:
    """The sanctions of a violation, in the order of the ladder."""
    return [sanction_row(violation, position, sanction) for position, sanction in enumerate(sanctions)]


def sanction_row(violation: str, position: int, sanction: DatedSanction) -> Row:
    """One measure of a violation, the `position`-th of its rung from 0."""
    spec = sanction.spec
    low, high = spec.amount_fen or (None, None)
    return {
        "violation_id": violation,
        "position": position,
        "kind": spec.kind,
        "scope": spec.scope,
        "amount_min_fen": low,
        "amount_max_fen": high,
        "discretionary": spec.discretionary,
        "accounts": list(spec.accounts) or None,
        "points": spec.points,
        "share": str(spec.share) if spec.share is not None else None,
        "days_min": spec.days[0] if spec.days else None,
        "starts": sanction.starts,
        "ends": sanction.ends,
    }


def figure_columns(o: Outcome) -> Row:
    """The figure as columns of a violation."""
    return {"numerator": o.numerator, "denominator": o.denominator, **ends_of(o)}


def day_columns(o: Outcome) -> Row:
    """The days of the cycle and of its assessment as columns of a violation: a rule file that changes may move them."""
    return {name: getattr(o, name) for name in ("cycle_start", "cycle_end", "assessed_on")}


def figures_of(o: Outcome) -> Row:
    """The figure as the journal tells it."""
    return {"numerator": o.numerator, "denominator": o.denominator, **o.ranges_json(), "verdict": o.verdict}


def on_record(violation: Violation) -> Row:
    """What the journal tells of a violation before it changes."""
    return {
        "numerator": violation.numerator,
        "denominator": violation.denominator,
        "state": violation.state,
        "severity": violation.severity,
        "exposure_fen": [violation.exposure_min_fen, violation.exposure_max_fen],
    }


def decision_json(decision: Decision) -> Row:
    """A decision as it is kept beside its facts and its trace."""
    return {
        "outcome": decision.outcome,
        "severity": decision.severity,
        "sanctions": [s.kind for s in decision.sanctions],
        "exposure_fen": list(decision.exposure_fen),
    }
