"""The next address of a contact, where the one before has refused a notice for good or the provider lost it there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from engine.ledger.dialects import insert_missing, insert_rows
from engine.ledger.tables import Notice, NoticeItem
from notifier.digests import items_of, told_of
from notifier.events import GATHERED, LATE
from notifier.routing.limits import next_opening
from notifier.routing.model import Address, Routing, place
from notifier.routing.rows import routing_of


def stand_in(session: Session, notice: Notice, now: datetime) -> Notice | None:
    """A notice like this one to the next address of its contact, queued; None where there is none that is untold.

    Routes that name channels are told over these and no others. What a digest tells goes with it.
    """
    address = _next(notice, routing_of(session))
    if address is None or told_of(session, [notice.key], address.channel, address.address, dropped=True):
        return None
    due = now if notice.urgent else next_opening(address.limits.hours, now)
    fresh: dict[str, Any] = {"state": "queued", "attempts": 0, "due_at": due, "next_attempt_at": due, "created_at": now}
    fresh |= {"recipient": address.address, "channel": address.channel, "instead_of_id": notice.id}
    kept = ("key", "violation_id", "event", "client", "language", "news", "contact", "why", "internal", "urgent")
    # Its text is made when it goes out, in the form of its own channel.
    row = Notice(**{name: getattr(notice, name) for name in kept}, **fresh, template="", subject="", body="")
    if not insert_missing(session, Notice, [row.model_dump(exclude={"id"})]):  # a planner has just queued it
        return None
    its = (Notice.key == row.key, Notice.event == row.event)
    made = session.exec(
        select(Notice).where(*its, Notice.recipient == row.recipient, Notice.channel == row.channel)
    ).one()
    if notice.event == LATE.event:
        names = items_of(session, [notice.id or 0])[notice.id or 0]
        insert_rows(session, NoticeItem, [{"notice_id": made.id, "violation_id": name} for name in names])
    if notice.event == GATHERED.event:
        session.exec(update(Notice).where(col(Notice.within_id) == notice.id).values(within_id=made.id))
    return made


def _next(notice: Notice, routing: Routing) -> Address | None:
    contact = routing.contacts.get(notice.contact or "")
    route = next((r for r in routing.routes if r.name == notice.why), None)
    if contact is None or (route is not None and route.channels is not None):
        return None
    places = [place(a.channel, a.address) for a in contact.addresses]
    here = place(notice.channel, notice.recipient)
    following = places.index(here) + 1 if here in places else len(places)
    return contact.addresses[following] if following < len(places) else None
