"""Putting a failed notice back into the queue, once a person has mended what was wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine
from sqlmodel import Session

from engine.errors import KaoheError
from engine.ledger.database import transaction
from engine.ledger.journal import Event, append
from engine.ledger.tables import Notice, Subject
from engine.rulebook.model import Language
from notifier.about import about
from notifier.digests import Addressee, dropped, items_of, join, joined_events, leave, planning, told_of
from notifier.events import GATHERED, LATE, OPENED
from notifier.queued import store
from notifier.records import Record, records_of
from notifier.routing.model import News, place
from notifier.routing.recipients import Recipient, misdirected, recipients_of
from notifier.routing.rows import routing_of
from notifier.told import told
from notifier.words.lines import masked

# A text that is made when it goes out.
UNWRITTEN = {"subject": "", "body": "", "variables": None, "template": "", "template_sha256": None}


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
        if notice.state == "muted":
            raise KaoheError(
                f"notice {number} was muted, and what is muted is not sent later; "
                f"`kaohe notices show {number}` shows what it would have said",
                zh=f"第 {number} 号通知被静音；静音期间的通知事后不补发，`kaohe notices show {number}` 显示其内容",
            )
        if notice.state != "failed":
            raise KaoheError(
                f"notice {number} is {notice.state}; only one that failed can be sent again",
                zh=f"第 {number} 号通知没有失败，不能重发；`kaohe notices show {number}` 显示它的状态",
            )
        if notice.event == LATE.event:
            queued, events = _again_by_members(session, notice, now, actor)
        elif notice.event == GATHERED.event:
            _queue(session, notice, now)
            queued, events = [number], [told(notice, number, "notice.queued", actor, was="failed")]
        else:
            queued, events = _again(session, notice, now, actor)
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


def _again(session: Session, notice: Notice, now: datetime, actor: str) -> tuple[list[int], list[Event]]:
    """Queue the notice of one piece of news."""
    copies: list[Notice] = []
    news, shop, record = about(session, notice)
    notice.client = record.violation.client if record else notice.client
    # Never attempted: its address was refused when it was planned.
    if notice.attempts == 0 or misdirected(notice, news, shop, routing_of(session)):
        untold = _untold(session, notice, news, shop)
        if not untold:
            raise _nobody(session, notice, news, shop)
        for name, value in _directed(notice, untold[0]).items():
            setattr(notice, name, value)
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
    gone: list[str] = []
    last: Record | None = None
    for name, record in sorted(records.items()):
        usable = place(digest.channel, digest.recipient) in (
            place(r.channel, r.address) for r in _addresses(session, digest, record)
        )
        stands = record.violation.state in LATE.states
        if stands and usable and record.violation.client == digest.client:
            continue
        gone.append(name)
        if stands:
            last = record
            for recipient in _addresses(session, digest, record):
                elsewhere.setdefault(Addressee(recipient, record.violation.client), []).append(name)
    leave(session, digest, gone)
    stays = len(gone) < len(records)
    joined = join(session, elsewhere, now, quiet=timedelta())
    if not stays and not joined:
        raise _nobody(
            session, digest, last.news(OPENED.event) if last else News(OPENED.event), last.shop if last else None
        )
    if stays:
        _queue(session, digest, now)
        said = told(digest, number, "notice.queued", actor, was="failed", violations=sorted(records.keys() - set(gone)))
    else:
        said = dropped(session, digest)
    return [number] * stays + [n.id or 0 for n, _, _ in joined], [said, *joined_events(joined)]


def _queue(session: Session, notice: Notice, now: datetime) -> None:
    notice.state, notice.attempts, notice.due_at, notice.next_attempt_at = "queued", 0, now, now
    notice.answer = None
    session.add(notice)
    session.flush()


def _addresses(session: Session, notice: Notice, record: Record) -> list[Recipient]:
    """The usable addresses to which a violation of a digest goes."""
    return _usable(session, notice, record.news(OPENED.event), record.shop)


def _usable(session: Session, notice: Notice, news: News, shop: Subject | None) -> list[Recipient]:
    found = recipients_of(news, shop, routing_of(session), cast("Language", notice.language))
    return [r for r in found if not r.fault]


def _untold(session: Session, notice: Notice, news: News, shop: Subject | None) -> list[Recipient]:
    """The usable addresses of those who get this news and have not been told of it."""
    return [
        r
        for r in _usable(session, notice, news, shop)
        if not told_of(session, [notice.key], r.channel, r.address, dropped=True)
    ]


def _nobody(session: Session, notice: Notice, news: News, shop: Subject | None) -> KaoheError:
    known = shop if _usable(session, notice, news, shop) else None
    answer = masked(notice.answer or "")
    whom = f"everybody in the contact of {known.key} has this notice already" if known else answer
    wen = f"{known.key} 的联系人都已有这封通知" if known else answer
    return KaoheError(f"notice {notice.id} has nobody to go to: {whom}", zh=f"通知 {notice.id} 没有可以发给的人：{wen}")


def _directed(notice: Notice, recipient: Recipient) -> dict[str, Any]:
    """The columns that say where a notice goes. What was written for the house is written anew for anybody else."""
    written = UNWRITTEN if notice.internal and not recipient.internal else {}
    return written | {
        "recipient": recipient.address,
        "channel": recipient.channel,
        "language": recipient.language,
        "contact": recipient.contact,
        "why": recipient.why,
        "internal": recipient.internal,
        "urgent": recipient.urgent,
    }


def _copy(notice: Notice, recipient: Recipient, now: datetime) -> Notice:
    directed = _directed(notice, recipient)
    same = notice.model_dump(exclude={"id", "answer", *directed})
    fresh = {"state": "queued", "attempts": 0, "due_at": now, "next_attempt_at": now, "created_at": now}
    return Notice(**(same | fresh | directed))
