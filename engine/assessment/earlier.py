"""Verdicts that stood before the one of today, about the same subject and cycle: nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from engine.assessment.recording import WHY
from engine.ledger.tables import Assessment, Run, Violation


@dataclass(frozen=True, slots=True)
class Earlier:
    """A verdict that no longer stands: until when it stood, and why it was superseded (None: it is not on record).

    `assessment` is its row; its figure lies between the ends that it has there.
    """

    assessment: Assessment
    superseded_at: datetime
    why: str | None


def earlier_verdicts(session: Session, violation: Violation) -> tuple[Earlier, ...]:
    """What was said before about the subject of a violation in its cycle, oldest first."""
    same = Run.rule == violation.rule, Run.cycle == violation.cycle, Run.state == "done"
    runs = {run.id: run for run in session.exec(select(Run).where(*same).order_by(col(Run.id)))}
    days = [violation.assessed_on, *(run.due_at.date() for run in runs.values())]
    rows = session.exec(
        select(Assessment)
        .where(
            Assessment.rule == violation.rule,
            Assessment.subject_id == violation.subject_id,
            Assessment.cycle == violation.cycle,
            # By day they are found without reading all that was ever superseded; in no zone it is two days off.
            Assessment.assessed_on >= min(days) - timedelta(days=1),
            Assessment.assessed_on <= max(days) + timedelta(days=1),
        )
        .order_by(col(Assessment.id))
    ).all()
    following = {row.supersedes_id: runs.get(row.run_id) for row in rows}
    return tuple(
        Earlier(row, row.superseded_at, _why(following.get(row.id) or _closing(runs.values(), row.superseded_at)))
        for row in rows
        if row.superseded_at is not None
    )


def _closing(runs: Iterable[Run], at: datetime) -> Run | None:
    """The run that took a verdict away and put none in its place."""
    return next((run for run in runs if run.finished_at == at), None)


def _why(run: Run | None) -> str | None:
    return next((why for cause, why in WHY.items() if run and run.cause == cause), None)
