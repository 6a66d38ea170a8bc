"""Rows without a key, day by day: a day holds whatever any import has brought, each row as often as one file had it.

Works on the table `staged` (see staging). A row's instant is part of it, so that no row ever moves to another day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from engine.evidence.columns import Kind
from engine.evidence.conversations import in_conversations
from engine.evidence.day_rows import columns, day_rows
from engine.evidence.duck import name, text
from engine.evidence.kinds import MESSAGES
from engine.evidence.merging import Counted, write


@dataclass(frozen=True, slots=True)
class StagedDay:
    """How many rows an import brings for a day, and from how many files."""

    platform: str
    day: date
    rows: int
    files: int


def staged_days(con: duckdb.DuckDBPyConnection, removes: bool = False) -> list[StagedDay]:
    """The days of the import, ascending; of a removal, those of the table `emptied`."""
    if removes:
        emptied = con.execute("SELECT DISTINCT platform, day FROM emptied ORDER BY ALL").fetchall()
        return [StagedDay(platform, day, 0, 0) for platform, day in emptied]
    found = con.execute(
        "SELECT platform, day, count(*), count(DISTINCT file) FROM staged GROUP BY platform, day ORDER BY platform, day"
    ).fetchall()
    return [StagedDay(*row) for row in found]


def union_day(
    con: duckdb.DuckDBPyConnection, kind: Kind, staged: StagedDay, old: Path | None, replace_day: bool, draft: Path
) -> tuple[Counted, int | None]:
    """Write what the day holds after the import to `draft`; its number of rows, or None where nothing changes.

    With `replace_day` nothing stays of what is stored of the shops that the table `emptied` has for this day, unless it
    is staged as well.
    """
    listed = ", ".join(columns(kind))
    where = f"platform = {text(staged.platform)} AND day = DATE '{staged.day.isoformat()}'"
    new = f"SELECT {listed} FROM staged WHERE {where}"
    if old is None and not staged.rows:
        return Counted(), None
    if old is None:
        # Within a file no two rows are the same: `nth` tells them apart.
        taken = _write(con, kind, f"SELECT DISTINCT * FROM ({new})" if staged.files > 1 else new, draft)
        return Counted(taken, staged.rows - taken), taken
    stored = f"SELECT {listed} FROM ({day_rows(kind, [old])})"
    (taken,) = con.execute(f"SELECT count(*) FROM ({new} EXCEPT {stored})").fetchone() or (0,)
    removed, kept = 0, stored
    if replace_day:
        shops = f"(SELECT shop FROM emptied WHERE {where})"
        kept = f"{stored} WHERE shop NOT IN {shops}"
        found = con.execute(f"SELECT count(*) FROM ({stored} WHERE shop IN {shops} EXCEPT {new})").fetchone()
        (removed,) = found or (0,)
    counted = Counted(taken, staged.rows - taken, 0, removed)
    if not taken and not removed:
        return counted, None
    return counted, _write(con, kind, f"{new} UNION {kept}", draft)


def _write(con: duckdb.DuckDBPyConnection, kind: Kind, rows: str, draft: Path) -> int:
    if kind is MESSAGES:
        return write(con, in_conversations(rows, columns(kind)), draft)
    order = ", ".join(name(c) for c in kind.order)
    return write(con, f"SELECT * FROM ({rows}) ORDER BY {order}", draft)
