"""What stands in the ledger when an assessment begins: day files, registrations, clients, past runs, history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select

from engine.assessment.due import OpenRun, PastRun, Registration
from engine.assessment.waiting import Expects
from engine.assessment.waiving import Waived, waivers_that_hold
from engine.calendar.zones import local_day
from engine.judge.facts import Fact
from engine.ledger import runs
from engine.ledger.coverage import covered_of_expecting
from engine.ledger.day_files import Live
from engine.ledger.decisions import PLATFORM_SPOKE, decisions
from engine.ledger.dialects import database_clock
from engine.ledger.expectations import expected_before, expected_on
from engine.ledger.periods import closings, corrected_and_open, month_of
from engine.ledger.registered_then import Then, registered_then
from engine.ledger.states import TRANSITIONS
from engine.ledger.tables import (
    Assessment,
    DayFile,
    JournalBatch,
    JournalEntry,
    Run,
    Subject,
    Violation,
    WaivedViolation,
)
from engine.rulebook.model import PastViolation, Rule

# From which states a violation can be closed, and which event put it there.
CLOSED_FROM: Mapping[str, str] = {
    f"violation.{state}": state for state, following in TRANSITIONS.items() if "closed" in following
}


def live_files(session: Session, known_at: datetime | None = None) -> Live:
    """(kind, platform, day) → the generation that counts now, or that counted at `known_at`."""
    counts: ColumnElement[bool] = col(DayFile.until).is_(None)
    if known_at is not None:
        counts = and_(col(DayFile.since) <= known_at, or_(counts, col(DayFile.until) > known_at))
    rows = session.exec(
        select(col(DayFile.kind), col(DayFile.platform), col(DayFile.day), col(DayFile.generation)).where(counts)
    )
    return {(kind, platform, day): generation for kind, platform, day, generation in rows}


def registrations(session: Session, platform: str, zone: str, known_at: datetime | None = None) -> list[Registration]:
    """The shops of a platform that are registered, or were at `known_at`, and what evidence is expected of each.

    It is listed from its `opened_on`, else its first day of evidence, else the day on which it was registered.
    """
    expected = expected_on(session, platform, known_at)
    covered = covered_of_expecting(session, platform, known_at)
    closed = closings(session) if known_at is None else {}
    before = expected_before(session, platform, closed)
    rows: Iterable[tuple[Subject, Subject | Then]]
    if known_at is not None:
        rows = ((then.subject, then) for then in registered_then(session, platform, known_at))
    else:
        wanted = select(Subject).where(Subject.kind == "shop", Subject.platform == platform)
        rows = ((shop, shop) for shop in session.exec(wanted.where(col(Subject.registered_at).is_not(None))))
    found = []
    for shop, was in rows:
        assert was.registered_at is not None
        assert shop.id is not None
        since = was.opened_on or was.first_evidence_on or local_day(was.registered_at, zone)
        mine = covered.get(shop.id, {})
        expects = Expects.of(expected[shop.id], mine) if shop.id in expected else None
        then = tuple(
            (month, Expects.of(of_month[shop.id], mine) if of_month[shop.id] else None)
            for month, of_month in before.items()
            if shop.id in of_month
        )
        unknown = frozenset(month for month, at in closed.items() if at <= was.registered_at)
        found.append(Registration(platform, shop.external_id, since, expects, then, unknown))
    return found


def clients_of(session: Session, platform: str) -> Mapping[str, str]:
    """Shop → client, for all shops of a platform."""
    rows = session.exec(
        select(Subject.external_id, Subject.client).where(Subject.kind == "shop", Subject.platform == platform)
    )
    return dict(rows.all())


def past_runs(session: Session, rule: str, restate: bool = False) -> Mapping[str, PastRun]:
    """Cycle → what is known of its runs under `rule`; with `restate` also by which versions it stands decided."""
    read = runs.latest_read(session, rule)
    decided = decisions(session, rule)
    clock = database_clock(session)
    last_by = runs.latest_version(session, rule) if restate else {}
    still_open = {run.cycle: _open_run(run, clock) for run in runs.open_runs(session) if run.rule == rule}
    decided_by = _decided_by(session, rule, last_by) if restate else {}
    reopened = corrected_and_open(session, rule)
    rows = session.exec(select(Run.cycle, func.min(Run.cycle_start)).where(Run.rule == rule).group_by(col(Run.cycle)))
    return {
        cycle: PastRun(
            first,
            read[cycle].input if cycle in read else None,
            still_open.get(cycle),
            decided_by.get(cycle, frozenset()),
            cycle in reopened,
            last_by.get(cycle),
            read[cycle].to if cycle in read else None,
            decided.get(cycle, ()),
        )
        for cycle, first in rows
    }


def _decided_by(session: Session, rule: str, last_by: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """Cycle → the digests of the versions by which its last run, or any verdict that stands, was decided.

    In a month that is closed verdicts stand as they are, whatever decides by now: there the last run alone counts.
    """
    last = {cycle: {sha256} for cycle, sha256 in last_by.items()}
    closed = closings(session)
    stands = select(col(Assessment.cycle), col(Assessment.cycle_end), col(Assessment.rule_sha256)).where(
        Assessment.rule == rule, col(Assessment.superseded_at).is_(None)
    )
    for cycle, last_day, sha256 in session.exec(stands.distinct()):
        if month_of(last_day) not in closed:
            last.setdefault(cycle, set()).add(sha256)
    return {cycle: frozenset(found) for cycle, found in last.items()}


def _open_run(run: Run, clock: datetime) -> OpenRun:
    assert run.id is not None
    rests = run.state == "failed" and run.lease_until is not None and run.lease_until >= clock
    return OpenRun(run.due_at, run.id, run.input if rests else None, runs.is_aside(run))


def history_of(
    session: Session, rule: str, assessed_on: date, known_at: datetime | None = None
) -> Mapping[str, Sequence[PastViolation]]:
    """Shop → its violations of `rule` that were assessed before `assessed_on`, as they are or as known at `known_at`.

    One that was confirmed and has been closed since is told as confirmed: to close a case is not to forget it.
    """
    rows = session.exec(
        select(Violation, col(Subject.external_id))
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(Violation.rule == rule, Violation.assessed_on < assessed_on)
        .order_by(col(Violation.assessed_on), col(Violation.id))
    ).all()
    if known_at is not None:
        stood = _stood(session, rule, known_at)
    else:
        before = _closed_as(session, rule) if any(v.state == "closed" for v, _ in rows) else {}
        stood = {v.id: (before.get(v.id, v.state), v.severity) for v, _ in rows}
    found: dict[str, list[PastViolation]] = {}
    for violation, shop in rows:
        if violation.id in stood:
            days_ago = (assessed_on - violation.assessed_on).days
            found.setdefault(shop, []).append(PastViolation(days_ago, *stood[violation.id]))
    return found


def waivers_of(
    session: Session, rule: str, known_at: datetime | None = None
) -> Mapping[str, Mapping[str, Collection[Fact]]]:
    """Cycle → shop → what a person has waived of `rule` by itself, as it is or as known at `known_at`.

    It is named by the violation that was waived: why, its journal tells. A violation that a waiver has put into that
    state is left out: the waiver speaks for it (see `waived_of`).
    """
    by_waiver = set(session.exec(select(WaivedViolation.violation_id).distinct()))
    wanted = (
        select(Violation, col(Subject.external_id))
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(Violation.rule == rule, col(Subject.kind) == "shop")
    )
    if known_at is None:
        rows = session.exec(wanted.where(col(Violation.state).in_(["waived", "closed"]))).all()
        before = _closed_as(session, rule) if any(v.state == "closed" for v, _ in rows) else {}
        states = {v.id: before.get(v.id, v.state) for v, _ in rows}
    else:
        rows = session.exec(wanted).all()
        states = {name: state for name, (state, _) in _stood(session, rule, known_at).items()}
    found: dict[str, dict[str, Collection[Fact]]] = {}
    for violation, shop in rows:
        if states.get(violation.id) == "waived" and violation.id not in by_waiver:
            found.setdefault(violation.cycle, {})[shop] = [Fact.of("waiver", reference=violation.id)]
    return found


def waived_of(session: Session, rule: Rule, known_at: datetime | None = None) -> tuple[Waived, ...]:
    """The waivers that hold for `rule`, but for the cycles and shops about which the platform has spoken."""
    held = waivers_that_hold(session, rule.id, rule.platform, known_at=known_at)
    if not held:
        return ()
    first = min(one.first for one in held)
    rows = session.exec(
        select(Violation, col(Subject.external_id))
        .join(Subject, col(Subject.id) == col(Violation.subject_id))
        .where(Violation.rule == rule.id, Violation.cycle_start >= first, col(Subject.kind) == "shop")
    ).all()
    if known_at is not None:
        states = {name: state for name, (state, _) in _stood(session, rule.id, known_at).items()}
    else:
        before = _closed_as(session, rule.id) if any(v.state == "closed" for v, _ in rows) else {}
        states = {v.id: before.get(v.id, v.state) for v, _ in rows}
    spoken = frozenset((v.cycle, shop) for v, shop in rows if states.get(v.id) in PLATFORM_SPOKE)
    return tuple(replace(one, spoken=spoken) for one in held)


def closed_as(session: Session, violation: Violation) -> str:
    """The state of a violation; of a closed one, that in which it was closed."""
    if violation.state != "closed":
        return violation.state
    return _closed_as(session, violation.rule, violation.id).get(violation.id, violation.state)


def closed_states(session: Session, rule: str) -> Mapping[str, str]:
    """Violation → the state in which it was closed, of all closed ones of `rule`."""
    return _closed_as(session, rule)


def _stood(session: Session, rule: str, known_at: datetime) -> dict[str, tuple[str, str | None]]:
    """Violation → its state and severity at `known_at` by the ledger's clock, as the journal tells them.

    Where a payload was redacted, the name of the event tells the state, and the severity is as it was told before.
    """
    of_rule = select(Violation.id).where(Violation.rule == rule)
    told = session.exec(
        select(JournalEntry.object_id, JournalEntry.event, JournalEntry.payload)
        .join(JournalBatch, col(JournalBatch.seq) == col(JournalEntry.batch))
        .where(
            JournalEntry.object_kind == "violation",
            col(JournalEntry.object_id).in_(of_rule),
            col(JournalBatch.committed_at) <= known_at,
        )
        .order_by(col(JournalEntry.batch), col(JournalEntry.position))
    )
    found: dict[str, tuple[str, str | None]] = {}
    for violation, event, payload in told:
        state, severity = found.get(violation, ("open", None))
        after = (payload or {}).get("after") or {}
        named = event.removeprefix("violation.")
        said = after.get("state") or (named if named in TRANSITIONS else state)
        found[violation] = (state if said == "closed" else said, after.get("severity", severity))
    return found


def _closed_as(session: Session, rule: str, only: str | None = None) -> dict[str, str]:
    """Violation → the state in which it was closed, of all closed ones of `rule` or of one, as the journal tells it.

    The names of events tell it; payloads may have been redacted.
    """
    closed = select(Violation.id).where(Violation.rule == rule, Violation.state == "closed")
    if only is not None:
        closed = closed.where(Violation.id == only)
    told = session.exec(
        select(JournalEntry.object_id, JournalEntry.event)
        .where(
            JournalEntry.object_kind == "violation",
            col(JournalEntry.object_id).in_(closed),
            col(JournalEntry.event).in_(CLOSED_FROM),
        )
        .order_by(col(JournalEntry.batch), col(JournalEntry.position))
    )
    return {violation: CLOSED_FROM[event] for violation, event in told}  # the last one stands
