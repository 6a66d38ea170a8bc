"""Figures that were counted elsewhere, a platform's back office say, and imported as counts of a rule's counters.

Where a subject has any of them in a cycle, its whole figure is made of them and of nothing that was counted here: two
ways of counting are never mixed. A counter without a count, with one that is empty, or with periods that overlap or
reach out of the cycle, is null: a missing number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from engine.calendar.cycles import Cycle
from engine.evidence.day_rows import day_rows
from engine.evidence.duck import name, text
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.day_files import Live
from engine.measure.counting import kept, uncountable
from engine.measure.needs import File
from engine.measure.relations import COUNTS
from engine.rulebook.model import Rule, Version


def low_column(counter: str) -> str:
    """The column of the least that a counter can be, where its number was rounded."""
    return f"{counter}!low"


def high_column(counter: str) -> str:
    """The column of the most that a counter can be, where its number was rounded."""
    return f"{counter}!high"


def files_of_counts(platform: str, cycles: Sequence[Cycle], live: Live) -> list[File]:
    """The live day files of counts whose periods begin within these cycles."""
    keys = sorted({(COUNTS, platform, day) for cycle in cycles for day in cycle.days()} & live.keys())
    return [(*key, live[key]) for key in keys]


@dataclass(frozen=True, slots=True)
class CountRow:
    """One number that was counted elsewhere, of the shop or (`agent`) of one of its sub-accounts."""

    counter: str
    agent: str | None
    period_start: date
    period_end: date
    value: int | None
    low: int | None
    high: int | None


def count_rows(
    con: duckdb.DuckDBPyConnection, lake: Lake, rule: Rule, version: Version, cycle: Cycle, live: Live, shop: str
) -> tuple[CountRow, ...]:
    """The counts of this shop that make its figure up; none where it was counted here. Raises UncountableError."""
    files = files_of_counts(rule.platform, [cycle], live)
    if not files:
        return ()
    names = ", ".join(text(f"{rule.id}/{c.name}") for c in version.counters)
    try:
        rows = con.execute(
            f"SELECT DISTINCT counter[{len(rule.id) + 2}:], agent, period_start, period_end, value, value_low, "
            f"value_high FROM ({day_rows(KINDS[COUNTS], [kept(lake, file) for file in files])}) "
            f"WHERE shop = ? AND counter IN ({names}) ORDER BY ALL",
            [shop],
        ).fetchall()
    except duckdb.Error as error:
        raise uncountable(lake, files, error) from error
    found = tuple(CountRow(*row) for row in rows)
    return found if any(row.agent is None for row in found) else ()


def overlay(
    con: duckdb.DuckDBPyConnection, lake: Lake, rule: Rule, version: Version, cycles: Sequence[Cycle], live: Live
) -> None:
    """Replace, in the table `figures`, what was counted here by what was counted elsewhere.

    Raises UncountableError where a day file is missing or damaged.
    """
    files = files_of_counts(rule.platform, cycles, live)
    if not files:
        return
    con.execute(
        "CREATE OR REPLACE TEMP TABLE cycles AS SELECT unnest(?::VARCHAR[]) AS _cycle, unnest(?::DATE[]) AS first, "
        "unnest(?::DATE[]) AS last",
        [[c.key for c in cycles], [c.first for c in cycles], [c.last for c in cycles]],
    )
    paths = [kept(lake, file) for file in files]
    names = ", ".join(text(f"{rule.id}/{c.name}") for c in version.counters)
    counters = [c.name for c in version.counters]
    try:
        # A row that was imported twice is one; two that differ about one period overlap, and so decide nothing.
        con.execute(f"""
CREATE OR REPLACE TEMP TABLE counted AS
WITH rows AS (
    SELECT DISTINCT c._cycle, k.shop, k.agent, k.counter[{len(rule.id) + 2}:] AS counter, k.period_start, k.period_end,
           k.value, coalesce(k.value_low, k.value) AS low, coalesce(k.value_high, k.value) AS high,
           k.period_end <= c.last AS inside
    FROM ({day_rows(KINDS[COUNTS], paths)}) k JOIN cycles c ON k.period_start BETWEEN c.first AND c.last
    WHERE k.counter IN ({names})
), judged AS (
    SELECT *, inside AND value IS NOT NULL AND period_start > coalesce(max(period_end) OVER (
        PARTITION BY _cycle, shop, agent, counter ORDER BY period_start, period_end
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), DATE '0001-01-01') AS sound
    FROM rows
)
SELECT _cycle, CASE WHEN agent IS NULL THEN 'shop' ELSE 'agent' END AS _grain, shop AS _shop, agent AS _agent, counter,
       count(*) AS _evidence, CASE WHEN bool_and(sound) THEN sum(value)::BIGINT END AS value,
       CASE WHEN bool_and(sound) AND (sum(low) < sum(value) OR sum(high) > sum(value)) THEN sum(low)::BIGINT END AS low,
       CASE WHEN bool_and(sound) AND (sum(low) < sum(value) OR sum(high) > sum(value)) THEN sum(high)::BIGINT END
           AS high
FROM judged GROUP BY ALL""")
    except duckdb.Error as error:
        raise uncountable(lake, files, error) from error
    same = (
        "f._cycle = k._cycle AND f._grain = k._grain AND f._shop = k._shop AND f._agent IS NOT DISTINCT FROM k._agent"
    )
    con.execute(f"DELETE FROM figures f WHERE EXISTS (SELECT 1 FROM counted k WHERE {same})")
    cells = "".join(
        f", max({column}) FILTER (WHERE counter = {text(c)})" for column in ("value", "low", "high") for c in counters
    )
    columns = "".join(f", {name(c)}" for c in (*counters, *map(low_column, counters), *map(high_column, counters)))
    con.execute(
        f"INSERT INTO figures (_cycle, _grain, _shop, _agent, _evidence{columns}) "
        f"SELECT _cycle, _grain, _shop, _agent, sum(_evidence){cells} FROM counted GROUP BY ALL"
    )
