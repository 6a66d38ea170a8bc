"""What a waiver does to the violations that are there already: approving lets them off, revoking brings them back.

Those of a month that is closed stay as they are: the next assessment books what changes as a correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from engine.assessment.archive import VersionShelf
from engine.assessment.deciding import decide, settle
from engine.assessment.waiving import HOLDS, waiver_name
from engine.calendar.zones import local_day
from engine.ledger.actors import Actor
from engine.ledger.journal import Event
from engine.ledger.periods import is_closed, keep_months, month_of
from engine.ledger.states import step
from engine.ledger.tables import Run, Situation, Violation, WaivedViolation, Waiver, WaiverShop
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Version
from engine.rulebook.platforms import PLATFORMS

WAIVABLE = ("open", "acknowledged")
NEWS_FOR = timedelta(days=7)  # after the assessment; what is older wakes nobody


def in_scope(session: Session, waiver: Waiver) -> list[Violation]:
    """The violations that a waiver lets off, of months that are open, locked in one order."""
    shops = select(WaiverShop.shop_id).where(WaiverShop.waiver_id == waiver.id)
    wanted = select(Violation).where(
        col(Violation.rule).in_(waiver.rules),
        col(Violation.subject_id).in_(shops),
        Violation.cycle_start >= waiver.first_day,
        Violation.cycle_end <= waiver.last_day,
        col(Violation.state).in_(WAIVABLE),
    )
    if waiver.violation_id is not None:
        wanted = wanted.where(Violation.id == waiver.violation_id)
    locked = wanted.order_by(col(Violation.id)).with_for_update()
    found = session.exec(locked, execution_options={"populate_existing": True}).all()
    keep_months(session)
    return [v for v in found if not is_closed(session, month_of(v.cycle_end))]


def let_off(
    session: Session, rulebook: RuleBook, waiver: Waiver, violations: Iterable[Violation], actor: Actor, now: datetime
) -> None:
    """Put these violations, which are locked, into the state `waived`, each with its journal entry."""
    for violation in violations:
        assert waiver.id is not None
        if violation.state not in WAIVABLE:
            continue  # another waiver of the same approval has let it off
        session.add(WaivedViolation(waiver_id=waiver.id, violation_id=violation.id, was=violation.state))
        decide(session, rulebook, violation.id, "waived", actor, f"{waiver_name(waiver.id)}: {waiver.why}", now)


def bring_back(
    session: Session, rulebook: RuleBook, waiver: Waiver, actor: Actor, why: str, now: datetime
) -> list[Event]:
    """Put what only this waiver has let off into the state that it had before; what the journal says of it."""
    rows = session.exec(
        select(WaivedViolation, Violation)
        .join(Violation, col(Violation.id) == col(WaivedViolation.violation_id))
        .where(WaivedViolation.waiver_id == waiver.id)
        .order_by(col(Violation.id))
        .with_for_update(of=Violation),
        execution_options={"populate_existing": True},
    ).all()
    keep_months(session)
    others = _others(session, waiver)
    events: list[Event] = []
    for row, violation in rows:
        if violation.state != "waived" or is_closed(session, month_of(violation.cycle_end)):
            continue
        session.delete(row)
        session.flush()
        if (other := _covering(others, violation)) is not None:
            session.add(WaivedViolation(waiver_id=other, violation_id=violation.id, was=row.was))
            continue
        events.append(_back(session, rulebook, violation, row.was, actor, f"{waiver_name(waiver.id)}: {why}", now))
    return events


def _back(
    session: Session, rulebook: RuleBook, violation: Violation, state: str, actor: Actor, why: str, now: datetime
) -> Event:
    before = {"state": violation.state, "severity": violation.severity}
    violation.state = step(violation.id, violation.state, state, follows=True).after
    violation.changed_at = now
    session.add(violation)
    settle(session, _version(session, rulebook, violation), violation)
    today = local_day(now, PLATFORMS[violation.platform].zone)
    after = {"state": state, "severity": violation.severity, "notify": today - violation.assessed_on <= NEWS_FOR}
    payload = {"why": why, "before": before, "after": after}
    return Event(actor.name, "violation.reopened", "violation", violation.id, payload)


def _version(session: Session, rulebook: RuleBook, violation: Violation) -> Version | None:
    situation = session.get(Situation, violation.situation_id) if violation.situation_id is not None else None
    run = session.get(Run, situation.run_id) if situation else None
    if run is None or run.rule_sha256 is None:
        return None
    return VersionShelf(session, rulebook).get(violation.rule, violation.version, run.rule_sha256)[1]


def _others(session: Session, waiver: Waiver) -> Sequence[tuple[Waiver, frozenset[int]]]:
    """The other waivers that hold, each with its shops."""
    rows = session.exec(
        select(Waiver, WaiverShop.shop_id)
        .join(WaiverShop, col(WaiverShop.waiver_id) == col(Waiver.id))
        .where(col(Waiver.state).in_(HOLDS), Waiver.id != waiver.id)
        .order_by(col(Waiver.id))
    )
    found: dict[int, tuple[Waiver, set[int]]] = {}
    for other, shop in rows:
        found.setdefault(other.id or 0, (other, set()))[1].add(shop)
    return [(other, frozenset(shops)) for other, shops in found.values()]


def _covering(others: Sequence[tuple[Waiver, frozenset[int]]], violation: Violation) -> int | None:
    for other, shops in others:
        days = other.first_day <= violation.cycle_start and violation.cycle_end <= other.last_day
        if violation.subject_id in shops and violation.rule in other.rules and days:
            return other.id
    return None


def shops_of(session: Session, waivers: Sequence[int]) -> Mapping[int, list[int]]:
    """Waiver → the subject ids of its shops."""
    found: dict[int, list[int]] = {waiver: [] for waiver in waivers}
    wanted = select(WaiverShop.waiver_id, WaiverShop.shop_id).where(col(WaiverShop.waiver_id).in_(waivers))
    for waiver, shop in session.exec(wanted.order_by(col(WaiverShop.shop_id))):
        found[waiver].append(shop)
    return found
