"""Registering shops: what a person says about them, journalled where it is new or differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from engine.calendar.zones import local_day
from engine.errors import KaoheError
from engine.ledger.expectations import Wish, expect
from engine.ledger.journal import Event, append
from engine.ledger.masking import masked_contact
from engine.ledger.presence import DEFAULT_CLIENT, ensure, portions, shop_row
from engine.ledger.subject_keys import shop_key
from engine.ledger.tables import Duty, Subject, Violation, Waiver
from engine.rulebook.platforms import platform

# What else follows, in the same transaction, for a shop that has just got another client: the events that tell of it.
Moved = Callable[[Session, Subject], Sequence[Event]]
# What the journal does not repeat in full: it is kept for ever.
PERSONAL = {"contact"}


@dataclass(frozen=True, slots=True)
class ShopRow:
    """What is said about a shop. None says nothing: what is on record stays."""

    platform: str
    shop: str  # its id at the platform
    name: str | None = None
    alias: str | None = None
    client: str | None = None
    category: str | None = None
    opened_on: date | None = None
    owner: str | None = None
    contact: str | None = None
    expects: Wish | None = None  # what evidence is expected of it (see expectations)


DETAILS = tuple(field.name for field in fields(ShopRow))[2:-1]


class Registered(NamedTuple):
    """How many were new, had something changed, or were on record just so."""

    new: int
    changed: int
    same: int


def nothing_more(_session: Session, _shop: Subject) -> Sequence[Event]:
    """Nothing else follows."""
    return ()


def register_shops(
    session: Session, rows: Iterable[ShopRow], now: datetime, actor: str, moved: Moved = nothing_more
) -> Registered:
    """Put shops on record; journal those that are new (`shop.registered`) and what differs (`shop.changed`).

    What evidence is expected of them is journalled by itself (`shop.expects`).
    A shop's agents and violations go with it when it changes its client, and `moved` says what else. Ends with the
    journal's lock, so commit next. Raises UnknownNameError for an unknown platform, KaoheError for an empty id or for
    rows that contradict each other.
    """
    wanted = _distinct(rows)
    ensure(session, [shop_row(row.platform, row.shop) for row in wanted.values()])
    events = []
    for part in portions(wanted):
        locked = select(Subject).where(col(Subject.key).in_(part)).order_by(col(Subject.key))
        fresh = session.exec(locked.with_for_update(), execution_options={"populate_existing": True})
        wishes: list[tuple[Subject, Wish, date]] = []
        for subject in fresh:
            row = wanted[subject.key]
            events += _register(session, subject, row, now, actor, moved)
            if row.expects is not None:
                wishes.append((subject, row.expects, local_day(now, platform(row.platform).zone)))
        events += expect(session, wishes, now, actor)
    append(session, now, events)
    new = sum(event.event == "shop.registered" for event in events)
    touched = len({event.object_id for event in events if event.object_kind == "shop"})
    return Registered(new, touched - new, len(wanted) - touched)


def _distinct(rows: Iterable[ShopRow]) -> dict[str, ShopRow]:
    found: dict[str, ShopRow] = {}
    for row in rows:
        if not row.shop:
            raise KaoheError(
                f"a shop of {row.platform} has no id; give the id that the platform gave it",
                zh=f"{row.platform} 有一家店铺没有编号；请写平台给的编号",
            )
        key = shop_key(row.platform, row.shop)
        if found.setdefault(key, row) != row:
            raise KaoheError(
                f"{key} is given twice, and not in the same way; keep one of the two",
                zh=f"{key} 出现两次且内容不同；请只留一行",
            )
    return found


def _register(session: Session, subject: Subject, row: ShopRow, now: datetime, actor: str, moved: Moved) -> list[Event]:
    said = {name: getattr(row, name) for name in DETAILS if getattr(row, name) is not None}
    before = {name: getattr(subject, name) for name in said if getattr(subject, name) != said[name]}
    registered = subject.registered_at is not None
    if registered and not before:
        return []
    for name in before:
        setattr(subject, name, said[name])
    subject.registered_at = subject.registered_at or now
    session.add(subject)
    payload: dict[str, Any] = {"after": shown({name: said[name] for name in before})}
    further: Sequence[Event] = ()
    if "client" in before:
        if count := _move(session, subject):
            payload["violations_moved"] = count
        further = moved(session, subject)
    if registered:
        payload["before"] = shown(before)
    event = "shop.changed" if registered else "shop.registered"
    return [Event(actor, event, "shop", subject.key, payload), *further]


def unregister_shop(
    session: Session, shop: Subject, why: str, now: datetime, actor: str, moved: Moved = nothing_more
) -> None:
    """Take back that a shop is registered, and all that was said of it; journal it (`shop.unregistered`).

    Its evidence, agents and violations stay; it belongs to the client `default` again. Ends with the journal's lock, so
    commit next. Raises KaoheError where it is not registered, or without a reason.
    """
    if not why.strip():
        raise KaoheError("a shop is unregistered for a reason: say --why …", zh="取消登记要有理由：请写 --why …")
    locked = select(Subject).where(Subject.id == shop.id).with_for_update()
    subject = session.exec(locked, execution_options={"populate_existing": True}).one()
    if subject.registered_at is None:
        raise KaoheError(f"{subject.key} is not registered", zh=f"{subject.key} 没有登记")
    said = {name: getattr(subject, name) for name in DETAILS if getattr(subject, name) is not None}
    for name in DETAILS:
        setattr(subject, name, DEFAULT_CLIENT if name == "client" else None)
    subject.registered_at = None
    session.add(subject)
    payload: dict[str, Any] = {"why": why, "before": shown(said)}
    further: Sequence[Event] = ()
    if said.get("client") != DEFAULT_CLIENT:
        if count := _move(session, subject):
            payload["violations_moved"] = count
        further = moved(session, subject)
    append(session, now, [Event(actor, "shop.unregistered", "shop", subject.key, payload), *further])


def _move(session: Session, shop: Subject) -> int:
    """Hand the shop's agents, violations, duties and waivers to its present client; how many violations those are.

    A waiver of a whole client stays that client's, and says nothing of this shop any more (see `Moved`).
    """
    session.flush()
    mine = or_(col(Subject.id) == shop.id, col(Subject.parent_id) == shop.id)
    session.exec(update(Subject).where(col(Subject.parent_id) == shop.id).values(client=shop.client))
    for model in (Duty, Waiver):
        session.exec(update(model).where(col(model.shop_id) == shop.id).values(client=shop.client))
    theirs = col(Violation.subject_id).in_(select(Subject.id).where(mine))
    return session.exec(update(Violation).where(theirs).values(client=shop.client)).rowcount


def shown(values: Mapping[str, Any]) -> dict[str, str | None]:
    """Values as the journal keeps them: days as ISO text, contacts masked."""
    return {name: _shown(name, value) for name, value in values.items()}


def _shown(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()
    if name in PERSONAL:
        return masked_contact(str(value))
    return str(value)
