"""Parquet: typed columns, taken as the text that a CSV would hold; a TIMESTAMP without a zone is a local time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from engine.evidence.columns import Column
from engine.evidence.duck import name, one_file
from engine.evidence.opened import OpenedFile, UnreadableFileError, divide, numbered

# What has one way of being written. A fraction has several: an id 17 kept as 17.0 would be another id than 17.
_PLAIN = re.compile(r'VARCHAR|ENUM\(.*|UUID|U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DATE|TIMESTAMP.*|"NULL"', re.DOTALL)


def open_parquet(con: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[Column], _room: Path) -> OpenedFile:
    """Read the file's schema, and say how its records are read."""
    table = f"read_parquet({one_file(path)}, hive_partitioning = false)"
    types = [(row[0], row[1]) for row in con.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()]
    present, unknown = divide(path, [column for column, _ in types], wanted)
    for column, kind in types:
        if column in present.values() and not _PLAIN.fullmatch(kind):
            raise UnreadableFileError(
                path,
                f"column {column!r} holds {kind}, and text is expected; write it as text",
                f"{column!r} 列的类型是 {kind}，这里要文字；请按文字写出",
            )
    columns = {column: f"{name(said)}::VARCHAR" for column, said in present.items()}
    return OpenedFile(path, "parquet", numbered(table, columns), tuple(present), unknown, headers=present)
