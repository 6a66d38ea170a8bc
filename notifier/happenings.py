"""The journal's other news: what has happened, told as it was journalled, each entry to each recipient once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.assessment.recording import NOTIFY_WITHIN
from engine.ledger.journal import Entry
from engine.ledger.tables import Attempt, Duty, Notice, NoticeItem, Subject
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
        return found if self.heard is None else [r for r in found if self._has_heard(r)]

    def _has_heard(self, recipient: Recipient) -> bool:
        """Whether this recipient, or what stands in for it, has got word of the violation."""
        heard = self.heard or frozenset()
        return any(place(one.channel, one.address) in heard for one in (recipient, *recipient.spares))


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
    """Who has got word of each of these violations, may have, or is just getting it: channel and address."""
    if not violations:
        return {}
    theirs, going = col(Notice.key).in_(sorted(violations)), ["sent", "sending"]
    single, parent = (theirs, Notice.event == OPENED.event), aliased(Notice)
    told = select(Notice.key, Notice.channel, Notice.recipient)
    tried = select(Notice.key, Attempt.channel, Attempt.recipient)
    listed = col(NoticeItem.violation_id).in_(sorted(violations))
    item = select(NoticeItem.violation_id, Notice.channel, Notice.recipient)
    item_tried = select(NoticeItem.violation_id, Attempt.channel, Attempt.recipient)
    rows = [
        *session.exec(told.where(*single, col(Notice.state).in_(going))),
        *session.exec(
            select(Notice.key, parent.channel, parent.recipient)
            .join(parent, col(parent.id) == Notice.within_id)
            .where(*single, col(parent.state).in_(going))
        ),
        *session.exec(
            item.join(Notice, col(Notice.id) == NoticeItem.notice_id).where(listed, col(Notice.state).in_(going))
        ),
        # An attempt that nobody has refused may have arrived, whatever became of its notice since.
        *session.exec(tried.join(Attempt, col(Attempt.notice_id) == Notice.id).where(*single)),
        *session.exec(tried.join(Attempt, col(Attempt.notice_id) == Notice.within_id).where(*single)),
        *session.exec(item_tried.join(Attempt, col(Attempt.notice_id) == NoticeItem.notice_id).where(listed)),
    ]
    found: dict[str, set[tuple[str, str]]] = {}
    for key, channel, recipient in rows:
        found.setdefault(key, set()).add(place(channel, recipient))
    return {key: frozenset(whom) for key, whom in found.items()}
