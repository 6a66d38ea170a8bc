"""What stands in the ledger when an assessment begins: day files, registrations, clients, past runs, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import Session, col, func, select

from engine.assessment.due import OpenRun, PastRun, Registration
from engine.calendar.zones import local_day
from engine.ledger import runs
from engine.ledger.day_files import Live
from engine.ledger.tables import DayFile, JournalEntry, Run, Subject, Violation
from engine.ledger.violations import TRANSITIONS
from engine.rulebook.model import PastViolation

# From which states a violation can be closed, and which event put it there.
SETTLED: Mapping[str, str] = {
    f"violation.{state}": state for state, following in TRANSITIONS.items() if "closed" in following
}


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
    still_open = {
        run.cycle: OpenRun(run.due_at, run.id)
        for run in runs.open_runs(session)
        if run.rule == rule and run.id is not None
    }
    rows = session.exec(select(Run.cycle, func.min(Run.cycle_start)).where(Run.rule == rule).group_by(col(Run.cycle)))
    return {cycle: PastRun(first, inputs.get(cycle), still_open.get(cycle)) for cycle, first in rows}


def last_input(session: Session, rule: str, cycle: str) -> str | None:
    """What the last finished run of this cycle had read; None if there was none."""
    finished = select(Run.input).where(Run.rule == rule, Run.cycle == cycle, Run.state == "done")
    return session.exec(finished.order_by(col(Run.id).desc()).limit(1)).first()


def history_of(session: Session, rule: str, assessed_on: date) -> Mapping[str, Sequence[PastViolation]]:
    """Shop → its violations of `rule` that were assessed before `assessed_on`.

    One that was confirmed and has been closed since is told as confirmed: to close a case is not to forget it.
    """
    rows = session.exec(
        select(Violation, col(Subject.external_id))
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(Violation.rule == rule, Violation.assessed_on < assessed_on)
        .order_by(col(Violation.assessed_on), col(Violation.id))
    ).all()
    closed_as = _closed_as(session, rule) if any(v.state == "closed" for v, _ in rows) else {}
    found: dict[str, list[PastViolation]] = {}
    for violation, shop in rows:
        state = closed_as.get(violation.id, violation.state)
        days_ago = (assessed_on - violation.assessed_on).days
        found.setdefault(shop, []).append(PastViolation(days_ago, state, violation.severity))
    return found


def _closed_as(session: Session, rule: str) -> dict[str, str]:
    """Violation → the state in which it was closed, of all closed ones of `rule`, as the journal tells it.

    The names of events tell it; payloads may have been redacted.
    """
    closed = select(Violation.id).where(Violation.rule == rule, Violation.state == "closed")
    told = session.exec(
        select(JournalEntry.object_id, JournalEntry.event)
        .where(
            JournalEntry.object_kind == "violation",
            col(JournalEntry.object_id).in_(closed),
            col(JournalEntry.event).in_(SETTLED),
        )
        .order_by(col(JournalEntry.batch), col(JournalEntry.position))
    )
    return {violation: SETTLED[event] for violation, event in told}  # the last one stands
