"""What a waiver does to the violations that are there already: approving lets them off, revoking brings them back.

Those of a month that is closed stay as they are: the next assessment books what changes as a correction.

What a waiver covers is its client's, whoever agrees to it and however little of it they see: bounds would leave a part
of it as it is. And the client's alone: a shop that goes to another one leaves the waivers of the former. A violation's
own entries name the waiver only, since they are read by whoever has the shop later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from engine.assessment.deciding import decided
from engine.assessment.waiving import HOLDS, SHOP_LEFT, waiver_name
from engine.calendar.zones import local_day
from engine.errors import KaoheError
from engine.ledger.actors import ITSELF, Actor
from engine.ledger.everything import everything
from engine.ledger.journal import Event
from engine.ledger.parts import in_parts
from engine.ledger.periods import is_closed, keep_months, month_of
from engine.ledger.tables import Subject, Violation, WaivedViolation, Waiver, WaiverShop
from engine.ledger.violations import Statement
from engine.rulebook.book import RuleBook
from engine.rulebook.platforms import PLATFORMS

WAIVABLE = ("open", "acknowledged")
NEWS_FOR = timedelta(days=7)  # after the assessment; what is older wakes nobody


def in_scope(session: Session, waivers: Sequence[Waiver]) -> list[tuple[Waiver, list[Violation]]]:
    """Each waiver with the violations that it lets off, of months that are open; all locked, in one order."""
    with everything(session):
        return _in_scope(session, waivers)


def lock_shops(session: Session, waivers: Sequence[int]) -> None:
    """Hold the shops of these waivers until the transaction ends, before the waivers, as a registration does.

    Who approves another one of the same shop meanwhile waits, and sees what this one has let off.
    """
    with everything(session):
        covered = select(WaiverShop.shop_id).where(col(WaiverShop.waiver_id).in_(waivers))
        shops = select(Subject.id).where(col(Subject.id).in_(covered)).order_by(col(Subject.key))
        session.exec(shops.with_for_update(key_share=True)).all()


def refuse_moved(session: Session, waiver: Waiver) -> None:
    """Raise KaoheError where a waiver has no shop any more, or one that is another client's by now."""
    with everything(session):
        wanted = select(Subject).join(WaiverShop, col(WaiverShop.shop_id) == col(Subject.id))
        shops = session.exec(wanted.where(WaiverShop.waiver_id == waiver.id).order_by(col(Subject.key))).all()
    name, moved = waiver_name(waiver.id), [shop.key for shop in shops if shop.client != waiver.client]
    if moved or not shops:
        raise KaoheError(
            f"waiver {name} covers shops that have left {waiver.client} since it was asked for "
            f"({', '.join(moved) or 'all of them'}); put another request in its place: `kaohe waivers edit {name} …`",
            zh=f"豁免 {name} 申请之后，{'、'.join(moved) or '其中的店铺'} 已不属于客户 {waiver.client}；"
            f"请改写申请：`kaohe waivers edit {name} …`",
        )


def _in_scope(session: Session, waivers: Sequence[Waiver]) -> list[tuple[Waiver, list[Violation]]]:
    found = [(waiver, set(session.exec(select(Violation.id).where(*_covered(waiver))))) for waiver in waivers]
    names = sorted({name for _, of_one in found for name in of_one})
    locked: dict[str, Violation] = {}
    for part in in_parts(names):
        wanted = select(Violation).where(col(Violation.id).in_(part))
        rows = session.exec(
            wanted.order_by(col(Violation.id)).with_for_update(), execution_options={"populate_existing": True}
        )
        locked |= {v.id: v for v in rows if v.state in WAIVABLE}
    keep_months(session)
    locked = {name: v for name, v in locked.items() if not is_closed(session, month_of(v.cycle_end))}
    return [
        (waiver, [v for name in sorted(of_one & locked.keys()) if (v := locked[name]).client == waiver.client])
        for waiver, of_one in found
    ]


def _covered(waiver: Waiver) -> list[ColumnElement[bool]]:
    """The conditions on violations that a waiver lets off."""
    found = [
        col(Violation.client) == waiver.client,
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
        stated = Statement("waived", actor, waiver_name(waiver.id), now)
        events.append(decided(session, rulebook, violation.id, stated)[1])
    return events


def shop_left(session: Session, shop: Subject, *, rulebook: RuleBook, now: datetime) -> list[Event]:
    """Take a shop, which is locked, out of the waivers of clients other than its own; what the journal says of it.

    What those have let off of it stands again, unless another waiver covers it.
    """
    wanted = (
        select(Waiver)
        .join(WaiverShop, col(WaiverShop.waiver_id) == col(Waiver.id))
        .where(WaiverShop.shop_id == shop.id, Waiver.client != shop.client)
        .where(col(Waiver.state).in_(("requested", *HOLDS)))
        .order_by(col(Waiver.id))
    )
    locked = session.exec(wanted.with_for_update(of=Waiver), execution_options={"populate_existing": True}).all()
    for waiver in locked:
        session.delete(session.get_one(WaiverShop, (waiver.id, shop.id)))
    session.flush()
    events: list[Event] = []
    for waiver in locked:
        events += bring_back(session, rulebook, waiver, ITSELF, now, shop)
        left = {"why": f"the client is {shop.client} by now", "before": {"shop": shop.key}, "after": {}}
        events.append(Event(ITSELF, SHOP_LEFT, "waiver", waiver_name(waiver.id), left))
    return events


def bring_back(
    session: Session, rulebook: RuleBook, waiver: Waiver, actor: str, now: datetime, shop: Subject | None = None
) -> list[Event]:
    """Put what only this waiver has let off (of a shop) into the state that it had before; what the journal says of it.

    Whether the actor, here a name, may do this is asked before.
    """
    with everything(session):
        return _bring_back(session, rulebook, waiver, actor, now, shop)


def _bring_back(
    session: Session, rulebook: RuleBook, waiver: Waiver, actor: str, now: datetime, shop: Subject | None
) -> list[Event]:
    wanted = (
        select(WaivedViolation, Violation)
        .join(Violation, col(Violation.id) == col(WaivedViolation.violation_id))
        .where(WaivedViolation.waiver_id == waiver.id)
    )
    if shop is not None:
        wanted = wanted.where(Violation.subject_id == shop.id)
    locked = wanted.order_by(col(Violation.id)).with_for_update(of=Violation)
    rows = session.exec(locked, execution_options={"populate_existing": True}).all()
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
        # Nobody's name stands in the entries of another client.
        who = actor if violation.client == waiver.client else ITSELF
        events.append(_back(session, rulebook, violation, row.was, who, waiver_name(waiver.id), now))
    return events


def _back(
    session: Session, rulebook: RuleBook, violation: Violation, state: str, actor: str, why: str, now: datetime
) -> Event:
    today = local_day(now, PLATFORMS[violation.platform].zone)
    more = {"notify": today - violation.assessed_on <= NEWS_FOR}
    stated = Statement(state, Actor.unbounded(actor), why, now, more=more, follows=True)
    event = decided(session, rulebook, violation.id, stated)[1]
    return replace(event, event="violation.reopened")  # which is news to those who were not told


def _others(session: Session, waiver: Waiver) -> Sequence[tuple[Waiver, frozenset[int]]]:
    """The other waivers that hold, each with its shops, as far as these are its client's."""
    rows = session.exec(
        select(Waiver, WaiverShop.shop_id)
        .join(WaiverShop, col(WaiverShop.waiver_id) == col(Waiver.id))
        .join(Subject, col(Subject.id) == col(WaiverShop.shop_id))
        .where(col(Waiver.state).in_(HOLDS), Waiver.id != waiver.id, Subject.client == Waiver.client)
        .order_by(col(Waiver.id))
    )
    found: dict[int, tuple[Waiver, set[int]]] = {}
    for other, shop in rows:
        found.setdefault(other.id or 0, (other, set()))[1].add(shop)
    return [(other, frozenset(shops)) for other, shops in found.values()]


def _covering(others: Sequence[tuple[Waiver, frozenset[int]]], violation: Violation) -> int | None:
    for other, shops in others:
        days = other.first_day <= violation.cycle_start and violation.cycle_end <= other.last_day
        meant = other.violation_id in (None, violation.id)
        if violation.subject_id in shops and violation.rule in other.rules and days and meant:
            return other.id
    return None
