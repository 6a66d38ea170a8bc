"""What stands in the ledger when an assessment begins: day files, registrations, clients, past runs, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import Session, col, func, select

from engine.assessment.due import PastRun, Registration
from engine.calendar.zones import local_day
from engine.ledger import runs
from engine.ledger.tables import DayFile, Run, Subject, Violation
from engine.measure.tallies import Live
from engine.rulebook.model import PastViolation


def live_files(session: Session) -> Live:
    """(kind, platform, day) → the generation that counts now."""
    rows = session.exec(
        select(col(DayFile.kind), col(DayFile.platform), col(DayFile.day), col(DayFile.generation)).where(
            col(DayFile.until).is_(None)
        )
    )
    return {(kind, platform, day): generation for kind, platform, day, generation in rows}


def registrations(session: Session, platform: str, zone: str) -> list[Registration]:
    """The registered shops of a platform, and since when each is listed.

    That is its `opened_on`, else its first day of evidence, else the day on which it was registered.
    """
    rows = session.exec(
        select(Subject).where(
            Subject.kind == "shop", Subject.platform == platform, col(Subject.registered_at).is_not(None)
        )
    )
    found = []
    for row in rows:
        assert row.registered_at is not None
        since = row.opened_on or row.first_evidence_on or local_day(row.registered_at, zone)
        found.append(Registration(platform, row.external_id, since))
    return found


def clients_of(session: Session, platform: str) -> Mapping[str, str]:
    """Shop → client, for all shops of a platform."""
    rows = session.exec(
        select(Subject.external_id, Subject.client).where(Subject.kind == "shop", Subject.platform == platform)
    )
    return dict(rows.all())


def past_runs(session: Session, rule: str) -> Mapping[str, PastRun]:
    """Cycle → what is known of its runs under `rule`."""
    inputs = runs.latest_input(session, rule)
    still_open = {run.cycle for run in runs.open_runs(session) if run.rule == rule}
    rows = session.exec(select(Run.cycle, func.min(Run.cycle_start)).where(Run.rule == rule).group_by(col(Run.cycle)))
    return {cycle: PastRun(first, inputs.get(cycle), cycle in still_open) for cycle, first in rows}


def history_of(session: Session, rule: str, assessed_on: date) -> Mapping[str, Sequence[PastViolation]]:
    """Shop → its violations of `rule` that were assessed before `assessed_on`."""
    rows = session.exec(
        select(col(Subject.external_id), col(Violation.assessed_on), col(Violation.state), col(Violation.severity))
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(Violation.rule == rule, Violation.assessed_on < assessed_on)
        .order_by(col(Violation.assessed_on))
    )
    found: dict[str, list[PastViolation]] = {}
    for shop, on, state, severity in rows:
        found.setdefault(shop, []).append(PastViolation((assessed_on - on).days, state, severity))
    return found
