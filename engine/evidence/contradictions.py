"""Counts that contradict each other: one figure told twice, and not in the same way, is a missing number ever after.

So are a part and a whole of which the part is more: no verdict can rest on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from engine.evidence.day_rows import day_rows
from engine.evidence.kinds import COUNTS

_TOLD = "platform, shop, agent, counter, period_start, period_end, value, value_low, value_high"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A number of an import (`value`, None: missing) and another (`other`) of the same subject, counter and days."""

    platform: str
    shop: str
    agent: str | None
    counter: str
    period_start: date
    period_end: date
    value: int | None
    other: int | None


@dataclass(frozen=True, slots=True)
class Excess:
    """A count (`value` of `part`) that is more than what it is a part of (`other` of `whole`), of the same days."""

    platform: str
    shop: str
    agent: str | None
    part: str
    whole: str
    period_start: date
    period_end: date
    value: int
    other: int


def excesses(
    con: duckdb.DuckDBPyConnection, live: Sequence[Path], replace_days: bool, parts: Sequence[tuple[str, str]]
) -> list[Excess]:
    """Where the table `staged` makes a part more than its whole, with what is stored in the files `live` and stays.

    `parts` are counters by their full names, (part, whole). A number that was rounded may be as little as its low end,
    and the whole as much as its high one.
    """
    if not parts:
        return []
    stays = " WHERE (platform, shop, day) NOT IN (SELECT (platform, shop, day) FROM emptied)" if replace_days else ""
    columns = f"{_TOLD}, day"
    told = (
        f"SELECT {columns}, false AS new FROM ({day_rows(COUNTS, live)}){stays} "
        f"UNION ALL SELECT {columns}, true AS new FROM staged"
    )
    rows = con.execute(
        "SELECT DISTINCT p.platform, p.shop, p.agent, p.counter, w.counter, p.period_start, p.period_end, "
        f"p.value, w.value FROM (SELECT unnest(?::VARCHAR[]) AS part, unnest(?::VARCHAR[]) AS whole) c JOIN ({told}) p "
        f"ON p.counter = c.part JOIN ({told}) w ON w.counter = c.whole AND p.platform = w.platform AND p.shop = w.shop "
        "AND p.agent IS NOT DISTINCT FROM w.agent AND p.period_start = w.period_start AND p.period_end = w.period_end "
        "WHERE (p.new OR w.new) AND coalesce(p.value_low, p.value) > coalesce(w.value_high, w.value) "
        "ORDER BY p.agent NULLS FIRST, p.platform, p.shop, p.counter, w.counter, p.period_start, p.period_end, "
        "p.value, w.value",
        [[part for part, _ in parts], [whole for _, whole in parts]],
    ).fetchall()
    return [Excess(*row) for row in rows]


def contradictions(con: duckdb.DuckDBPyConnection, live: Sequence[Path], replace_days: bool) -> list[Contradiction]:
    """What the table `staged` contradicts: what is stored in the files `live` and stays, and its own rows."""
    stays = " WHERE (platform, shop, day) NOT IN (SELECT (platform, shop, day) FROM emptied)" if replace_days else ""
    others = (
        f"SELECT {_TOLD}, -1 AS file, 0 AS record FROM ({day_rows(COUNTS, live)}){stays} "
        f"UNION ALL SELECT {_TOLD}, file, record FROM staged"
    )
    rows = con.execute(
        "SELECT DISTINCT s.platform, s.shop, s.agent, s.counter, s.period_start, s.period_end, s.value, o.value "
        f"FROM staged s JOIN ({others}) o ON s.platform = o.platform AND s.shop = o.shop AND s.counter = o.counter "
        "AND s.agent IS NOT DISTINCT FROM o.agent "
        "AND o.period_start <= s.period_end AND o.period_end >= s.period_start "
        "AND (s.file, s.record) > (o.file, o.record) "
        "AND row(s.period_start, s.period_end, s.value, s.value_low, s.value_high) IS DISTINCT FROM "
        "row(o.period_start, o.period_end, o.value, o.value_low, o.value_high) "
        "ORDER BY s.agent NULLS FIRST, s.platform, s.shop, s.counter, s.period_start, s.period_end, s.value, o.value"
    ).fetchall()
    return [Contradiction(*row) for row in rows]
