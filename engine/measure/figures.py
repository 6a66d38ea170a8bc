"""Figures: the sums of tallies over cycles, as one table for many cycles at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from engine.calendar.assessment import assessment_instant
from engine.calendar.cycles import Cycle
from engine.calendar.zones import day_bounds
from engine.evidence.duck import name, parquet
from engine.evidence.lake import Lake
from engine.measure.tallies import Live, Need, TallyCache, ensure_tallies, tally_sets, utc_naive
from engine.progress import Progress
from engine.rulebook.model import Rule, Version


@dataclass(frozen=True, slots=True)
class Workshop:
    """What measuring works with: the lake, the cache of tallies, and the day files that count."""

    lake: Lake
    cache: TallyCache
    live: Live


def cut_off(rule: Rule, version: Version, cycle: Cycle) -> datetime | None:
    """The instant after which nothing counts any more for this cycle; None where waiting is bounded anyway."""
    if version.cut_off == "bounded":
        return None
    if version.cut_off == "cycle_end":
        return day_bounds(cycle.last, rule.zone)[1]
    if version.assessed is None:
        raise ValueError(f"{rule.id} {version.key} is repealed: it has no cut-off")
    return assessment_instant(cycle, version.assessed, rule.zone)


def measure(
    con: duckdb.DuckDBPyConnection,
    shop: Workshop,
    rule: Rule,
    version: Version,
    cycles: Sequence[Cycle],
    progress: Progress,
    until: datetime | None = None,
) -> None:
    """Fill the table `figures` of `con`: cycle, grain (`shop`, `agent`), shop, agent, evidence, one column a counter.

    `evidence` counts the rows of the rule's relations; a counter is null where one of its numbers is missing. `until`
    is the cut-off to use for spans of days that are not cycles of the rule; the version's own by default.
    """
    counters = [c.name for c in version.counters]
    columns = "".join(f", {name(c)} BIGINT" for c in counters)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE figures "
        f"(cycle VARCHAR, grain VARCHAR, shop VARCHAR, agent VARCHAR, evidence BIGINT{columns})"
    )
    needs = [
        (cycle, Need(rule.platform, day, until or cut_off(rule, version, cycle)))
        for cycle in cycles
        for day in cycle.days()
    ]
    parts = []
    for tallies in tally_sets(version.counters):
        files = ensure_tallies(con, shop.lake, shop.cache, tallies, [n for _, n in needs], shop.live, progress)
        if files:
            mine = {c.name for c in tallies.counters}
            cells = ", ".join(name(c) if c in mine else f"0 AS {name(c)}" for c in counters)
            parts.append(f"SELECT day, cut_off, grain, shop, agent, evidence, {cells} FROM {parquet(files)}")
    if not parts:
        return
    con.execute(
        "CREATE OR REPLACE TEMP TABLE spans AS SELECT unnest(?::VARCHAR[]) AS cycle, unnest(?::DATE[]) AS day, "
        "unnest(?::TIMESTAMP[]) AS cut_off",
        [[c.key for c, _ in needs], [n.day for _, n in needs], [utc_naive(n.cut_off) for _, n in needs]],
    )
    sums = ", ".join(f"CASE WHEN count({name(c)}) = count(*) THEN sum({name(c)}) END" for c in counters)
    con.execute(
        f"INSERT INTO figures SELECT p.cycle, grain, shop, agent, sum(evidence), {sums} "
        f"FROM ({' UNION ALL '.join(parts)}) t "
        f"JOIN spans p ON t.day = p.day AND t.cut_off IS NOT DISTINCT FROM p.cut_off GROUP BY ALL"
    )
