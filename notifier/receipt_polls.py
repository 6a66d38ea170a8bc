"""Asking providers what became of the messages that they took: now and then, less and less often, for three days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.tables import Cursor, Notice
from notifier.channels.contract import Channel, letter_digest
from notifier.channels.outcome import Outcome
from notifier.channels.registry import kinds
from notifier.channels.report import Asked, Reporter
from notifier.receipts import join, record

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# After a message was sent: carriers answer within seconds, or once a telephone is switched on again.
RESTS = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR)


@dataclass(frozen=True, slots=True)
class Polled:
    """How many messages were asked after, of how many something else is known now, and who could not be asked why."""

    asked: int = 0
    changed: int = 0
    faults: Mapping[str, Outcome] = field(default_factory=dict)


def poll(
    ledger: Engine,
    channels: Mapping[str, Channel],
    now: datetime,
    stop: Callable[[], bool] = lambda: False,
    *,
    everything: bool = False,
) -> Polled:
    """Ask about the messages of the last 72 hours that nothing was reported of, where it is time to ask again.

    Several may ask on one ledger: within a minute one of them does. `everything` asks at once about all of them. A
    channel that cannot be asked is left alone until the next call, which then asks what this one could not.
    """
    asked = changed = 0
    faults: dict[str, Outcome] = {}
    for name, channel in channels.items():
        if not isinstance(channel, Reporter) or stop():
            continue
        with transaction(ledger) as session:
            changed += len(join(session, now))
            since = _turn(session, name, now)
        if everything:
            since = now - RESTS[-1]
        if since is None:
            continue
        for recipient, messages in _unreported(ledger, name, since, now, everything=everything).items():
            found = None if stop() else channel.receipts(recipient, messages, now)
            if isinstance(found, list):
                asked += len(messages)
                with transaction(ledger) as session:
                    changed += len(record(session, found, now))
                continue
            if found is not None:
                faults[name] = found
            if found is None or found.kind != "permanent":  # it is not about this recipient
                _give_back(ledger, name, since)
                break
    return Polled(asked, changed, faults)


def unasked(session: Session, now: datetime, before: datetime) -> dict[str, tuple[int, datetime]]:
    """Channel → how many messages should have been asked after before then, and were not; when the oldest was sent."""
    found: dict[str, tuple[int, datetime]] = {}
    for name, kind in sorted(kinds().items()):
        if kind.callback is None:  # nobody there knows what arrived
            continue
        cursor = session.get(Cursor, _reader(name))
        since = _since(cursor.batch if cursor else 0, now)
        if sent := [n.sent_at for n in _open(session, name, since, before, everything=False)]:
            found[name] = len(sent), min(sent)
    return found


def _unreported(
    ledger: Engine, channel: str, since: datetime, now: datetime, *, everything: bool
) -> Mapping[str, list[Asked]]:
    """The messages that nothing was reported of and that it has become time to ask after since then, by recipient."""
    with reading(ledger) as session:
        found: dict[str, list[Asked]] = defaultdict(list)
        for n in _open(session, channel, since, now, everything=everything):
            own = letter_digest(n.key, n.event, channel, n.recipient)
            found[n.recipient].append(Asked(n.provider_id, own, n.sent_at))
        return found


class _Sent(NamedTuple):
    """What is asked of a message: not its text."""

    key: str
    event: str
    recipient: str
    provider_id: str | None
    sent_at: datetime


def _open(session: Session, channel: str, since: datetime, now: datetime, *, everything: bool) -> list[_Sent]:
    columns = (col(getattr(Notice, name)) for name in _Sent._fields)
    wanted = (
        sa_select(*columns)
        .where(col(Notice.channel) == channel, col(Notice.tried_at) >= since - RESTS[-1] - HOUR)
        .where(col(Notice.state) == "sent", col(Notice.receipt).is_(None), col(Notice.sent_at).is_not(None))
        .order_by(col(Notice.id))
    )
    found = [_Sent(*row) for row in session.execute(wanted)]
    return [n for n in found if everything or any(since < n.sent_at + rest <= now for rest in RESTS)]


def _turn(session: Session, channel: str, now: datetime) -> datetime | None:
    """Since when this channel was not asked, if it is time to ask it and nobody else does."""
    name, beginning = _reader(channel), int((now - RESTS[-1]).timestamp())  # before it nothing is asked any more
    cursor = session.get(Cursor, name, with_for_update=True)
    if cursor is None:
        insert_missing(session, Cursor, [{"reader": name, "batch": beginning}])
        cursor = session.get_one(Cursor, name, with_for_update=True, populate_existing=True)
    since = _since(cursor.batch, now)
    if now - since < MINUTE:
        return None
    cursor.batch = int(now.timestamp())
    session.add(cursor)
    return since


def _give_back(ledger: Engine, channel: str, since: datetime) -> None:
    """Let the next call ask what this one could not."""
    with transaction(ledger) as session:
        cursor = session.get_one(Cursor, _reader(channel), with_for_update=True)
        cursor.batch = int(since.timestamp())
        session.add(cursor)


def _since(asked: int, now: datetime) -> datetime:
    """Since when a channel was not asked, by its cursor; what is older than the longest rest is not asked any more.

    A cursor of a time to come is of a clock that was wrong: what was asked then is not known, so all is asked again.
    """
    if asked > int((now + MINUTE).timestamp()):
        asked = 0
    return datetime.fromtimestamp(max(asked, int((now - RESTS[-1]).timestamp())), UTC)


def _reader(channel: str) -> str:
    return f"receipts/{channel}"
