"""What became of messages behind their providers: each report is kept once, and decides by no order of coming.

Of all that was reported of a notice the latest counts, by the provider's own time; of two with the same time the one
that it arrived. So reports may come in any order and any number of times. One that comes before the provider's answer
to our own call was recorded waits, until it is known which notice it is about.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Event, append
from engine.ledger.tables import Notice, Receipt
from notifier.channels.contract import letter_digest
from notifier.channels.report import Reported
from notifier.records import AT_ONCE
from notifier.stand_ins import stand_in
from notifier.told import ACTOR, told
from notifier.words.lines import masked

UNDELIVERED = "undelivered"
WAITING = timedelta(days=3)  # how long a report waits for its notice: attempts to settle one span 36 hours at most
MOST_WAITING = 10_000
LATELY = timedelta(days=7)  # since the last attempt at what is reported; providers tell nothing later
_log = logging.getLogger(__name__)


def record(session: Session, reported: Iterable[Reported], now: datetime) -> list[int]:
    """Keep what was reported; the numbers of the notices of which something else is known now.

    Reports to recipients whom no notice was ever addressed to are of other programs' messages, and are not kept.
    """
    found = _addressed(session, list(reported))
    if not found:
        return []
    insert_missing(session, Receipt, [_row(one, now) for one in sorted(found, key=_key)])
    numbers = _known_by_own_word(session, [one for one in found if one.own], now) | _known_by_name(session)
    _forget(session, now)
    return _decide(session, numbers, now)


def join(session: Session, now: datetime) -> list[int]:
    """Give what waits to the notices that it is about by now; the numbers of those of which something else is known."""
    return _decide(session, _known_by_name(session), now)


def undelivered_unanswered(session: Session) -> list[Notice]:
    """The notices that did not arrive, and in whose place no other was queued, oldest first."""
    instead = aliased(Notice)
    answered = select(instead.id).where(instead.instead_of_id == Notice.id).exists()
    reported = select(Receipt.notice_id).where(Receipt.state == UNDELIVERED)  # few, beside all notices
    wanted = select(Notice).where(col(Notice.id).in_(reported), Notice.receipt == UNDELIVERED, Notice.state == "sent")
    return list(session.exec(wanted.where(~answered).order_by(col(Notice.id))))


def _key(one: Reported) -> tuple[str, str, str, str, datetime]:
    return one.channel, one.provider_id, one.recipient, one.state, one.reported_at


def _row(one: Reported, now: datetime) -> dict[str, object]:
    names = ("channel", "provider_id", "recipient", "state", "reported_at")
    return dict(zip(names, _key(one), strict=True)) | {"answer": one.answer, "received_at": now}


def _addressed(session: Session, reported: Sequence[Reported]) -> list[Reported]:
    """The reports to recipients to whom something was ever to go over that channel."""
    known: set[tuple[str, str]] = set()
    for channel in {one.channel for one in reported}:
        for some in _some({one.recipient for one in reported if one.channel == channel}):
            wanted = select(Notice.recipient).where(Notice.channel == channel, col(Notice.recipient).in_(some))
            known |= {(channel, recipient) for recipient in session.exec(wanted.distinct())}
    return [one for one in reported if (one.channel, one.recipient) in known]


def _known_by_name(session: Session) -> set[int]:
    """Give what waits to the notices of which the provider's name is known; their numbers."""
    same = (
        (col(Notice.channel) == Receipt.channel)
        & (col(Notice.provider_id) == Receipt.provider_id)
        & (col(Notice.recipient) == Receipt.recipient)
    )
    waiting = select(Receipt, Notice.id).join(Notice, same).where(col(Receipt.notice_id).is_(None))
    return _given(session, session.exec(waiting).all())


def _known_by_own_word(session: Session, reported: Sequence[Reported], now: datetime) -> set[int]:
    """The same by our own word, where reports repeat it: so all attempts at one notice are known, answered or not."""
    numbers: set[int] = set()
    for channel in {one.channel for one in reported}:
        ours = [one for one in reported if one.channel == channel]
        by_word = {(one.recipient, one.own): one for one in ours}
        for some in _some({one.recipient for one in ours}):
            lately = select(Notice).where(Notice.channel == channel, col(Notice.tried_at) >= now - LATELY)
            for notice in session.exec(lately.where(col(Notice.recipient).in_(some))).all():
                own = letter_digest(notice.key, notice.event, channel, notice.recipient)
                one = by_word.get((notice.recipient, own))
                if one is None:
                    continue
                notice.provider_id = notice.provider_id or one.provider_id
                session.add(notice)
                names = {other.provider_id for other in ours if (other.recipient, other.own) == (notice.recipient, own)}
                alone = col(Receipt.notice_id).is_(None) & (col(Receipt.channel) == channel)
                alone &= (col(Receipt.recipient) == notice.recipient) & col(Receipt.provider_id).in_(names)
                numbers |= _given(session, [(r, notice.id) for r in session.exec(select(Receipt).where(alone))])
    return numbers


def _given(session: Session, found: Iterable[tuple[Receipt, int | None]]) -> set[int]:
    numbers: set[int] = set()
    for receipt, number in found:
        receipt.notice_id = number
        session.add(receipt)
        numbers.add(number or 0)
    session.flush()
    return numbers


def _decide(session: Session, numbers: Collection[int], now: datetime) -> list[int]:
    """Let each notice have what was reported of it last, and tell the journal; those of which it is something else."""
    events = [event for number in sorted(numbers) if (event := _decided(session, number))]
    lost = [int(event.object_id) for event in events if event.event == f"notice.{UNDELIVERED}"]
    others = [other for number in lost if (other := stand_in(session, session.get_one(Notice, number), now))]
    append(session, now, events + [told(other, other.id or 0, f"notice.{other.state}") for other in others])
    return [int(event.object_id) for event in events]


def _decided(session: Session, number: int) -> Event | None:
    """Let a notice have the last of what was reported of it; what the journal says, where that is something else."""
    notice = session.get_one(Notice, number, with_for_update=True, populate_existing=True)
    receipts = session.exec(select(Receipt).where(Receipt.notice_id == number)).all()
    last = max(receipts, key=lambda r: (r.reported_at, r.state != UNDELIVERED))
    was, notice.receipt = notice.receipt, last.state
    notice.receipt_at, notice.receipt_answer = last.reported_at, last.answer
    session.add(notice)
    if was == last.state:
        return None
    _log.info("notice %s to %s: %s, %s", number, masked(notice.recipient), last.state, masked(last.answer))
    after = {
        "receipt": last.state,
        "receipt_at": last.reported_at.isoformat(),
        "receipt_answer": masked(last.answer),
        "violation": notice.violation_id,
        "event": notice.event,
        "client": notice.client,
        "channel": notice.channel,
        "recipient": masked(notice.recipient),
    }
    return Event(ACTOR, f"notice.{last.state}", "notice", str(number), {"before": {"receipt": was}, "after": after})


def _forget(session: Session, now: datetime) -> None:
    """Let go of what has waited too long for its notice, and of the oldest where too much waits."""
    alone = col(Receipt.notice_id).is_(None)
    session.exec(delete(Receipt).where(alone, col(Receipt.received_at) < now - WAITING))
    count = session.exec(select(func.count()).select_from(Receipt).where(alone)).one()
    if count > MOST_WAITING:
        oldest = select(Receipt.id).where(alone).order_by(col(Receipt.id)).limit(count - MOST_WAITING)
        session.exec(delete(Receipt).where(col(Receipt.id).in_(oldest)))


def _some(names: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(names)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
