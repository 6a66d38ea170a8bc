"""Which shops did anything at all in a cycle: one with evidence and nothing to count is another case than silence."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from engine.calendar.cycles import Cycle
from engine.evidence.day_rows import day_rows
from engine.evidence.duck import text
from engine.evidence.kinds import KINDS
from engine.measure.counting import kept, uncountable
from engine.measure.figures import Workshop
from engine.measure.relations import COUNTS, DERIVATIONS
from engine.rulebook.model import Rule, Version


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
