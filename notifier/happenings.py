"""The journal's other news: what has happened, told as it was journalled, each entry to each recipient once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from engine.assessment.recording import NOTIFY_WITHIN
from engine.ledger.journal import Entry
from engine.ledger.tables import Duty, Notice, NoticeItem, Subject
from notifier.about import news_told, shop_of
from notifier.events import CORRECTED, OPENED, OTHERS, Occasion
from notifier.records import Record, records_of
from notifier.routing.model import News, place
from notifier.routing.recipients import Recipient
from notifier.routing.ways import Ways
from notifier.tales import listed_in


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the journal as a piece of news: its key names the entry, `told` is what its text is made of."""

    key: str
    news: News
    told: Mapping[str, Any]
    shop: Subject | None
    record: Record | None
    heard: frozenset[tuple[str, str]] | None  # who was told of its violation, where only they are told
    object: str | None = None
    records: Sequence[Record] = ()

    @property
    def occasion(self) -> Occasion:
        """What kind of news it is."""
        return OTHERS[self.news.event]

    def recipients(self, ways: Ways) -> list[Recipient]:
        """Everybody who is told of it."""
        found = ways.of(self.news, self.shop)
        return found if self.heard is None else [r for r in found if place(r.channel, r.address) in self.heard]


def happenings(session: Session, entries: Iterable[Entry], now: datetime) -> list[Happening]:
    """Those of these entries that are news by now, in their order."""
    young = [e for e in entries if e.event in OTHERS and now - e.at <= NOTIFY_WITHIN and e.payload and _matters(e)]
    records = records_of(session, sorted({e.object_id for e in young if e.object_kind == "violation"}))
    heard = _heard(session, {e.object_id for e in young if OTHERS[e.event].told_before})
    return [found for entry in young if (found := _happening(session, entry, records, heard)) is not None]


def _matters(entry: Entry) -> bool:
    """Whether anybody has to know: of a correction, only where it changes what follows."""
    if entry.event != CORRECTED.event:
        return True
    before, after = (entry.payload or {}).get("before") or {}, (entry.payload or {}).get("after") or {}
    changed = (name for name in ("severity", "exposure_fen") if name in before and before[name] != after.get(name))
    return any(changed) and after.get("notify") is not False


def _happening(
    session: Session, entry: Entry, records: Mapping[str, Record], heard: Mapping[str, frozenset[tuple[str, str]]]
) -> Happening | None:
    payload = entry.payload or {}
    told = {**(payload.get("after") or {}), "before": payload.get("before"), "why": payload.get("why")}
    key, occasion = f"{entry.object_id}@{entry.batch}.{entry.position}", OTHERS[entry.event]
    if entry.object_kind == "violation":
        record = records.get(entry.object_id)
        if record is None or record.violation.state not in occasion.states:
            return None
        known = heard.get(entry.object_id, frozenset()) if occasion.told_before else None
        return Happening(key, record.news(entry.event), told, record.shop, record, known)
    told |= {"object": entry.object_id} | _of_object(session, entry)
    client = told.get("client")
    news = news_told(entry.event, told, client if isinstance(client, str) else None)
    listed = listed_in(session, entry.event, told, news.client)
    return Happening(key, news, told, shop_of(session, news), None, None, entry.object_id, listed)


def _of_object(session: Session, entry: Entry) -> dict[str, Any]:
    """What the object itself says of client, platform and shop, where the entry did not keep it."""
    if entry.object_kind == "duty" and entry.object_id.removeprefix("D-").isdecimal():
        duty = session.get(Duty, int(entry.object_id.removeprefix("D-")))
        shop = session.get(Subject, duty.shop_id) if duty and duty.shop_id is not None else None
        return {"client": duty.client, **_of_shop(shop)} if duty else {}
    if entry.object_kind == "shop":
        return _of_shop(session.exec(select(Subject).where(Subject.key == entry.object_id)).first())
    return {}


def _of_shop(shop: Subject | None) -> dict[str, Any]:
    return {"client": shop.client, "platform": shop.platform, "shop": shop.key} if shop else {}


def _heard(session: Session, violations: set[str]) -> dict[str, frozenset[tuple[str, str]]]:
    """Who has got word of each of these violations, or is just getting it: channel and address."""
    if not violations:
        return {}
    parent = select(Notice.id).where(Notice.state == "sent")
    wanted = select(Notice.key, Notice.channel, Notice.recipient).where(
        col(Notice.key).in_(sorted(violations)),
        Notice.event == OPENED.event,
        or_(col(Notice.state).in_(["sent", "sending"]), col(Notice.within_id).in_(parent)),
    )
    digests = (
        select(NoticeItem.violation_id, Notice.channel, Notice.recipient)
        .join(Notice, col(Notice.id) == NoticeItem.notice_id)
        .where(col(NoticeItem.violation_id).in_(sorted(violations)), col(Notice.state).in_(["sent", "sending"]))
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for key, channel, recipient in [*session.exec(wanted), *session.exec(digests)]:
        found.setdefault(key, set()).add(place(channel, recipient))
    return {key: frozenset(whom) for key, whom in found.items()}
