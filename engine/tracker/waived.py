"""What a waiver does to the violations that are there already: approving lets them off, revoking brings them back.

Those of a month that is closed stay as they are: the next assessment books what changes as a correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from engine.assessment.deciding import decided
from engine.assessment.waiving import HOLDS, waiver_name
from engine.calendar.zones import local_day
from engine.ledger.actors import Actor
from engine.ledger.journal import Event
from engine.ledger.periods import is_closed, keep_months, month_of
from engine.ledger.tables import Violation, WaivedViolation, Waiver, WaiverShop
from engine.ledger.violations import Statement
from engine.rulebook.book import RuleBook
from engine.rulebook.platforms import PLATFORMS

WAIVABLE = ("open", "acknowledged")
AT_ONCE = 500  # values in one query
NEWS_FOR = timedelta(days=7)  # after the assessment; what is older wakes nobody


def in_scope(session: Session, waivers: Sequence[Waiver]) -> list[tuple[Waiver, list[Violation]]]:
    """Each waiver with the violations that it lets off, of months that are open; all locked, in one order."""
    found = [(waiver, set(session.exec(select(Violation.id).where(*_covered(waiver))))) for waiver in waivers]
    names = sorted({name for _, of_one in found for name in of_one})
    locked: dict[str, Violation] = {}
    for start in range(0, len(names), AT_ONCE):
        wanted = select(Violation).where(col(Violation.id).in_(names[start : start + AT_ONCE]))
        rows = session.exec(
            wanted.order_by(col(Violation.id)).with_for_update(), execution_options={"populate_existing": True}
        )
        locked |= {v.id: v for v in rows if v.state in WAIVABLE}
    keep_months(session)
    locked = {name: v for name, v in locked.items() if not is_closed(session, month_of(v.cycle_end))}
    return [(waiver, [locked[name] for name in sorted(of_one & locked.keys())]) for waiver, of_one in found]


def _covered(waiver: Waiver) -> list[ColumnElement[bool]]:
    """The conditions on violations that a waiver lets off."""
    found = [
        col(Violation.rule).in_(waiver.rules),
        col(Violation.subject_id).in_(select(WaiverShop.shop_id).where(WaiverShop.waiver_id == waiver.id)),
        col(Violation.cycle_start) >= waiver.first_day,
        col(Violation.cycle_end) <= waiver.last_day,
        col(Violation.state).in_(WAIVABLE),
    ]
    if waiver.violation_id is not None:
        found.append(col(Violation.id) == waiver.violation_id)
    return found


def let_off(
    session: Session, rulebook: RuleBook, waiver: Waiver, violations: Iterable[Violation], actor: Actor, now: datetime
) -> list[Event]:
    """Put these violations, which are locked, into the state `waived`; what the journal says of it."""
    events: list[Event] = []
    for violation in violations:
        assert waiver.id is not None
        if violation.state not in WAIVABLE:
            continue  # another waiver of the same approval has let it off
        session.add(WaivedViolation(waiver_id=waiver.id, violation_id=violation.id, was=violation.state))
        why, asked_by = f"{waiver_name(waiver.id)}: {waiver.why}", waiver.writers[0]
        stated = Statement("waived", actor, why, now, asked_by=asked_by)
        events.append(decided(session, rulebook, violation.id, stated)[1])
    return events


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
    today = local_day(now, PLATFORMS[violation.platform].zone)
    more = {"notify": today - violation.assessed_on <= NEWS_FOR}
    event = decided(session, rulebook, violation.id, Statement(state, actor, why, now, more=more, follows=True))[1]
    return replace(event, event="violation.reopened")  # which is news to those who were not told


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
