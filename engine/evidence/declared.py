"""What an import declares beside its rows: the days on which it says that nothing happened, and those left open.

A file from Monday to Sunday with rows of Tuesday alone says that the shop had nothing to do on the other days. That is
often so, and sometimes a mistake that only shows when a figure is judged without them: so it is said at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from engine.calendar.spans import Spans, joined, within
from engine.evidence.columns import Kind
from engine.evidence.covering import Covered, Found
from engine.evidence.kinds import last_day

AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Declared:
    """Of one platform: the days that are covered though a shop has no row on them (`shop_days` counts them by shop).

    `open` are the days that rows which were refused leave uncovered, as far as they are known.
    """

    platform: str
    empty: Spans
    shop_days: int
    shops: int
    open: Spans


def declared(con: duckdb.DuckDBPyConnection, kind: Kind, found: Found, covers: Covered) -> list[Declared]:
    """What the table `staged` declares by covering these days, a platform at a time; one without anything is left out.

    Rows that another of the same command repeats or replaces count.
    """
    days: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    shops: dict[str, int] = defaultdict(int)
    rows = [(*shop, first, last) for shop, spans in covers.shops.items() for first, last in spans]
    for platform, empty in _empty(con, kind, rows):
        shops[platform] += 1
        for day in empty:
            days[platform][day] += 1
    left = _open(found)
    return [
        Declared(
            platform,
            joined((day, day) for day in days[platform]),
            sum(days[platform].values()),
            shops[platform],
            left.get(platform, ()),
        )
        for platform in sorted({*days, *left})
    ]


def _empty(
    con: duckdb.DuckDBPyConnection, kind: Kind, covered: list[tuple[str, str, date, date]]
) -> Iterable[tuple[str, list[date]]]:
    """For each shop with such days: its platform, and the covered days without a row of it."""
    columns = f"platform, shop, day, {last_day(kind)} AS last"
    again = f" UNION {_columns('rivals', columns)}" if kind.key else ""
    there = f"SELECT DISTINCT * FROM ({_columns('staged', columns)}{again})"
    for start in range(0, len(covered), AT_ONCE):
        platforms, names, firsts, lasts = zip(*covered[start : start + AT_ONCE], strict=True)
        yield from con.execute(
            "WITH spans AS (SELECT unnest(?::VARCHAR[]) AS platform, unnest(?::VARCHAR[]) AS shop, "
            "unnest(?::DATE[]) AS first, unnest(?::DATE[]) AS last), "
            "days AS (SELECT platform, shop, unnest(generate_series(first, last, INTERVAL 1 DAY))::DATE AS day "
            "FROM spans) "
            f"SELECT platform, list(day) FROM days d WHERE NOT EXISTS (SELECT 1 FROM ({there}) t "
            "WHERE t.platform = d.platform AND t.shop = d.shop AND d.day BETWEEN t.day AND t.last) "
            "GROUP BY platform, shop ORDER BY platform, shop",
            [list(platforms), list(names), list(firsts), list(lasts)],
        ).fetchall()


def _columns(table: str, columns: str) -> str:
    return f"SELECT {columns} FROM {table}"


def _open(found: Found) -> dict[str, Spans]:
    """Platform → the days that refused rows leave open; a row that does not say its shop may be of any platform."""
    if found.span is None:
        return {}
    left: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for shop, spans in found.refused.items():
        for name in {shop[0]} if shop else {platform for platform, _ in found.days}:
            left[name] += spans
    clipped = {name: within(spans, *found.span) for name, spans in left.items()}
    return {name: spans for name, spans in clipped.items() if spans}
