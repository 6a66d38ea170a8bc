"""Notices as rows of `kaohe notices list`: what each is about, where it stands, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from console.answers import answer_words
from console.local_time import local_time
from console.names import ShopNames
from console.phrases import NOTICE_STATES, about_words, heads, object_of
from engine.ledger.masking import masked
from engine.ledger.parts import in_parts
from engine.ledger.tables import Notice
from engine.rulebook.model import Language, Text
from notifier.digests import items_of
from notifier.events import GATHERED
from notifier.receipts import UNDELIVERED
from notifier.records import outlines
from notifier.routing.rows import routing_of
from notifier.when import Wait, wait_of
from notifier.words.vocabulary import word

NAMED = 3  # violations that a gathered message is shown to be about
_WAITS: Mapping[str, Text] = {
    "provider": Text("{at} 再试", "tried again {at}"),
    "hours": Text("免打扰时段，{at} 起", "outside its hours, from {at}"),
    "cap": Text("已达上限，{at} 起", "over its cap, from {at}"),
    "together": Text("等同类一并发，{at}", "waits for others, {at}"),
    "turn": Text("", ""),
}


@dataclass(frozen=True, slots=True)
class Members:
    """What a message tells together: the notices that it holds, and the violations and clients that they are about."""

    notices: tuple[int, ...] = ()
    violations: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What lists say of notices beside columns, by number; `shops` by violation, `names`: what they are called."""

    members: Mapping[int, Members] = field(default_factory=dict)
    shops: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[int, Wait] = field(default_factory=dict)
    names: ShopNames = field(default_factory=dict)

    def members_of(self, notice: Notice) -> Members:
        """What it tells together; of one that tells of a single thing, its violation."""
        if notice.violation_id:
            return Members((), (notice.violation_id,), (notice.client,))
        return self.members.get(notice.id or 0, Members((), (), (notice.client,)))

    def shop_of(self, notice: Notice) -> str | None:
        """The shop that it is about, if it is about one."""
        about = object_of(notice) or ""
        return self.shops.get(notice.violation_id or "") or (about if about.startswith("shop:") else None)


def rows_of(session: Session, found: Sequence[Notice], now: datetime, names: ShopNames) -> Rows:
    """What there is to say of these notices; some queries for each 500 of them. `names`: what shops are called."""
    lists = [n.id or 0 for n in found if n.violation_id is None]
    items = items_of(session, lists)
    held: dict[int, list[Any]] = {number: [] for number in lists}
    together = [n.id or 0 for n in found if n.event == GATHERED.event]
    for part in in_parts(together):
        within = col(Notice.within_id)
        wanted = select(Notice.within_id, Notice.id, Notice.violation_id, Notice.client).where(within.in_(part))
        for number, *member in session.exec(wanted.order_by(col(Notice.id))):
            held[number or 0].append(member)
    inner = items_of(session, [number for some in held.values() for number, violation, _ in some if not violation])
    members = {}
    for one in found:
        if one.violation_id is None:
            some = held[one.id or 0]
            told = list(items[one.id or 0])
            for number, violation, _ in some:
                told += [violation] if violation else inner[number]
            clients = dict.fromkeys([*(client for _, _, client in some), *([one.client] if one.client else [])])
            members[one.id or 0] = Members(tuple(n for n, _, _ in some), tuple(dict.fromkeys(told)), tuple(clients))
    routing = routing_of(session)
    waits = {n.id or 0: wait for n in found if (wait := wait_of(n, routing, now))}
    named = sorted({n.violation_id for n in found if n.violation_id})
    shops = {name: record.shop.key for name, record in outlines(session, named).items() if record.shop}
    return Rows(members, shops, waits, names)


def state_words(notice: Notice, rows: Rows, language: Language) -> str:
    """Where it stands: of one that was sent, behind its provider; of one that waits, until when; or what tells it."""
    zh = language == "zh-CN"
    if notice.state == "gathered" and notice.within_id:
        return f"已并入第 {notice.within_id} 号" if zh else f"told in {notice.within_id}"
    state = word(NOTICE_STATES, (notice.receipt if notice.state == "sent" else None) or notice.state, language)
    wait = rows.waits.get(notice.id or 0)
    told = _WAITS[wait.why].in_language(language).format(at=local_time(wait.until)) if wait else ""
    return f"{state}{'，' if zh else ', '}{told}" if told else state


def answer_of(notice: Notice, language: Language) -> str:
    """The answer to a notice, and why it did not arrive, as people may see it: without anybody's address."""
    undelivered = notice.state == "sent" and notice.receipt == UNDELIVERED
    told = [answer_words(notice.answer or "", language), notice.receipt_answer if undelivered else ""]
    return masked(" · ".join(part for part in told if part))


def about_of(notice: Notice, rows: Rows, language: Language) -> str:
    """What it is about; of a gathered message how many notices it tells, and the first of their violations."""
    known = rows.members_of(notice)
    if notice.event != GATHERED.event:
        return about_words(notice, len(known.violations), language, rows.names)
    zh = language == "zh-CN"
    number = len(known.notices)
    head = f"合并 {number} 条通知" if zh else f"{number} notices in one"
    some = (" " if zh else ": ") + ("、" if zh else ", ").join(known.violations[:NAMED]) if known.violations else ""
    more = " 等" if zh else ", …"
    return head + some + (more if len(known.violations) > NAMED else "")


def table_of(found: Sequence[Notice], rows: Rows, language: Language) -> tuple[list[str], list[list[str]]]:
    """The heads and the lines of the list; answers are a column where there is one."""
    answers = [answer_of(n, language) for n in found]
    answered = any(answers)
    lines = [
        [
            str(n.id),
            about_of(n, rows, language),
            n.client or ("、" if language == "zh-CN" else ", ").join(rows.members_of(n).clients),
            masked(n.recipient),
            n.channel,
            state_words(n, rows, language),
            *([answer] if answered else []),
        ]
        for n, answer in zip(found, answers, strict=True)
    ]
    return ["#", *heads("about client recipient channel state" + " answer" * answered, language)], lines


def json_row(n: Notice, rows: Rows) -> dict[str, object]:
    """A notice for machines; instants in ISO 8601."""
    known, wait = rows.members_of(n), rows.waits.get(n.id or 0)
    return {
        "notice": n.id,
        "violation": n.violation_id,
        "violations": list(known.violations),
        "notices": list(known.notices),
        "within": n.within_id,
        "event": n.event,
        "object": object_of(n),
        "shop": rows.shop_of(n),
        "client": n.client,
        "clients": list(known.clients),
        "recipient": masked(n.recipient),
        "channel": n.channel,
        "contact": n.contact,
        "route": n.why,
        "language": n.language,
        "state": n.state,
        "due_at": n.due_at.isoformat(),
        "waits_until": wait.until.isoformat() if wait else None,
        "waits_for": wait.why if wait else None,
        "attempts": n.attempts,
        "answer": masked(n.answer) if n.answer else None,
        "created_at": n.created_at.isoformat(),
        "sent_at": n.sent_at.isoformat() if n.sent_at else None,
        "receipt": n.receipt,
        "receipt_at": n.receipt_at.isoformat() if n.receipt_at else None,
        "receipt_answer": masked(n.receipt_answer) if n.receipt_answer else None,
    }
