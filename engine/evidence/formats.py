"""Opening a file of evidence: CSV, NDJSON and Parquet all become the same thing, numbered records of text cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

from engine.errors import os_words
from engine.evidence import csv_format, ndjson_format, parquet_format
from engine.evidence.columns import Column
from engine.evidence.opened import WORKBOOK, OpenedFile, UnreadableFileError, refuse_workbook

Opener = Callable[[duckdb.DuckDBPyConnection, Path, Sequence[Column], Path], OpenedFile]

OPENERS: Mapping[str, Opener] = {
    ".csv": csv_format.open_csv,
    ".tsv": csv_format.open_csv,
    ".txt": csv_format.open_csv,
    ".ndjson": ndjson_format.open_ndjson,
    ".jsonl": ndjson_format.open_ndjson,
    ".parquet": parquet_format.open_parquet,
    ".pq": parquet_format.open_parquet,
}


def open_file(con: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[Column], room: Path) -> OpenedFile:
    """Look at the head of `path` and say how its records are read. `wanted` are the kind's columns.

    `room` is a directory for copies that last as long as the import. Raises UnreadableFileError for a file that is
    missing, empty, of an unknown format, or in an unknown encoding.
    """
    try:
        str(path.absolute()).encode()
        if path.is_dir():
            raise UnreadableFileError(path, "it is a directory; name the files in it", "这是目录；请写出里面的文件")
        if not path.is_file():
            raise UnreadableFileError(path, "there is no such file", "没有这个文件")
        if path.stat().st_size == 0:
            raise UnreadableFileError(path, "the file is empty", "文件是空的")
        opener = OPENERS.get(path.suffix.lower())
        if path.suffix.lower() == ".xlsx":
            raise UnreadableFileError(path, WORKBOOK.en, WORKBOOK.zh)
        if opener is None:
            found = repr(path.suffix.lower() or "(no suffix)")
            raise UnreadableFileError(
                path,
                f"unknown format {found}: .csv, .ndjson or .parquet is read",
                f"不认识的格式 {found}；可以读 .csv、.ndjson、.parquet",
            )
        if opener is csv_format.open_csv:
            refuse_workbook(path)
        return opener(con, path, wanted, room)
    except UnicodeEncodeError as error:
        raise UnreadableFileError(
            path,
            "its name, or that of a directory above it, is not UTF-8; rename it",
            "文件名或上级目录名不是 UTF-8；请改名",
        ) from error
    except OSError as error:
        raise UnreadableFileError(path, f"it cannot be read: {error.strerror}", f"读不了：{os_words(error)}") from error
    except duckdb.Error as error:
        raise UnreadableFileError.of(path, error) from error
