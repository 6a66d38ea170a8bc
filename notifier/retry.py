"""Putting a failed notice back into the queue, once a person has mended what was wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine
from sqlmodel import Session

from engine.errors import KaoheError
from engine.ledger.database import transaction
from engine.ledger.journal import Event, append
from engine.ledger.tables import Notice, Subject
from engine.rulebook.model import Language
from notifier.digests import Addressee, dropped, items_of, join, joined_events, leave, planning, told_of
from notifier.events import LATE
from notifier.queued import store
from notifier.records import records_of
from notifier.routes import Recipient, misdirected, recipients_of
from notifier.told import told
from notifier.words.lines import masked


def retry(ledger: Engine, number: int, now: datetime, actor: str) -> list[int]:
    """Queue a failed notice again, with all its attempts before it; answers the numbers of what was queued.

    One that was refused for its address, or whose recipient is not in the shop's contact any more, goes to the
    contact that the shop has by now: to each address that does not have this notice yet. Of a digest this holds for
    each of its violations. Raises KaoheError if there is no such notice, it has not failed, or nobody is left to send
    it to.
    """
    with transaction(ledger) as session:
        planning(session)
        notice = known_notice(session, number, for_change=True)
        if notice.state != "failed":
            raise KaoheError(
                f"notice {number} is {notice.state}; only one that failed can be sent again",
                zh=f"第 {number} 号通知的状态是 {notice.state}；只有失败的才能重发",
            )
        if notice.violation_id is None:
            queued, events = _again_by_members(session, notice, now, actor)
        else:
            queued, events = _again(session, notice, notice.violation_id, now, actor)
        append(session, now, events)
    return queued


def known_notice(session: Session, number: int, *, for_change: bool = False) -> Notice:
    """The notice with this number, locked if it is to be changed. Raises KaoheError if there is none."""
    notice = session.get(Notice, number, with_for_update=for_change)
    if notice is None:
        raise KaoheError(
            f"there is no notice {number}; `kaohe notices list` shows those there are",
            zh=f"没有第 {number} 号通知；`kaohe notices list` 列出全部",
        )
    return notice


def _again(
    session: Session, notice: Notice, violation_id: str, now: datetime, actor: str
) -> tuple[list[int], list[Event]]:
    """Queue the notice of one violation."""
    copies: list[Notice] = []
    record = records_of(session, [violation_id])[violation_id]
    notice.client = record.violation.client
    # Never attempted: its address was refused when it was planned.
    if notice.attempts == 0 or misdirected(notice, record.shop):
        untold = _untold(session, notice, violation_id, record.shop)
        if not untold:
            raise _nobody(notice, record.shop)
        notice.recipient = untold[0].address
        copies = [_copy(notice, other, now) for other in untold[1:]]
    _queue(session, notice, now)
    number = notice.id or 0
    stored = store(session, copies)
    events = [told(notice, number, "notice.queued", actor, was="failed")]
    events += [told(n, made, "notice.queued", actor) for n, made in stored]
    return [number, *(made for _, made in stored)], events


def _again_by_members(session: Session, digest: Notice, now: datetime, actor: str) -> tuple[list[int], list[Event]]:
    """Queue a digest for what it still has to tell, and let the rest join the digests of those who are to be told."""
    number = digest.id or 0
    records = records_of(session, items_of(session, [number])[number])
    elsewhere: dict[Addressee, list[str]] = {}
    gone, last = [], None
    for name, record in sorted(records.items()):
        usable = digest.recipient in (r.address for r in _addresses(digest, record.shop))
        stands = record.violation.state in LATE.states
        if stands and usable and record.violation.client == digest.client:
            continue
        gone.append(name)
        if stands:
            last = record.shop
            for recipient in _addresses(digest, record.shop):
                elsewhere.setdefault(Addressee(recipient, record.violation.client), []).append(name)
    leave(session, digest, gone)
    stays = len(gone) < len(records)
    joined = join(session, elsewhere, now, quiet=timedelta())
    if not stays and not joined:
        raise _nobody(digest, last)
    if stays:
        _queue(session, digest, now)
        said = told(digest, number, "notice.queued", actor, was="failed", violations=sorted(records.keys() - set(gone)))
    else:
        said = dropped(session, digest)
    return [number] * stays + [n.id or 0 for n, _, _ in joined], [said, *joined_events(joined)]


def _queue(session: Session, notice: Notice, now: datetime) -> None:
    notice.state, notice.attempts, notice.due_at, notice.next_attempt_at = "queued", 0, now, now
    # Whether somebody has got it already stays an open question.
    notice.answer = notice.answer if (notice.answer or "").startswith("unknown:") else None
    session.add(notice)
    session.flush()


def _addresses(notice: Notice, shop: Subject | None) -> list[Recipient]:
    """The usable addresses of the shop's contact."""
    return [r for r in recipients_of(shop, cast("Language", notice.language)) if not r.fault] if shop else []


def _untold(session: Session, notice: Notice, violation: str, shop: Subject | None) -> list[Recipient]:
    """The usable addresses of the shop's contact that are not told of this violation."""
    return [
        r for r in _addresses(notice, shop) if not told_of(session, [violation], r.channel, r.address, dropped=True)
    ]


def _nobody(notice: Notice, shop: Subject | None) -> KaoheError:
    known = _addresses(notice, shop) and shop
    answer = masked(notice.answer or "")
    whom = f"everybody in the contact of {shop.key} has this notice already" if known and shop else answer
    wen = f"{shop.key} 的联系人都已有这封通知" if known and shop else answer
    return KaoheError(f"notice {notice.id} has nobody to go to: {whom}", zh=f"通知 {notice.id} 没有可以发给的人：{wen}")


def _copy(notice: Notice, recipient: Recipient, now: datetime) -> Notice:
    same = notice.model_dump(exclude={"id", "recipient", "channel", "answer"})
    fresh = {"state": "queued", "attempts": 0, "due_at": now, "next_attempt_at": now, "created_at": now}
    return Notice(**(same | fresh), recipient=recipient.address, channel=recipient.channel)
