"""Digests as rows of the ledger: which violations one message to one recipient tells of, each of them once.

A digest has no text before it is sent: until then violations join it and leave it. Whoever may touch more than one
digest in a transaction takes `planning` first, so that no two ever wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast

from sqlalchemy import ColumnElement, delete, func, or_
from sqlmodel import Session, col, select

from engine.calendar.zones import local_day, local_instant
from engine.ledger.dialects import insert_missing, insert_rows
from engine.ledger.journal import Event
from engine.ledger.tables import Cursor, Notice, NoticeItem, Subject, Violation
from engine.rulebook.model import Language
from notifier.events import LATE, NOTHING_LEFT
from notifier.records import AT_ONCE
from notifier.routing.limits import open_since
from notifier.routing.model import News, place
from notifier.routing.recipients import Recipient, misdirected
from notifier.routing.rows import routing_of
from notifier.told import told

READER = "notices"
ZONE = "Asia/Shanghai"  # whose days name the digests
QUIET = timedelta(minutes=10)  # so long no violation must have joined before a digest is sent,
LONGEST = timedelta(hours=4)  # but no digest waits longer than this
MORNING = time(9)  # when a digest is sent that follows one of the day before


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose digest it is: one recipient, over one channel, about the shops of one client."""

    recipient: Recipient
    client: str


def planning(session: Session) -> None:
    """Wait until nobody else plans, and let nobody else do so before the transaction ends."""
    if session.get(Cursor, READER, with_for_update=True) is None:
        insert_missing(session, Cursor, [{"reader": READER, "batch": 0}])
        session.get(Cursor, READER, with_for_update=True)


def join(
    session: Session, wanted: Mapping[Addressee, Iterable[str]], now: datetime, quiet: timedelta = QUIET
) -> list[tuple[Notice, list[str], bool]]:
    """Let violations join the digest that waits for each addressee, or a new one; within `planning`.

    Those that the recipient has been told of, or is about to be, are left out. Answers each digest that something has
    joined, with what has joined it, and whether it is new.
    """
    changed = []
    for whom in sorted(wanted, key=lambda a: (a.recipient.channel, a.recipient.address, a.client)):
        names = sorted(set(wanted[whom]))
        known = told_of(session, names, whom.recipient.channel, whom.recipient.address)
        fresh = [name for name in names if name not in known]
        if not fresh:
            continue
        digest = _waiting(session, whom)
        new = digest is None
        digest = digest or _new(session, whom, now, quiet)
        insert_rows(session, NoticeItem, [{"notice_id": digest.id, "violation_id": name} for name in fresh])
        if not new and digest.attempts == 0:
            later = min(now + quiet, digest.created_at + LONGEST)
            digest.due_at = digest.next_attempt_at = max(digest.next_attempt_at, later)
            session.add(digest)
        changed.append((digest, fresh, new))
    return changed


def told_of(
    session: Session, violations: Collection[str], channel: str, recipient: str, *, dropped: bool = False
) -> set[str]:
    """Those of these violations that somebody is told of already, by a notice of their own or in a digest.

    With `dropped`, also those whose own notice was dropped: its row is there.
    """
    known: set[str] = set()
    names = sorted(violations)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        single = select(Notice.key).where(_goes_to(channel, recipient), col(Notice.key).in_(some))
        known |= set(session.exec(single if dropped else single.where(Notice.state != "dropped")))
    return known | in_digests(session, names, channel, recipient)


def in_digests(session: Session, violations: Collection[str], channel: str, recipient: str) -> set[str]:
    """Those of these violations that a digest to this recipient tells of, or will."""
    known: set[str] = set()
    names = sorted(violations)
    for start in range(0, len(names), AT_ONCE):
        known |= set(
            session.exec(
                select(NoticeItem.violation_id)
                .join(Notice, col(Notice.id) == NoticeItem.notice_id)
                .where(_goes_to(channel, recipient))
                .where(col(NoticeItem.violation_id).in_(names[start : start + AT_ONCE]))
            )
        )
    return known


def _goes_to(channel: str, recipient: str) -> ColumnElement[bool]:
    """That a notice goes to this address, however it is spelled there: as `place` has it, for many rows."""
    # The database's small letters may be those of ASCII alone: what is spelled the same is the same in any case.
    same = or_(col(Notice.recipient) == recipient, func.lower(Notice.recipient) == place(channel, recipient)[1])
    return (col(Notice.channel) == channel) & same


def items_of(session: Session, notices: Collection[int]) -> dict[int, list[str]]:
    """The violations of these digests, by the notice's number."""
    found: dict[int, list[str]] = {number: [] for number in notices}
    numbers = sorted(notices)
    for start in range(0, len(numbers), AT_ONCE):
        some = col(NoticeItem.notice_id).in_(numbers[start : start + AT_ONCE])
        rows = select(NoticeItem.notice_id, NoticeItem.violation_id).where(some)
        for number, violation in session.exec(rows.order_by(col(NoticeItem.violation_id))):
            found[number].append(violation)
    return found


def leave(session: Session, digest: Notice, violations: Collection[str]) -> None:
    """Take these violations out of a digest that nobody has got."""
    mine = col(NoticeItem.notice_id) == digest.id
    names = sorted(violations)
    for start in range(0, len(names), AT_ONCE):
        session.exec(delete(NoticeItem).where(mine, col(NoticeItem.violation_id).in_(names[start : start + AT_ONCE])))


def astray(session: Session) -> dict[int, list[str]]:
    """The violations in waiting digests whose shop has another client by now, by the digest's number."""
    wanted = (
        select(Notice.id, NoticeItem.violation_id)
        .join(NoticeItem, col(NoticeItem.notice_id) == Notice.id)
        .join(Violation, col(Violation.id) == NoticeItem.violation_id)
        .where(Notice.state == "queued", Violation.client != Notice.client)
        .order_by(col(Notice.id), col(NoticeItem.violation_id))
    )
    found: dict[int, list[str]] = {}
    for number, violation in session.exec(wanted):
        found.setdefault(cast("int", number), []).append(violation)
    return found


def rehouse(session: Session, now: datetime) -> list[Event]:
    """Move violations whose shop has another client by now into that client's digest to the same recipient.

    Within `planning`. Answers what the journal says of it.
    """
    events: list[Event] = []
    for number, violations in astray(session).items():
        digest = session.get_one(Notice, number, with_for_update=True, populate_existing=True)
        if digest.state != "queued":  # somebody has begun to send it
            continue
        leave(session, digest, violations)
        if not items_of(session, [number])[number]:
            events.append(dropped(session, digest))
        language = cast("Language", digest.language)
        recipient = Recipient(
            digest.recipient,
            digest.channel,
            language,
            contact=digest.contact,
            why=digest.why,
            internal=digest.internal,
        )
        wanted: dict[Addressee, list[str]] = {}
        clients = select(Violation.id, Violation.client).where(col(Violation.id).in_(violations))
        for name, client in session.exec(clients):
            wanted.setdefault(Addressee(recipient, client), []).append(name)
        events += joined_events(join(session, wanted, now))
    return events


def forsake(session: Session, retold: Mapping[str, tuple[News, Subject]]) -> list[Event]:
    """Take violations out of the digests to those to whom they do not go any more; what the journal says of it.

    `retold`: the violations that are told to others instead, as news of their shop. Within `planning`.
    """
    names, routing = sorted(retold), routing_of(session)
    found: dict[int, list[str]] = {}
    for start in range(0, len(names), AT_ONCE):
        unsent = (
            select(NoticeItem.notice_id, NoticeItem.violation_id)
            .join(Notice, col(Notice.id) == NoticeItem.notice_id)
            .where(col(Notice.state).in_(["queued", "failed"]))
            .where(col(NoticeItem.violation_id).in_(names[start : start + AT_ONCE]))
        )
        for number, violation in session.exec(unsent):
            found.setdefault(number, []).append(violation)
    events = []
    for number, violations in sorted(found.items()):
        digest = session.get_one(Notice, number, with_for_update=True, populate_existing=True)
        elsewhere = [name for name in violations if misdirected(digest, *retold[name], routing)]
        if digest.state in ("queued", "failed") and elsewhere:
            leave(session, digest, elsewhere)
            if not items_of(session, [number])[number]:
                events.append(dropped(session, digest))
    return events


def dropped(session: Session, digest: Notice) -> Event:
    """Drop a digest that has nothing left to tell; what the journal says of it."""
    was, digest.state, digest.answer = digest.state, "dropped", NOTHING_LEFT
    session.add(digest)
    return told(digest, digest.id or 0, "notice.dropped", was=was)


def joined_events(joined: Iterable[tuple[Notice, list[str], bool]]) -> list[Event]:
    """What the journal says of digests that violations have joined."""
    return [
        told(digest, digest.id or 0, f"notice.{digest.state}" if new else "notice.joined", violations=violations)
        for digest, violations, new in joined
    ]


def key_of(day: date, client: str) -> str:
    """The key of the digest of this local day and client."""
    return f"late:{day.isoformat()}/{client}"


def day_of(key: str) -> date:
    """The local day that a digest is named after.

    >>> day_of(key_of(date(2026, 3, 10), "acme"))
    datetime.date(2026, 3, 10)
    """
    return date.fromisoformat(key.removeprefix("late:")[:10])


def _theirs(session: Session, whom: Addressee) -> list[Notice]:
    """All digests of an addressee, oldest first, locked."""
    wanted = select(Notice).where(
        Notice.event == LATE.event,
        Notice.channel == whom.recipient.channel,
        Notice.recipient == whom.recipient.address,
        Notice.client == whom.client,
    )
    ordered = wanted.order_by(col(Notice.key)).with_for_update()
    return list(session.exec(ordered, execution_options={"populate_existing": True}))


def _waiting(session: Session, whom: Addressee) -> Notice | None:
    """The digest that may still be joined: one that nobody can have got, not even in part."""
    theirs = [n for n in _theirs(session, whom) if _may_be_joined(n)]
    tried = open_since(session, [n.id or 0 for n in theirs])
    return next((n for n in theirs if n.id not in tried), None)


def _may_be_joined(digest: Notice) -> bool:
    refused = digest.state == "failed" and digest.attempts == 0  # its address, from the start
    return digest.state == "queued" or refused


def _new(session: Session, whom: Addressee, now: datetime, quiet: timedelta) -> Notice:
    """The digest of today, or of the first day after that has none."""
    today = day = local_day(now, ZONE)
    by_day = {day_of(n.key): n for n in _theirs(session, whom)}
    tried = open_since(session, [n.id or 0 for n in by_day.values()])
    # One that was dropped, and that nobody can have got, begins anew.
    while (known := by_day.get(day)) and not (
        known.state == "dropped" and known.attempts == 0 and known.id not in tried
    ):
        day += timedelta(days=1)
    due = now + quiet
    if day > today:
        due = max(due, local_instant(day, MORNING, ZONE))
    fault = whom.recipient.fault
    digest = by_day.get(day) or Notice(
        key=key_of(day, whom.client),
        event=LATE.event,
        client=whom.client,
        recipient=whom.recipient.address,
        channel=whom.recipient.channel,
        language=whom.recipient.language,
        template="",
        subject="",
        body="",
        state="queued",
        due_at=due,
        next_attempt_at=due,
        created_at=now,
    )
    digest.language, digest.contact = whom.recipient.language, whom.recipient.contact
    digest.why, digest.internal = whom.recipient.why, whom.recipient.internal
    digest.state = "failed" if fault else "queued"
    digest.answer = f"misconfigured: {fault}" if fault else None
    digest.due_at, digest.next_attempt_at, digest.created_at = due, due, now
    session.add(digest)
    session.flush()
    return digest
