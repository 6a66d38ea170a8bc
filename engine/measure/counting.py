"""Counting days in DuckDB: the rows of a relation, day by day, as of each cut-off, per shop and per agent.

Names that begin with `_` are our own: a counter's name begins with a letter, so the two never meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from engine.calendar.hours import Hours
from engine.errors import KaoheError
from engine.evidence.day_rows import day_rows
from engine.evidence.duck import name, reason
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.day_files import Live
from engine.measure.needs import File, Need, TallySet, files_read, utc_naive
from engine.measure.relations import DERIVATIONS
from engine.rulebook.model import Counter
from engine.rulebook.platforms import PLATFORMS


class UncountableError(KaoheError):
    """Evidence that the ledger counts on, and that cannot be read."""


def count_days(
    con: duckdb.DuckDBPyConnection, lake: Lake, tallies: TallySet, needs: Sequence[Need], live: Live
) -> None:
    """Count `needs` into the table `tallied`, in one pass over their day files.

    Its columns: _day, _cut_off, _shop, _agent, _grain (`shop`, `agent`), _evidence (how many rows there were), and one
    for each counter. Raises UncountableError where a day file is missing or damaged.
    """
    counts = "".join(f", {count(c)} AS _counted_{i}" for i, c in enumerate(tallies.counters))
    named = "".join(f", _counted_{i} AS {name(c.name)}" for i, c in enumerate(tallies.counters))
    rows = relation_rows(con, lake, tallies.relation, needs, live)
    if DERIVATIONS[tallies.relation].by_person:
        source = by_person(rows, tallies.hours)
        groups = "GROUP BY r.grain, r.day, r.cut_off, r.shop, r.agent"
        grain = "r.grain"
    else:
        source = rows
        groups = "GROUP BY GROUPING SETS ((r.day, r.cut_off, r.shop), (r.day, r.cut_off, r.shop, r.agent)) "
        groups += "HAVING grouping(agent) = 1 OR agent IS NOT NULL"
        grain = "CASE WHEN grouping(agent) = 0 THEN 'agent' ELSE 'shop' END"
    try:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE tallied AS SELECT _day, _cut_off, _shop, _agent, _grain, _evidence{named} "
            f"FROM (SELECT r.day AS _day, r.cut_off AS _cut_off, r.shop AS _shop, r.agent AS _agent, "
            f"{grain} AS _grain, count(*) AS _evidence{counts} FROM ({source}) r {groups})"
        )
    except duckdb.Error as error:
        raise uncountable(lake, files_of(tallies.relation, needs, live), error) from error


def by_person(rows: str, hours: Hours | None) -> str:
    """SQL of the person-days of both grains that the messages `rows` come to within `hours`.

    The worst wait is null as soon as one of the messages was never answered: `max` alone would pass over it. A person's
    messages are first put together for each agent, and the shop's person-day is made of these few rows.
    """
    chosen = within(hours) or "true"
    return f"""
WITH parts AS MATERIALIZED (
    SELECT day, cut_off, shop, buyer, agent, count(*) AS messages, count(wait) AS answered, max(wait) AS worst
    FROM ({rows}) WHERE {chosen} GROUP BY ALL
)
SELECT 'shop' AS grain, day, cut_off, shop, NULL::VARCHAR AS agent, buyer, sum(messages)::BIGINT AS messages,
       CASE WHEN sum(answered) = sum(messages) THEN max(worst) END AS worst_wait
FROM parts GROUP BY day, cut_off, shop, buyer
UNION ALL
SELECT 'agent', day, cut_off, shop, agent, buyer, messages, CASE WHEN answered = messages THEN worst END
FROM parts WHERE agent IS NOT NULL"""


def files_of(relation: str, needs: Iterable[Need], live: Live) -> list[File]:
    """All live day files that these needs read, each once, in order."""
    return sorted({file for n in needs for file in files_read(relation, n.platform, n.day, live)})


def relation_rows(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    relation: str,
    needs: Sequence[Need],
    live: Live,
    among: str | None = None,
) -> str:
    """SQL for the rows that a relation is made of, on the days of `needs`, at least one of which has a day file.

    It reads the table `wanted`, which this fills; `among` names a table of the shops to which it keeps.
    Raises UncountableError where a day file is missing.
    """
    paths: dict[str, list[Path]] = {}
    for file in files_of(relation, needs, live):
        paths.setdefault(file[0], []).append(kept(lake, file))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE wanted AS SELECT unnest(?::DATE[]) AS day, unnest(?::TIMESTAMP[]) AS cut_off",
        [[n.day for n in needs], [utc_naive(n.cut_off) for n in needs]],
    )
    only = f" SEMI JOIN {among} USING (shop)" if among else ""
    sources = {kind.name: f"(FROM ({day_rows(kind, paths.get(kind.name, ()))}){only})" for kind in KINDS.values()}
    return DERIVATIONS[relation].sql.format(**sources, zone=PLATFORMS[needs[0].platform].zone)


def kept(lake: Lake, file: File) -> Path:
    """The path of a day file that the ledger counts on. Raises UncountableError where the lake has lost it."""
    path = lake.path(*file)
    if not path.exists():
        raise UncountableError(
            f"{path}: the ledger counts on this day file, but the lake does not have it; restore it from a backup"
        )
    return path


def condition(counter: Counter) -> str:
    """SQL that is true for the rows that a counter counts, and false or null for the others.

    The hours of person-days are not in it: they choose what the rows are made of.
    """
    conditions = [f"({counter.where})"] if counter.where else []
    if counter.hours and not DERIVATIONS[counter.relation].by_person:
        conditions.append(within(counter.hours))
    return " AND ".join(conditions) or "true"


def within(hours: Hours | None) -> str:
    """SQL that is true for the rows within `hours`; empty where all hours count."""
    return f"second >= {hours.start} AND second < {hours.end}" if hours else ""


def count(counter: Counter) -> str:
    """SQL of one counter, as an aggregate. A sum is null as soon as one of its numbers is: silence is not zero."""
    where = condition(counter)
    if counter.total_of is None:
        return f"count(*) FILTER (WHERE {where})"
    column = name(counter.total_of)
    return (
        f"CASE WHEN count(*) FILTER (WHERE ({where}) AND {column} IS NULL) = 0 "
        f"THEN coalesce(sum({column}) FILTER (WHERE {where}), 0)::BIGINT END"
    )


def uncountable(lake: Lake, files: Iterable[File], error: duckdb.Error) -> UncountableError:
    """The reason in words: the day files whose bytes are not those that they were kept with, else what DuckDB says."""
    damaged = [str(lake.path(*file)) for file in files if _is_damaged(lake.path(*file), file[3])]
    if damaged:
        return UncountableError(f"{', '.join(damaged)}: damaged; restore this day's file from a backup")
    return UncountableError(f"the evidence cannot be counted: {reason(error)}")


def _is_damaged(path: Path, generation: str) -> bool:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() != generation
    except OSError:
        return True
