"""The rows of day files, also of those that are older than a column of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.evidence.columns import Kind
from engine.evidence.duck import name, parquet


def columns(kind: Kind) -> list[str]:
    """The columns, quoted, of a day file that tell what happened; what is computed from a day's rows comes after."""
    middle = (*(c.name for c in kind.stored), *(a.name for a in kind.added))
    return [name(c) for c in ("platform", *middle, "day", "second")]


def day_rows(kind: Kind, files: Sequence[Path]) -> str:
    """SQL of the rows of these day files with every column of the kind; what an old file lacks has its usual value.

    No file at all yields no row. Other columns of the files are not among them.
    """
    types = {"platform": "VARCHAR", **{c.name: c.sql_type for c in kind.stored}, "day": "DATE", "second": "INTEGER"}
    later = {a.name: a for a in (*kind.added, *kind.computed)}
    types |= {a.name: a.sql_type for a in later.values()}
    none = "SELECT " + ", ".join(f"NULL::{types[c]} AS {name(c)}" for c in types) + " WHERE false"
    source = f"{none} UNION ALL BY NAME SELECT * FROM {parquet(files)}" if files else none
    cells = ", ".join(
        f"coalesce({name(c)}, {later[c].absent}) AS {name(c)}" if c in later and later[c].absent != "NULL" else name(c)
        for c in types
    )
    return f"SELECT {cells} FROM ({source})"
