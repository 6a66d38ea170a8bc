"""The very things that tell against a figure: sessions never answered, messages that waited too long, poor ratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from engine.measure.counting import by_person, condition, files_of, relation_rows, within
from engine.measure.figures import Workshop
from engine.measure.needs import Need
from engine.measure.relations import DERIVATIONS
from engine.rulebook.model import Counter, Version


@dataclass(frozen=True, slots=True)
class AgainstRow:
    """One session, message or rating that tells against the figure.

    `what` is the relation; `at` its opening, sending or rating. Instants are UTC; None where the thing never happened.
    `note` says more of a rating: its score and reasons, between `;`. One without a session is named by its own id.
    `buyer` tells buyers apart where messages have no session: the beginning of their seal.
    """

    what: str
    session: str | None
    agent: str | None
    at: datetime
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    note: str | None = None
    buyer: str | None = None


_BUYER = "CASE WHEN session IS NULL THEN lower(left(hex(buyer), 8)) END"
_RATING = "coalesce(session, rating), agent, {}, NULL::TIMESTAMP, NULL::TIMESTAMP, concat_ws(';', score, reasons), NULL"
# Which columns of each relation's rows fill an AgainstRow: session, agent, at, replied_at, closed_at, note, buyer.
_COLUMNS: Mapping[str, str] = {
    "sessions": "session, agent, opened_at, first_human_reply_at, closed_at, NULL::VARCHAR, NULL",
    "waits": f"session, agent, sent_at, answered_at, NULL::TIMESTAMP, NULL::VARCHAR, {_BUYER}",
    "rounds": f"session, agent, sent_at, answered_at, NULL::TIMESTAMP, NULL::VARCHAR, {_BUYER}",
    "ratings": _RATING.format("rated_at"),
    "ratings_by_sending": _RATING.format("sent_at"),
}


def against(
    con: duckdb.DuckDBPyConnection, shop: Workshop, version: Version, needs: list[Need], subject: str
) -> list[AgainstRow]:
    """What stands on the failing side: uncounted rows where much is good, counted ones where little is.

    Of a person-day that fails, its worst message. Nothing where numerator and denominator are of different relations,
    or were counted elsewhere. Raises UncountableError.
    """
    figure, standard = version.figure, version.standard
    assert figure is not None and standard is not None
    counters = {c.name: c for c in version.counters}
    part, whole = counters[figure.numerator], counters.get(figure.denominator or "")
    if whole is None or whole.relation != part.relation or not files_of(part.relation, needs, shop.live):
        return []
    source = relation_rows(con, shop.lake, part.relation, needs, shop.live)
    wanted = "NOT " if standard.complies.comparison in {"at_least", "above"} else ""
    failing = f"({condition(whole)}) AND ({condition(part)}) IS {wanted}TRUE"
    if DERIVATIONS[part.relation].by_person:
        query = _worst_messages(source, part, failing)
    elif part.relation in _COLUMNS:
        # A condition on a missing value is null, and counts the row no more than a false one does.
        query = f"SELECT {_COLUMNS[part.relation]} FROM ({source}) WHERE shop = ? AND {failing} ORDER BY 3, 1, 2"
    else:
        return []
    rows = con.execute(query, [subject]).fetchall()
    return [
        AgainstRow(
            part.relation,
            session,
            agent,
            _utc(at),
            _utc(reply) if reply else None,
            _utc(end) if end else None,
            note,
            buyer,
        )
        for session, agent, at, reply, end, note, buyer in rows
    ]


def _worst_messages(source: str, part: Counter, failing: str) -> str:
    """SQL of the message that waited longest, or was never answered, of each person-day that fails."""
    con_rows = f"SELECT * FROM ({source}) WHERE shop = ?"
    people = by_person("SELECT * FROM mine", part.hours)
    hours = within(part.hours) or "true"
    return f"""
WITH mine AS MATERIALIZED ({con_rows}),
failed AS (SELECT day, cut_off, buyer FROM ({people}) WHERE grain = 'shop' AND {failing})
SELECT session, agent, sent_at, answered_at, NULL::TIMESTAMP, NULL::VARCHAR, {_BUYER}
FROM mine SEMI JOIN failed USING (day, buyer) WHERE {hours}
QUALIFY row_number() OVER (PARTITION BY day, buyer ORDER BY wait DESC NULLS FIRST, sent_at, session, agent) = 1
ORDER BY 3, 1, 2"""


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)
