"""Figures: the sums of tallies over cycles, as one table for many cycles at once."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from engine.calendar.assessment import assessment_instant
from engine.calendar.cycles import Cycle
from engine.calendar.zones import day_bounds
from engine.evidence.duck import connect, interruptible, name, parquet, reason
from engine.evidence.lake import Lake
from engine.ledger.day_files import Live
from engine.measure.counting import UncountableError
from engine.measure.counts import high_column, low_column, overlay
from engine.measure.needs import Need, tally_sets, utc_naive
from engine.measure.tallies import CacheLostError, TallyCache, ensure_tallies
from engine.progress import Progress
from engine.rulebook.model import Rule, Version

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What measuring works with: the lake, the cache of tallies, and the day files that count."""

    lake: Lake
    cache: TallyCache
    live: Live

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection to measure on; what does not fit in memory spills beside the tallies."""
        spill = self.cache.root / "spill"
        with suppress(OSError):  # found out, and told, where it is really needed
            spill.mkdir(parents=True, exist_ok=True)  # one that DuckDB made itself, it would also remove
        return connect(spill)


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
    """Fill the table `figures` of `con` with a row for each cycle, shop and agent that there is evidence of.

    Its columns: _cycle, _grain (`shop`, `agent`), _shop, _agent, _evidence (how many rows of the rule's relations
    there were), and for each counter c three: c, null where one of its numbers is missing, and `c!low` and `c!high`,
    null unless its number was rounded where it was counted. `until` is the cut-off to use for spans of days that are
    not cycles of the rule; the version's own by default. The cache may be deleted or damaged meanwhile. Raises
    UncountableError where the evidence cannot be read.
    """
    with interruptible():
        _in_cache(shop, lambda place: _measure(con, place, rule, version, cycles, progress, until))
        overlay(con, shop.lake, rule, version, cycles, shop.live)


def _in_cache(shop: Workshop, count: Callable[[Workshop], None]) -> None:
    """Count in the cache if it serves, and beside it if it does not."""
    try:
        count(shop)
    except CacheLostError as lost:
        _log.warning("the tallies in %s cannot be used, and all is counted without them: %s", shop.cache.root, lost)
        with tempfile.TemporaryDirectory(prefix="kaohe-tallies-") as own:
            try:
                count(replace(shop, cache=TallyCache(Path(own))))
            except CacheLostError as error:
                raise UncountableError(f"the evidence cannot be counted, not even in {own}: {error}") from error


def _measure(
    con: duckdb.DuckDBPyConnection,
    shop: Workshop,
    rule: Rule,
    version: Version,
    cycles: Sequence[Cycle],
    progress: Progress,
    until: datetime | None,
) -> None:
    counters = [c.name for c in version.counters]
    columns = "".join(
        f", {name(c)} BIGINT" for c in (*counters, *map(low_column, counters), *map(high_column, counters))
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE figures "
        f"(_cycle VARCHAR, _grain VARCHAR, _shop VARCHAR, _agent VARCHAR, _evidence BIGINT{columns})"
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
            cells = "".join(f", {name(c)}" if c in mine else f", 0 AS {name(c)}" for c in counters)
            parts.append(f"SELECT _day, _cut_off, _grain, _shop, _agent, _evidence{cells} FROM {parquet(files)}")
    if not parts:
        return
    con.execute(
        "CREATE OR REPLACE TEMP TABLE spans AS SELECT unnest(?::VARCHAR[]) AS _cycle, unnest(?::DATE[]) AS _day, "
        "unnest(?::TIMESTAMP[]) AS _cut_off",
        [[c.key for c, _ in needs], [n.day for _, n in needs], [utc_naive(n.cut_off) for _, n in needs]],
    )
    named = "".join(f", {name(c)}" for c in counters)
    sums = "".join(f", CASE WHEN count({name(c)}) = count(*) THEN sum({name(c)}) END" for c in counters)
    try:
        con.execute(
            f"INSERT INTO figures (_cycle, _grain, _shop, _agent, _evidence{named}) "
            f"SELECT p._cycle, _grain, _shop, _agent, sum(_evidence){sums} "
            f"FROM ({' UNION ALL '.join(parts)}) t "
            f"JOIN spans p ON t._day = p._day AND t._cut_off IS NOT DISTINCT FROM p._cut_off GROUP BY ALL"
        )
    except duckdb.Error as error:
        raise CacheLostError(reason(error)) from error
