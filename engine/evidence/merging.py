"""Merging rows that have a key with what is stored: which rows are new, which days change, what each day then holds.

Works on two tables of one connection: the rows `before` are taken out of the day files, the rows `after` are put in.
Whatever is stored under a key of `after` is in `before`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from engine.evidence.columns import Kind
from engine.evidence.day_rows import columns, day_rows
from engine.evidence.duck import name, text
from engine.evidence.identity import key_columns, mark
from engine.evidence.kinds import SESSIONS


@dataclass(frozen=True, slots=True)
class Counted:
    """What becomes of the rows of an import, and how many stored ones `--replace` removes."""

    taken: int = 0
    already_there: int = 0
    replaced: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A day whose content changes; `how` tells one change of it from another."""

    platform: str
    day: date
    how: int


def stored_rows(kind: Kind, files: Sequence[Path]) -> str:
    """SQL of the rows of day files as `before` and `after` hold them."""
    rows = day_rows(kind, files)
    known = f", {mark(kind)} AS mark" if kind.loose else ""
    return f"SELECT {', '.join(columns(kind))}{known} FROM ({rows})"


def find_before(con: duckdb.DuckDBPyConnection, kind: Kind, live: Sequence[Path], replace_days: bool) -> None:
    """Load into `before` the live rows with a key that is staged, wherever they lie.

    With `replace_days` also every imported row of a shop and day of the table `emptied`. `live` are all live files
    of the staged platforms: a corrected opening moves a row to another day, so the days of the import would not do.
    """
    key = ", ".join(key_columns(kind))
    condition = f"({key}) IN (SELECT ({key}) FROM staged)"
    of_shops = "SELECT shop FROM staged"
    if replace_days:
        condition += f" OR {_imported(kind)} AND (platform, shop, day) IN (SELECT (platform, shop, day) FROM emptied)"
        of_shops += " UNION SELECT shop FROM emptied"
    shops = f"shop IN ({of_shops})"  # files are sorted by shop: this prunes row groups
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM ({stored_rows(kind, live)}) "
        f"WHERE {shops} AND ({condition})"
    )


def count(con: duckdb.DuckDBPyConnection, kind: Kind) -> Counted:
    """What becomes of the imported rows; derived ones count for nothing."""
    same = _match("n", "o", kind)
    equal = f"{_row('n', kind)} IS NOT DISTINCT FROM {_row('o', kind)}"
    taken, there, replaced = con.execute(
        f"SELECT count(*) FILTER (WHERE o.platform IS NULL), "
        f"count(*) FILTER (WHERE o.platform IS NOT NULL AND {equal}), "
        f"count(*) FILTER (WHERE o.platform IS NOT NULL AND NOT {equal}) "
        f"FROM (FROM after WHERE {_imported(kind)}) n LEFT JOIN before o ON {same}"
    ).fetchone() or (0, 0, 0)
    (removed,) = con.execute(
        f"SELECT count(*) FROM (FROM before WHERE {_imported(kind)}) o "
        f"WHERE NOT EXISTS (SELECT 1 FROM after n WHERE {same})"
    ).fetchone() or (0,)
    return Counted(taken, there, replaced, removed)


def changed_days(con: duckdb.DuckDBPyConnection, kind: Kind) -> list[ChangedDay]:
    """The days on which `before` and `after` differ, ascending."""
    same = _match("n", "o", kind)
    new, old = _row("n", kind), _row("o", kind)
    found = con.execute(
        f"SELECT platform, day, bit_xor(h) FROM ("
        f"SELECT n.platform, n.day, hash({new}) AS h FROM after n LEFT JOIN before o ON {same} "
        f"WHERE o.platform IS NULL OR {new} IS DISTINCT FROM {old} "
        f"UNION ALL SELECT o.platform, o.day, hash({old}, 1) AS h FROM before o LEFT JOIN after n ON {same} "
        f"WHERE n.platform IS NULL OR {new} IS DISTINCT FROM {old}) GROUP BY platform, day ORDER BY platform, day"
    ).fetchall()
    return [ChangedDay(*row) for row in found]


def write_day(
    con: duckdb.DuckDBPyConnection, kind: Kind, platform: str, day: date, old: Path | None, draft: Path
) -> int:
    """Write what `day` holds after the merge to `draft` and return its number of rows.

    Rows stand in one order, so equal content gives equal bytes.
    """
    listed = ", ".join(columns(kind))
    rows = f"SELECT {listed} FROM after WHERE platform = {text(platform)} AND day = DATE '{day.isoformat()}'"
    if old is not None:
        others = "".join(
            f" AND NOT EXISTS (SELECT 1 FROM {table} s WHERE {_match('f', 's', kind)})" for table in ("after", "before")
        )
        rows += f" UNION ALL SELECT {listed} FROM ({stored_rows(kind, [old])}) f WHERE true{others}"
    order = ", ".join(name(c) for c in kind.order)
    return write(con, f"SELECT * FROM ({rows}) ORDER BY {order}", draft)


def write(con: duckdb.DuckDBPyConnection, rows: str, draft: Path) -> int:
    """Write rows to a draft of a day file; how many there are."""
    result = con.execute(f"COPY ({rows}) TO {text(str(draft))} (FORMAT parquet, COMPRESSION zstd)").fetchone()
    return int(result[0]) if result else 0


def _imported(kind: Kind) -> str:
    """SQL that is true for rows that were imported as they are."""
    return "NOT derived" if kind is SESSIONS else "true"


def _row(alias: str, kind: Kind) -> str:
    return "row(" + ", ".join(f"{alias}.{c}" for c in columns(kind)) + ")"


def _match(left: str, right: str, kind: Kind) -> str:
    """SQL that is true where two stored rows are one."""
    told_apart = [*key_columns(kind), *(["derived"] if kind is SESSIONS else [])]
    return " AND ".join(f"{left}.{c} = {right}.{c}" for c in told_apart)
