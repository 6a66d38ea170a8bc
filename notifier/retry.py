"""Putting a failed notice back into the queue, once a person has mended what was wrong."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Engine
from sqlmodel import Session

from engine.errors import KaoheError
from engine.ledger.database import transaction
from engine.ledger.journal import append
from engine.ledger.tables import Notice, Subject
from engine.rulebook.model import Language
from notifier.queued import Key, store, there, told
from notifier.records import records_of
from notifier.routes import Recipient, misdirected, recipients_of


def retry(ledger: Engine, number: int, now: datetime, actor: str) -> list[int]:
    """Queue a failed notice again, with all its attempts before it; answers the numbers of what was queued.

    One that was refused for its address, or whose recipient is not in the shop's contact any more, goes to the
    contact that the shop has by now: to each address that does not have this notice yet. Raises KaoheError if
    there is no such notice, it has not failed, or nobody is left to send it to.
    """
    with transaction(ledger) as session:
        notice = session.get(Notice, number, with_for_update=True)
        if notice is None:
            raise KaoheError(
                f"there is no notice {number}; `kaohe notices list` shows those there are",
                zh=f"没有第 {number} 号通知；`kaohe notices list` 列出全部",
            )
        if notice.state != "failed":
            raise KaoheError(
                f"notice {number} is {notice.state}; only one that failed can be sent again",
                zh=f"第 {number} 号通知的状态是 {notice.state}；只有失败的才能重发",
            )
        copies: list[Notice] = []
        record = records_of(session, [notice.violation_id])[notice.violation_id]
        notice.client = record.violation.client
        # Never attempted: its address was refused when it was planned.
        if notice.attempts == 0 or misdirected(notice, record.shop):
            first, *others = _untold(session, notice, record.shop)
            notice.recipient = first.address
            copies = [_copy(notice, other, now) for other in others]
        notice.state, notice.attempts, notice.next_attempt_at, notice.answer = "queued", 0, now, None
        session.add(notice)
        session.flush()
        stored = store(session, copies)
        events = [told(notice, number, "notice.queued", actor, was="failed")]
        append(session, now, events + [told(n, made, "notice.queued", actor) for n, made in stored])
    return [number, *(made for _, made in stored)]


def _untold(session: Session, notice: Notice, shop: Subject | None) -> list[Recipient]:
    """The usable addresses of the shop's contact that do not have this notice; at least one."""
    known = there(session, [notice.violation_id])
    language = cast("Language", notice.language)
    usable = [r for r in recipients_of(shop, language) if not r.fault] if shop else []
    untold = [r for r in usable if Key(notice.violation_id, notice.event, r.address, r.channel) not in known]
    if not untold:
        whom = f"everybody in the contact of {shop.key} has this notice already" if usable and shop else notice.answer
        wen = f"{shop.key} 的联系人都已有这封通知" if usable and shop else notice.answer
        raise KaoheError(
            f"notice {notice.id} has nobody to go to: {whom}", zh=f"通知 {notice.id} 没有可以发给的人：{wen}"
        )
    return untold


def _copy(notice: Notice, recipient: Recipient, now: datetime) -> Notice:
    same = notice.model_dump(exclude={"id", "recipient", "channel", "answer"})
    fresh = {"state": "queued", "attempts": 0, "next_attempt_at": now, "created_at": now}
    return Notice(**(same | fresh), recipient=recipient.address, channel=recipient.channel)
