"""Merging staged rows with what is stored: which rows are new, which days change, and what each changed day then holds.

Works on the tables of one connection: `staged` (see staging), `stored` (the rows of the lake that an import may touch).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from engine.evidence.duck import name, parquet, text
from engine.evidence.kinds import Kind


@dataclass(frozen=True, slots=True)
class Merge:
    """Counts of rows, and the days whose content changes as (platform, day), ascending."""

    taken: int
    already_there: int
    replaced: int
    removed: int
    days: tuple[tuple[str, date], ...]


def find_stored(con: duckdb.DuckDBPyConnection, kind: Kind, live: Sequence[Path], replace_days: bool) -> None:
    """Load into `stored` the live rows with a key that is staged, wherever they lie.

    With `replace_days` also every row of a shop and day that stood in the files. `live` are all live files of the
    staged platforms: a corrected opening moves a row to another day, so the days of the import alone would not do.
    """
    columns = _columns(kind)
    con.execute("DROP TABLE IF EXISTS stored")
    if not live:
        con.execute(f"CREATE TEMP TABLE stored AS SELECT {columns} FROM staged LIMIT 0")
        return
    key = ", ".join(name(c) for c in ("platform", *kind.key))
    condition = f"({key}) IN (SELECT ({key}) FROM staged)"
    if replace_days:
        place = "SELECT (platform, shop, day) FROM"
        condition += f" OR (platform, shop, day) IN ({place} staged UNION {place} rivals)"
    shops = "shop IN (SELECT DISTINCT shop FROM staged)"  # files are sorted by shop: this prunes row groups
    con.execute(f"CREATE TEMP TABLE stored AS SELECT {columns} FROM {parquet(live)} WHERE {shops} AND ({condition})")


def plan_merge(con: duckdb.DuckDBPyConnection, kind: Kind) -> Merge:
    """Compare `staged` with `stored`, count, and name the days that change."""
    key = _match("n", "o", ("platform", *kind.key))
    row_new = _row("n", kind)
    row_old = _row("o", kind)
    taken, same, replaced = con.execute(
        f"SELECT count(*) FILTER (WHERE o.platform IS NULL), "
        f"count(*) FILTER (WHERE o.platform IS NOT NULL AND {row_new} IS NOT DISTINCT FROM {row_old}), "
        f"count(*) FILTER (WHERE o.platform IS NOT NULL AND {row_new} IS DISTINCT FROM {row_old}) "
        f"FROM staged n LEFT JOIN stored o ON {key}"
    ).fetchone() or (0, 0, 0)
    (removed,) = con.execute(
        f"SELECT count(*) FROM stored o WHERE NOT EXISTS (SELECT 1 FROM staged n WHERE {key})"
    ).fetchone() or (0,)
    days = con.execute(
        f"SELECT platform, day FROM (SELECT n.platform, n.day FROM staged n LEFT JOIN stored o ON {key} "
        f"WHERE o.platform IS NULL OR {row_new} IS DISTINCT FROM {row_old} "
        f"UNION SELECT o.platform, o.day FROM stored o LEFT JOIN staged n ON {key} "
        f"WHERE n.platform IS NULL OR {row_new} IS DISTINCT FROM {row_old}) ORDER BY platform, day"
    ).fetchall()
    return Merge(taken, same, replaced, removed, tuple((p, d) for p, d in days))


def write_day(
    con: duckdb.DuckDBPyConnection, kind: Kind, platform: str, day: date, old: Path | None, draft: Path
) -> int:
    """Write what `day` holds after the merge to `draft` and return its number of rows.

    Rows stand in the order of their key, so equal content gives equal bytes.
    """
    columns = _columns(kind)
    where = f"platform = {text(platform)} AND day = DATE '{day.isoformat()}'"
    rows = f"SELECT {columns} FROM staged WHERE {where}"
    if old is not None:
        key = _match("f", "s", ("platform", *kind.key))
        rows += (
            f" UNION ALL SELECT {columns} FROM {parquet([old])} f WHERE NOT EXISTS (SELECT 1 FROM staged s WHERE {key})"
            f" AND NOT EXISTS (SELECT 1 FROM stored s WHERE {key})"
        )
    order = ", ".join(name(c) for c in kind.key)
    result = con.execute(
        f"COPY (SELECT * FROM ({rows}) ORDER BY {order}) TO {text(str(draft))} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    return int(result[0]) if result else 0


def staged_shops(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, date]]:
    """(platform, shop, first day) of everything staged, sorted."""
    return con.execute("SELECT platform, shop, min(day) FROM staged GROUP BY ALL ORDER BY ALL").fetchall()


def _columns(kind: Kind) -> str:
    return ", ".join(["platform", *(name(c.name) for c in kind.stored), "day", "second"])


def _row(alias: str, kind: Kind) -> str:
    return "row(" + ", ".join(f"{alias}.{name(c.name)}" for c in kind.stored) + ")"


def _match(left: str, right: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{name(c)} = {right}.{name(c)}" for c in columns)
