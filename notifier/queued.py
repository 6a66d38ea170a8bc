"""Notices as rows of the ledger: each stored once, and told to the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Event
from engine.ledger.tables import Notice, NoticeItem, Violation
from notifier.digests import in_digests
from notifier.events import LATE, OPENED
from notifier.records import AT_ONCE
from notifier.routing.model import place
from notifier.told import told


class Key(NamedTuple):
    """What no two notices share: `name` is the violation's id, or the digest's key; the last two are a `place`."""

    name: str
    event: str
    channel: str
    recipient: str


class There(NamedTuple):
    """A notice that the ledger has: its number, its state, and whose shop it was written for."""

    number: int
    state: str
    client: str


def store(session: Session, made: Sequence[Notice]) -> list[tuple[Notice, int]]:
    """Insert the notices that are not there yet; answers those that are new, each with its number.

    One that was dropped, because its violation had been settled or its shop had changed its client, is new
    again: nobody was told. So is one that still waits, but was written for another client. What a digest tells its
    recipient is not told a second time, nor is what the same address was told in another spelling.
    """
    wanted = {_key(notice): notice for notice in _untold(session, made)}
    ids = sorted({key.name for key in wanted})
    before = there(session, ids)
    missing = [notice.model_dump(exclude={"id"}) for key, notice in wanted.items() if key not in before]
    insert_missing(session, Notice, missing)
    after = there(session, ids)
    fresh = [(notice, after[key].number) for key, notice in wanted.items() if key in after and key not in before]
    for key, notice in wanted.items():
        if key in before and _to_be_told_anew(before[key], notice):
            again = notice.model_dump(exclude={"id", "created_at", "recipient"})
            session.exec(update(Notice).where(col(Notice.id) == before[key].number).values(**again))
            fresh.append((notice, before[key].number))
    return fresh


def _to_be_told_anew(known: There, notice: Notice) -> bool:
    return known.state == "dropped" or (known.state == "queued" and known.client != notice.client)


def _untold(session: Session, made: Sequence[Notice]) -> list[Notice]:
    """The notices whose violation is in no digest to the same recipient."""
    by_whom: dict[tuple[str, str], set[str]] = {}
    for notice in made:
        by_whom.setdefault((notice.channel, notice.recipient), set()).add(notice.key)
    known = {whom: in_digests(session, names, *whom) for whom, names in by_whom.items()}
    return [notice for notice in made if notice.key not in known[notice.channel, notice.recipient]]


def there(session: Session, violations: Sequence[str]) -> dict[Key, There]:
    """The notices of these violations, by violation, event and place; of several spellings one that was not dropped."""
    found: dict[Key, There] = {}
    parts = (Notice.key, Notice.event, Notice.channel, Notice.recipient)
    columns = [col(c) for c in (Notice.id, Notice.state, Notice.client, *parts)]
    for start in range(0, len(violations), AT_ONCE):
        some = violations[start : start + AT_ONCE]
        wanted = select(*columns).where(col(Notice.key).in_(some))
        rows: Iterable[Any] = session.connection().execute(wanted)
        for number, state, client, name, event, *where in rows:
            key = Key(name, event, *place(*where))
            if key not in found or found[key].state == "dropped":
                found[key] = There(number, state, client)
    return found


def failed_notices(session: Session) -> list[Notice]:
    """The notices that failed and that somebody still waits for.

    A violation that they tell of is not settled, and no other address of their contact stands in for them.
    """
    other = aliased(Notice)
    answered = select(other.id).where(other.instead_of_id == Notice.id).exists()
    unsettled = select(Violation.id).where(col(Violation.state).in_(sorted(OPENED.states)))
    in_digest = select(NoticeItem.notice_id).where(col(NoticeItem.violation_id).in_(unsettled))
    others = col(Notice.violation_id).is_(None) & (Notice.event != LATE.event)
    about = or_(col(Notice.violation_id).in_(unsettled), col(Notice.id).in_(in_digest), others)
    wanted = select(Notice).where(Notice.state == "failed", about, ~answered)
    return list(session.exec(wanted.order_by(col(Notice.id))))


def kept_silent(digest: Notice, violation: Violation, why: str, now: datetime) -> Notice:
    """The record that whoever this digest is for was not told of this violation, and why."""
    kept = ("recipient", "channel", "language", "contact", "why", "internal")
    same: dict[str, Any] = {name: getattr(digest, name) for name in kept}
    same |= {"due_at": now, "next_attempt_at": now, "created_at": now, "state": "muted", "answer": why}
    same |= {"key": violation.id, "violation_id": violation.id, "event": OPENED.event, "client": violation.client}
    return Notice(**same, template="", subject="", body="")


def drop(session: Session, notice: Notice, why: str) -> Event:
    """Take a notice that waits or has failed out of the queue for good; what the journal says of it."""
    was, notice.state, notice.answer = notice.state, "dropped", f"not sent: {why}"
    session.add(notice)
    return told(notice, notice.id or 0, "notice.dropped", was=was)


def _key(notice: Notice) -> Key:
    return Key(notice.key, notice.event, *place(notice.channel, notice.recipient))
