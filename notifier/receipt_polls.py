"""Asking providers what became of the messages that they took: now and then, less and less often, for three days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.tables import Cursor, Notice
from notifier.channels.contract import Channel, letter_digest
from notifier.channels.outcome import Outcome
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


def _unreported(
    ledger: Engine, channel: str, since: datetime, now: datetime, *, everything: bool
) -> Mapping[str, list[Asked]]:
    """The messages that nothing was reported of and that it has become time to ask after since then, by recipient."""
    with reading(ledger) as session:
        wanted = (
            select(Notice)
            .where(Notice.channel == channel, col(Notice.tried_at) >= since - RESTS[-1] - HOUR)
            .where(Notice.state == "sent", col(Notice.receipt).is_(None))
            .order_by(col(Notice.id))
        )
        found: dict[str, list[Asked]] = defaultdict(list)
        for n in session.exec(wanted):
            if n.sent_at is None:
                continue
            if everything or any(since < n.sent_at + rest <= now for rest in RESTS):
                own = letter_digest(n.key, n.event, n.channel, n.recipient)
                found[n.recipient].append(Asked(n.provider_id, own, n.sent_at))
        return found


def _turn(session: Session, channel: str, now: datetime) -> datetime | None:
    """Since when this channel was not asked, if it is time to ask it and nobody else does."""
    name, beginning = _reader(channel), int((now - RESTS[-1]).timestamp())
    cursor = session.get(Cursor, name, with_for_update=True)
    if cursor is None:
        insert_missing(session, Cursor, [{"reader": name, "batch": beginning}])
        cursor = session.get_one(Cursor, name, with_for_update=True, populate_existing=True)
    since = datetime.fromtimestamp(max(cursor.batch, beginning), UTC)
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


def _reader(channel: str) -> str:
    return f"receipts/{channel}"
