"""What the text of one notice is made of: its news, violation and shop, as the ledger has them when it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, select

from engine.ledger.tables import Notice, Subject, Violation
from notifier.about import about
from notifier.readers import OUTSIDER, Reader, reader_of
from notifier.records import Record, records_of
from notifier.routing.rows import routing_of

MOST_LISTED = 500  # violations of one week's list; what is beyond them stands in the console


@dataclass(frozen=True, slots=True)
class Tale:
    """One piece of news with all that its text may be made of; and who reads it.

    `told` is what the journal says of it, `records` the violations that a week's list lists.
    """

    event: str
    told: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    record: Record | None = None
    shop: Subject | None = None
    object: str | None = None
    records: Sequence[Record] = ()
    reader: Reader = OUTSIDER


def tale_of(session: Session, notice: Notice) -> Tale:
    """What the text of this notice, which is no digest, is made of by now."""
    return tales_of(session, [notice])[notice.id or 0]


def tales_of(session: Session, notices: Sequence[Notice]) -> dict[int, Tale]:
    """What the texts of these notices, none of them a digest, are made of by now, by their numbers."""
    records = records_of(session, sorted({n.violation_id for n in notices if n.violation_id is not None}))
    routing = routing_of(session)
    found: dict[int, Tale] = {}
    for notice in notices:
        told, record = notice.news or {}, records.get(notice.violation_id or "")
        shop = record.shop if record else about(session, notice).shop
        client = record.violation.client if record else notice.client  # a shop may have another by now
        reader = reader_of(client, internal=routing.internal(notice.contact))
        listed = listed_in(session, notice.event, told, notice.client)
        found[notice.id or 0] = Tale(notice.event, told, record, shop, told.get("object"), listed, reader)
    return found


def listed_in(session: Session, event: str, told: Mapping[str, Any], client: str | None) -> list[Record]:
    """The violations that a week's list tells of: those of the client that were assessed in the week."""
    if event != "week.listed":
        return []
    try:
        first, last = (date.fromisoformat(str(told.get(name))) for name in ("first", "last"))
    except ValueError:  # told by another kaohe
        return []
    wanted = (
        select(Violation.id)
        .where(Violation.client == client, Violation.assessed_on >= first, Violation.assessed_on <= last)
        .order_by(col(Violation.assessed_on), col(Violation.id))
        .limit(MOST_LISTED)
    )
    names = list(session.exec(wanted))
    records = records_of(session, names)
    return [records[name] for name in names]
