"""Counts that contradict each other: one figure told twice, and not in the same way, is a missing number ever after."""

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
