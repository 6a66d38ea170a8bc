"""Contacts and routes in the ledger: read as a whole, replaced as a whole, each change in the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Pool, delete
from sqlmodel import Session, col, select

from engine.ledger import tables
from engine.ledger.dialects import insert_missing
from engine.ledger.everything import everything
from engine.ledger.journal import Event, append
from engine.ledger.masking import masked
from engine.ledger.tables import ContactAddress, Cursor
from engine.rulebook.model import Language
from notifier.routing.model import Address, Contact, Hours, Limits, Route, Routing

STAMP = "routing"  # the cursor that holds the batch of the journal with the last change
LISTS = ("clients", "platforms", "shops", "rules", "severities", "events", "channels")

_read: WeakKeyDictionary[Pool, tuple[int, Routing]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Difference:
    """What replacing one routing by another changes: names of contacts and of routes."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def routing_of(session: Session) -> Routing:
    """The contacts and routes by which notices go now, whatever part of the ledger the session may see.

    What was read once is kept until it changes. What this very transaction changes is not kept: it may roll back, and
    another change then get its batch.
    """
    pool = _pool(session)
    with everything(session):
        if session.info.get(STAMP):
            return _load(session)
        kept = _read.get(pool)
        while kept is None or kept[0] != (batch := _batch(session)):
            # On PostgreSQL each statement sees what is committed: it is whole where nothing has changed meanwhile.
            batch = _batch(session)
            kept = (batch, _load(session) if batch else Routing())
        _read[pool] = kept
    return kept[1]


def _pool(session: Session) -> Pool:
    """What the engine and all that are made of it by other options have in common."""
    bind = session.get_bind()
    return (bind.engine if isinstance(bind, Connection) else bind).pool


def _batch(session: Session) -> int:
    """The batch of the journal with the last change; 0 before the first."""
    return session.exec(select(Cursor.batch).where(Cursor.reader == STAMP)).first() or 0


def differences(before: Routing, after: Routing) -> tuple[Difference, Difference]:
    """What changes in contacts, and what in routes. A route that only changes places with others has changed."""
    old, new = ({route.name: route for route in side.routes} for side in (before, after))
    stay = [name for name in old if name in new], [name for name in new if name in old]
    moved = {name for was, name in zip(*stay, strict=True) if was != name}
    first, second = ({name: (name in moved and side is new, r) for name, r in side.items()} for side in (old, new))
    return _difference(before.contacts, after.contacts), _difference(first, second)


def replace_routing(session: Session, routing: Routing, actor: str, now: datetime) -> tuple[Difference, Difference]:
    """Let notices go by these contacts and routes from now on; what has changed. The transaction then ends."""
    with everything(session):
        if session.get(Cursor, STAMP, with_for_update=True) is None:
            insert_missing(session, Cursor, [{"reader": STAMP, "batch": 0}])
        stamp = session.get_one(Cursor, STAMP, with_for_update=True, populate_existing=True)
        before = _load(session)
        contacts, routes = differences(before, routing)
        if not contacts and not routes:
            return contacts, routes
        session.info[STAMP] = True
        for table in (ContactAddress, tables.Contact, tables.Route):
            session.exec(delete(table))
        _store(session, routing)
        events = _events(actor, "contact", contacts, before.contacts, routing.contacts, _contact_told)
        events += _events(actor, "route", routes, _numbered(before.routes), _numbered(routing.routes), _route_told)
        batch = append(session, now, events)
        assert batch is not None  # something has changed
        stamp.batch = batch
        session.add(stamp)
        session.flush()
    return contacts, routes


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    return Difference(
        tuple(n for n in new if n not in old),
        tuple(n for n in new if n in old and old[n] != new[n]),
        tuple(n for n in old if n not in new),
    )


def _numbered(routes: Sequence[Route]) -> dict[str, tuple[int, Route]]:
    return {route.name: (number, route) for number, route in enumerate(routes, 1)}


def _events(
    actor: str, kind: str, difference: Difference, old: Mapping[str, Any], new: Mapping[str, Any], told: Any
) -> list[Event]:
    changes = [("added", n) for n in difference.added] + [("changed", n) for n in difference.changed]
    changes += [("removed", n) for n in difference.removed]
    return [
        Event(
            actor,
            f"{kind}.{change}",
            kind,
            name,
            {
                "before": told(old[name]) if name in old else None,
                "after": told(new[name]) if name in new else None,
            },
        )
        for change, name in changes
    ]


def _contact_told(contact: Contact) -> dict[str, Any]:
    """What the journal keeps of a contact: addresses masked."""
    return {
        "client": contact.client,
        "language": contact.language,
        "title": contact.title,
        "addresses": [
            {
                "channel": a.channel,
                "address": masked(a.address),
                "hours": str(a.limits.hours),
                "per_hour": a.limits.per_hour,
                "per_day": a.limits.per_day,
            }
            for a in contact.addresses
        ],
    }


def _route_told(numbered: tuple[int, Route]) -> dict[str, Any]:
    number, route = numbered
    told: dict[str, Any] = {name: _listed(getattr(route, name)) for name in LISTS}
    told |= {"number": number, "to": list(route.to), "urgent": route.urgent}
    return told | {"escalate_after": route.escalate_after, "escalate_to": list(route.escalate_to)}


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def _load(session: Session) -> Routing:
    addresses: dict[int, list[Address]] = defaultdict(list)
    for row in session.exec(select(ContactAddress).order_by(col(ContactAddress.position))):
        limits = Limits(Hours(row.opens, row.closes), row.per_hour, row.per_day)
        addresses[row.contact_id].append(Address(row.channel, row.address, limits))
    contacts = {
        row.name: Contact(
            row.name, tuple(addresses[row.id or 0]), cast("Language", row.language), row.client, row.title
        )
        for row in session.exec(select(tables.Contact).order_by(col(tables.Contact.id)))
    }
    rows = session.exec(select(tables.Route).order_by(col(tables.Route.position)))
    return Routing(MappingProxyType(contacts), tuple(_route(row) for row in rows))


def _route(row: tables.Route) -> Route:
    lists: dict[str, Any] = {name: _as_tuple(getattr(row, name)) for name in LISTS}
    return Route(
        row.name,
        tuple(row.to),
        **lists,
        urgent=row.urgent,
        escalate_after=row.escalate_after,
        escalate_to=tuple(row.escalate_to or ()),
    )


def _as_tuple(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _store(session: Session, routing: Routing) -> None:
    for contact in routing.contacts.values():
        row = tables.Contact(name=contact.name, title=contact.title, client=contact.client, language=contact.language)
        session.add(row)
        session.flush()
        assert row.id is not None
        for position, one in enumerate(contact.addresses):
            session.add(
                ContactAddress(
                    contact_id=row.id,
                    position=position,
                    channel=one.channel,
                    address=one.address,
                    opens=one.limits.hours.opens,
                    closes=one.limits.hours.closes,
                    per_hour=one.limits.per_hour,
                    per_day=one.limits.per_day,
                )
            )
    for position, route in enumerate(routing.routes):
        lists: dict[str, Any] = {name: _listed(getattr(route, name)) for name in LISTS}
        session.add(
            tables.Route(
                name=route.name,
                position=position,
                **lists,
                to=list(route.to),
                urgent=route.urgent,
                escalate_after=route.escalate_after,
                escalate_to=list(route.escalate_to) or None,
            )
        )
    session.flush()
