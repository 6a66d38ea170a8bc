"""The next address of a contact, where the one before has refused a notice for good or the provider lost it there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from engine.ledger.dialects import insert_rows
from engine.ledger.tables import Notice, NoticeItem
from notifier.digests import items_of, told_of
from notifier.events import GATHERED, LATE
from notifier.queued import store
from notifier.records import AT_ONCE
from notifier.routing.limits import next_opening
from notifier.routing.model import Address, Routing, place
from notifier.routing.rows import routing_of


def stand_in(session: Session, notice: Notice, now: datetime) -> Notice | None:
    """A notice like this one to the next address of its contact, queued; None where there is none that is untold.

    Routes that name channels are told over these and no others. Of what a digest or a gathered message tells, all goes
    with it that this address has not been told.
    """
    address = _next(notice, routing_of(session))
    if address is None:
        return None
    number = notice.id or 0
    told_here = items_of(session, [number])[number] if notice.event == LATE.event else [notice.key]
    members = _members(session, number) if notice.event == GATHERED.event else {}
    known = told_of(session, {*told_here, *members.values()}, address.channel, address.address)
    if known.issuperset(members.values() or told_here):
        return None
    due = now if notice.urgent else next_opening(address.limits.hours, now)
    fresh: dict[str, Any] = {"state": "queued", "attempts": 0, "due_at": due, "next_attempt_at": due, "created_at": now}
    fresh |= {"recipient": address.address, "channel": address.channel, "instead_of_id": notice.id}
    # That address may have a digest of that day, which nobody may join without `planning`: so this is another.
    fresh["key"] = f"{notice.key}~{number}" if notice.event == LATE.event else notice.key
    kept = ("violation_id", "event", "client", "language", "news", "contact", "why", "internal", "urgent")
    # Its text is made when it goes out, in the form of its own channel.
    row = Notice(**{name: getattr(notice, name) for name in kept}, **fresh, template="", subject="", body="")
    stored = store(session, [row])
    if not stored:  # a planner has just queued it
        return None
    made = session.get_one(Notice, stored[0][1], populate_existing=True)
    if notice.event == LATE.event:
        names = [name for name in told_here if name not in known]
        insert_rows(session, NoticeItem, [{"notice_id": made.id, "violation_id": name} for name in names])
    moved = [member for member, key in members.items() if key not in known]
    for start in range(0, len(moved), AT_ONCE):
        some = col(Notice.id).in_(moved[start : start + AT_ONCE])
        session.exec(update(Notice).where(some).values(within_id=made.id))
    return made


def _members(session: Session, number: int) -> dict[int, str]:
    """The notices that this one tells together: the key of each by its number."""
    within = select(Notice.id, Notice.key).where(Notice.within_id == number, Notice.state == "gathered")
    return {member or 0: key for member, key in session.exec(within.order_by(col(Notice.id)))}


def _next(notice: Notice, routing: Routing) -> Address | None:
    contact = routing.contacts.get(notice.contact or "")
    route = next((r for r in routing.routes if r.name == notice.why), None)
    if contact is None or (route is not None and route.channels is not None):
        return None
    places = [place(a.channel, a.address) for a in contact.addresses]
    here = place(notice.channel, notice.recipient)
    following = places.index(here) + 1 if here in places else len(places)
    return contact.addresses[following] if following < len(places) else None
