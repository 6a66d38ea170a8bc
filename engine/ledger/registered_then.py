"""Who was registered at some time, and since when listed: what stands today, with what came later taken back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from engine.ledger.coverage import first_covered
from engine.ledger.tables import DayFile, JournalEntry, Subject

REGISTERED, CHANGED, UNREGISTERED = "shop.registered", "shop.changed", "shop.unregistered"


@dataclass(frozen=True, slots=True)
class Then:
    """What was on record about a shop that was registered: when that was, its opening, its first day of evidence."""

    subject: Subject
    registered_at: datetime | None
    opened_on: date | None
    first_evidence_on: date | None


def registered_then(session: Session, platform: str, known_at: datetime) -> list[Then]:
    """The shops of `platform` that were registered at `known_at`, as they were then.

    Registrations are taken back by the journal. The first day of evidence is not journalled: it is that of today if it
    was known then, and else the first one that imports had covered. Where a payload was redacted, what it told stays.
    """
    shops = session.exec(select(Subject).where(Subject.kind == "shop", Subject.platform == platform)).all()
    found = {shop.key: Then(shop, shop.registered_at, shop.opened_on, shop.first_evidence_on) for shop in shops}
    keys = select(Subject.key).where(Subject.kind == "shop", Subject.platform == platform)
    of_shops = (JournalEntry.object_kind == "shop", col(JournalEntry.object_id).in_(keys))
    since = select(JournalEntry).where(
        *of_shops, col(JournalEntry.event).in_([REGISTERED, CHANGED, UNREGISTERED]), col(JournalEntry.at) > known_at
    )
    for entry in session.exec(since.order_by(col(JournalEntry.batch).desc(), col(JournalEntry.position).desc())):
        found[entry.object_id] = _without(found[entry.object_id], entry)
    first = select(col(JournalEntry.object_id), func.max(JournalEntry.at)).where(
        *of_shops, JournalEntry.event == REGISTERED, col(JournalEntry.at) <= known_at
    )
    told = dict(session.exec(first.group_by(col(JournalEntry.object_id))).all())
    covered = first_covered(session, platform, known_at)
    days = _days_then(session, platform, known_at)
    return [
        replace(
            one,
            registered_at=told.get(key, one.registered_at),
            first_evidence_on=_first_then(one.first_evidence_on, covered.get(one.subject.id or 0), days),
        )
        for key, one in found.items()
        if one.registered_at is not None and told.get(key, one.registered_at) <= known_at
    ]


def _without(shop: Then, entry: JournalEntry) -> Then:
    """The shop as it was before that entry."""
    if entry.event == REGISTERED:
        return replace(shop, registered_at=None, opened_on=None)
    before = (entry.payload or {}).get("before") or {}
    opened = date.fromisoformat(before["opened_on"]) if before.get("opened_on") else None
    if entry.event == UNREGISTERED:  # when it had been registered, an earlier entry tells
        return replace(shop, registered_at=entry.at, opened_on=opened)
    return replace(shop, opened_on=opened) if "opened_on" in before else shop


def _first_then(today: date | None, covered: date | None, days: frozenset[date]) -> date | None:
    """The first day of evidence then, of which today's is `today` and `covered` the first that was covered then."""
    if covered is None:
        return today if today in days else None
    return covered if today is None or today < covered else today


def _days_then(session: Session, platform: str, known_at: datetime) -> frozenset[date]:
    """The days of which there was any evidence of the platform."""
    there = col(DayFile.since) <= known_at, col(DayFile.until).is_(None) | (col(DayFile.until) > known_at)
    return frozenset(session.exec(select(col(DayFile.day)).where(DayFile.platform == platform, *there).distinct()))
