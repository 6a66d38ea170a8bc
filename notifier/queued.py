"""Notices as rows of the ledger: each stored once, and told to the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlmodel import Session, col, select

from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Event
from engine.ledger.tables import Notice, Violation
from notifier.events import OPENED
from notifier.records import AT_ONCE
from notifier.words.lines import masked

ACTOR = "notifier"


class Key(NamedTuple):
    """What no two notices share."""

    violation: str
    event: str
    recipient: str
    channel: str


class There(NamedTuple):
    """A notice that the ledger has: its number, its state, and whose shop it was written for."""

    number: int
    state: str
    client: str


def store(session: Session, made: Sequence[Notice]) -> list[tuple[Notice, int]]:
    """Insert the notices that are not there yet; answers those that are new, each with its number.

    One that was dropped, because its violation had been settled or its shop had changed its client, is new
    again: nobody was told. So is one that still waits, but was written for another client.
    """
    wanted = {_key(notice): notice for notice in made}
    ids = sorted({notice.violation_id for notice in made})
    before = there(session, ids)
    insert_missing(session, Notice, [notice.model_dump(exclude={"id"}) for notice in wanted.values()])
    after = there(session, ids)
    fresh = [(notice, after[key].number) for key, notice in wanted.items() if key in after and key not in before]
    for key, notice in wanted.items():
        if key in before and _to_be_told_anew(before[key], notice):
            again = notice.model_dump(exclude={"id", "created_at"})
            session.exec(update(Notice).where(col(Notice.id) == before[key].number).values(**again))
            fresh.append((notice, before[key].number))
    return fresh


def _to_be_told_anew(known: There, notice: Notice) -> bool:
    return known.state == "dropped" or (known.state == "queued" and known.client != notice.client)


def there(session: Session, violations: Sequence[str]) -> dict[Key, There]:
    """The notices of these violations, by violation, event, recipient and channel."""
    found: dict[Key, There] = {}
    key = (Notice.violation_id, Notice.event, Notice.recipient, Notice.channel)
    columns = [col(c) for c in (Notice.id, Notice.state, Notice.client, *key)]
    for start in range(0, len(violations), AT_ONCE):
        some = violations[start : start + AT_ONCE]
        wanted = select(*columns).where(col(Notice.violation_id).in_(some))
        rows: Iterable[Any] = session.connection().execute(wanted)
        for number, state, client, *names in rows:
            found[Key(*names)] = There(number, state, client)
    return found


def failed_notices(session: Session) -> list[Notice]:
    """The notices that failed and that somebody still waits for: their violation is not settled."""
    wanted = select(Notice).join(Violation, col(Violation.id) == Notice.violation_id).where(Notice.state == "failed")
    found = session.exec(wanted.where(col(Violation.state).in_(sorted(OPENED.states))).order_by(col(Notice.id)))
    return list(found)


def drop(session: Session, notice: Notice, why: str) -> Event:
    """Take a notice that waits or has failed out of the queue for good; what the journal says of it."""
    was, notice.state, notice.answer = notice.state, "dropped", f"not sent: {why}"
    session.add(notice)
    return told(notice, notice.id or 0, "notice.dropped", was=was)


def told(notice: Notice, number: int, event: str, actor: str = ACTOR, was: str | None = None) -> Event:
    """What the journal says of a notice that has come into its state: all but the text, addresses masked."""
    after = {
        "state": notice.state,
        "violation": notice.violation_id,
        "event": notice.event,
        "client": notice.client,
        "channel": notice.channel,
        "recipient": masked(notice.recipient),
        "language": notice.language,
        "template": notice.template,
        "attempts": notice.attempts,
        "answer": masked(notice.answer) if notice.answer else None,
    }
    before = {"before": {"state": was}} if was else {}
    return Event(actor, event, "notice", str(number), before | {"after": after})


def _key(notice: Notice) -> Key:
    return Key(notice.violation_id, notice.event, notice.recipient, notice.channel)
