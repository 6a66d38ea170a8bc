"""What a notice on record is about, as routes ask: so it is known whether it still goes where it was to go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session, select

from engine.ledger.tables import Notice, Subject
from notifier.events import OCCASIONS
from notifier.records import Record, outline, records_of
from notifier.routing.model import News, Routing
from notifier.routing.recipients import misdirected


def about(session: Session, notice: Notice) -> tuple[News, Subject | None, Record | None]:
    """The news of a notice that is no digest, the shop that it is about, and its violation, if any, in outline."""
    if notice.violation_id is not None:
        record = outline(session, notice.violation_id)
        return record.news(notice.event), record.shop, record
    news = news_told(notice.event, notice.news or {}, notice.client)
    return news, shop_of(session, news), None


def each_about(
    session: Session, notices: Sequence[Notice]
) -> Iterator[tuple[Notice, tuple[News, Subject | None, Record | None]]]:
    """The same of many notices, each with its own, in few questions; of what the session holds what it holds."""
    records = records_of(session, [n.violation_id for n in notices if n.violation_id is not None])
    shops: dict[str | None, Subject | None] = {}
    for notice in notices:
        if notice.violation_id is not None:
            record = records[notice.violation_id]
            yield notice, (record.news(notice.event), record.shop, record)
            continue
        news = news_told(notice.event, notice.news or {}, notice.client)
        if news.shop not in shops:
            shops[news.shop] = shop_of(session, news)
        yield notice, (news, shops[news.shop], None)


def over_of(notice: Notice, news: News, shop: Subject | None, record: Record | None, routing: Routing) -> str | None:
    """Why what this notice, which is about this, tells is not to be told any more, or not there; None where it is."""
    occasion = OCCASIONS.get(notice.event)
    if record is not None and occasion is not None and record.violation.state not in occasion.states:
        return f"the violation is {record.violation.state}"
    return misdirected(notice, news, shop, routing)


def news_told(event: str, told: Mapping[str, Any], client: str | None) -> News:
    """The news of an event that the journal told like this."""
    named = {name: told.get(name) for name in ("platform", "shop", "rule", "severity")}
    return News(
        event, client or None, **{name: value if isinstance(value, str) else None for name, value in named.items()}
    )


def shop_of(session: Session, news: News) -> Subject | None:
    """The shop that news without a violation is about."""
    if news.shop is None:
        return None
    return session.exec(select(Subject).where(Subject.key == news.shop)).first()
