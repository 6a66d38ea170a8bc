"""What was told because time had come for it: remembered in the transaction that tells it, so that it is told once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from engine.ledger.dialects import insert_missing
from engine.ledger.parts import in_parts
from engine.ledger.tables import Cursor, Milestone


def reached(session: Session, events: Collection[str], keys: Sequence[str] | None = None) -> set[tuple[str, str]]:
    """The (event, key) that are remembered of these events, all or those with these keys."""
    of_events = select(Milestone.event, Milestone.key).where(col(Milestone.event).in_(sorted(events)))
    if keys is None:
        return set(session.exec(of_events).all())
    found: set[tuple[str, str]] = set()
    for part in in_parts(keys):
        found.update(session.exec(of_events.where(col(Milestone.key).in_(part))))
    return found


def remember(session: Session, new: Iterable[tuple[str, str]], now: datetime) -> None:
    """Remember these (event, key); what is remembered already stays as it is."""
    rows = [{"event": event, "key": key, "reached_at": now} for event, key in new]
    insert_missing(session, Milestone, rows)


def forget(session: Session, gone: Iterable[tuple[str, str]]) -> None:
    """Remember these (event, key) no longer: should they come again, it is news again."""
    for event, key in sorted(gone):
        session.exec(delete(Milestone).where(col(Milestone.event) == event, col(Milestone.key) == key))


def one_at_a_time(session: Session, teller: str) -> None:
    """Until this transaction ends no other one tells what `teller` tells: who waited sees what was told."""
    if session.get(Cursor, teller) is None:
        insert_missing(session, Cursor, [{"reader": teller, "batch": 0}])
    session.get_one(Cursor, teller, with_for_update=True, populate_existing=True)
