"""Which shops did anything at all in a cycle: one with evidence and nothing to count is another case than silence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import duckdb

from engine.calendar.cycles import Cycle
from engine.evidence.day_rows import day_rows
from engine.evidence.duck import text
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.day_files import Live
from engine.measure.counting import kept, uncountable
from engine.measure.figures import Workshop
from engine.measure.relations import COUNTS, DERIVATIONS
from engine.rulebook.model import Rule, Version

LONGEST_PERIOD = 366  # days of a count, which is filed under the first of them


def kinds_of(version: Version) -> tuple[str, ...]:
    """The kinds of evidence that the counters of a version are made of, in their order."""
    return tuple(dict.fromkeys(DERIVATIONS[c.relation].kind for c in version.counters))


def shops_with_evidence(
    con: duckdb.DuckDBPyConnection, shop: Workshop, rule: Rule, version: Version, cycle: Cycle, shops: Collection[str]
) -> set[str]:
    """Those of `shops` of which the cycle holds any row of a kind that the rule reads, whether it counts or not.

    Day files are sorted by shop, so asking for a few shops reads little. Raises UncountableError.
    """
    if not shops:
        return set()
    found: set[str] = set()
    for kind in dict.fromkeys((*kinds_of(version), COUNTS)):
        keys = [(kind, rule.platform, day) for day in cycle.days()]
        files = [(*key, shop.live[key]) for key in keys if key in shop.live]
        if not files:
            continue
        mine = f"starts_with(counter, {text(rule.id + '/')})" if kind == COUNTS else "true"
        asked = ", ".join(map(text, sorted(set(shops) - found)))
        try:
            rows = con.execute(
                f"SELECT DISTINCT shop FROM ({day_rows(KINDS[kind], [kept(shop.lake, f) for f in files])}) "
                f"WHERE {mine} AND shop IN ({asked or 'NULL'})"
            ).fetchall()
        except duckdb.Error as error:
            raise uncountable(shop.lake, files, error) from error
        found |= {name for (name,) in rows}
    return found


def days_with_evidence(
    con: duckdb.DuckDBPyConnection, lake: Lake, live: Live, platform: str, kind: str, first: date, last: date
) -> frozenset[tuple[str, date]]:
    """(shop, day) of every day from `first` to `last` with any row of this kind; counts are there on all their days.

    Raises UncountableError.
    """
    begin = first - timedelta(days=LONGEST_PERIOD) if kind == COUNTS else first
    files = sorted(
        (*key, generation)
        for key, generation in live.items()
        if key[:2] == (kind, platform) and begin <= key[2] <= last
    )
    if not files:
        return frozenset()
    rows = day_rows(KINDS[kind], [kept(lake, file) for file in files])
    sql = f"SELECT DISTINCT shop, day FROM ({rows})"
    if kind == COUNTS:
        days = "generate_series(period_start::TIMESTAMP, period_end::TIMESTAMP, INTERVAL 1 DAY)"
        sql = f"SELECT DISTINCT shop, unnest({days})::DATE AS day FROM ({rows})"
    try:
        found = con.execute(f"SELECT * FROM ({sql}) WHERE day BETWEEN ? AND ?", [first, last]).fetchall()
    except duckdb.Error as error:
        raise uncountable(lake, files, error) from error
    return frozenset(found)
