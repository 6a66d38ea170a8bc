"""What a notice on record is about, as routes ask: so it is known whether it still goes where it was to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session, select

from engine.ledger.tables import Notice, Subject
from notifier.events import OCCASIONS
from notifier.records import Record, outlines
from notifier.routing.model import News, Routing
from notifier.routing.recipients import misdirected


class Known(NamedTuple):
    """What a notice that is no digest is about: its news, its shop, and its violation, if any, in outline."""

    news: News
    shop: Subject | None
    record: Record | None


def about(session: Session, notice: Notice) -> Known:
    """What this notice, which is no digest, is about."""
    return all_about(session, [notice])[notice.id or 0]


def all_about(session: Session, notices: Sequence[Notice]) -> dict[int, Known]:
    """What these notices, none of them a digest, are about, by their numbers."""
    records = outlines(session, sorted({n.violation_id for n in notices if n.violation_id is not None}))
    found: dict[int, Known] = {}
    shops: dict[str | None, Subject | None] = {}
    for notice in notices:
        if notice.violation_id is not None:
            record = records[notice.violation_id]
            known = Known(record.news(notice.event), record.shop, record)
        else:
            news = news_told(notice.event, notice.news or {}, notice.client)
            if news.shop not in shops:
                shops[news.shop] = shop_of(session, news)
            known = Known(news, shops[news.shop], None)
        found[notice.id or 0] = known
    return found


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
