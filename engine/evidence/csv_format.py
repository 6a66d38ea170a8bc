"""CSV: a header and rows of cells between commas, tabs, semicolons or bars; a quoted cell may hold those too."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

from engine.evidence.columns import Column
from engine.evidence.duck import one_file, text
from engine.evidence.opened import SAVE, OpenedFile, UnreadableFileError, divide, numbered, spellings
from engine.evidence.text_table import utf8_copy

DELIMITERS = (",", "\t", ";", "|")
LONGEST_LINE = 1 << 20  # of a header


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record of a CSV: where it begins (byte, line) and its cells."""

    start: int
    line: int
    cells: tuple[str, ...]


def open_csv(_con: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[Column], room: Path) -> OpenedFile:
    """Read the header, and say how the records below it are read; what is in GB18030 or UTF-16 is copied to `room`."""
    copy, encoding = utf8_copy(path, room) or (None, "")
    source = copy or path
    delimiter, header = _header(path, source, wanted)
    present, unknown = divide(path, header, wanted)
    cells = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    table = (
        f"read_csv({one_file(source)}, auto_detect = false, header = false, skip = 1, delim = {text(delimiter)}, "
        f"quote = '\"', escape = '\"', columns = {{{cells}}}, hive_partitioning = false, "
        "store_rejects = true, rejects_limit = 0)"
    )
    columns = {column: f"c{header.index(said)}" for column, said in present.items()}
    return OpenedFile(
        path,
        "csv",
        numbered(table, columns),
        tuple(present),
        unknown,
        delimiter,
        len(header),
        headers=present,
        copy=copy,
        encoding=encoding,
    )


def _header(path: Path, source: Path, wanted: Sequence[Column]) -> tuple[str, list[str]]:
    """The delimiter under which most columns are known, and the header's cells."""
    found, known = {}, set(spellings(wanted))
    for delimiter in DELIMITERS:
        try:
            with source.open("rb") as stream:
                first = next(_records(stream, delimiter, "strict", LONGEST_LINE))
        except UnicodeDecodeError as error:
            raise UnreadableFileError(
                path,
                f"the header is neither UTF-8 nor GBK (GB 18030){SAVE.en}",
                f"表头既不是 UTF-8 也不是 GBK{SAVE.zh}",
            ) from error
        except csv.Error as error:
            raise UnreadableFileError(path, f"the header cannot be read: {error}", f"表头读不了：{error}") from error
        found[delimiter] = [cell.strip() for cell in first.cells]
    if not any(cell for cells in found.values() for cell in cells):
        raise UnreadableFileError(
            path,
            "its first line is blank: the header must stand there; remove what is above it",
            "第一行是空的：表头必须在第一行；请删去表头上面的内容",
        )
    best = max(DELIMITERS, key=lambda d: (len(known & set(found[d])), len(found[d])))
    return best, found[best]


def locate(file: OpenedFile, bad: Collection[int], left_out: Collection[int]) -> tuple[dict[int, int], list[CsvRecord]]:
    """The lines of these `bad` records by number, and the records at the bytes `left_out`, which have no number.

    Cells may hold line breaks, so the only way is to walk the file once more; done only where something is bad.
    """
    lines: dict[int, int] = {}
    odd: list[CsvRecord] = []
    number, waiting = 0, deque(sorted(left_out))
    with file.source.open("rb") as stream:
        records = _records(stream, file.delimiter, "replace")
        next(records)
        for record in records:
            if not record.cells:  # a blank line is no record
                continue
            # The place that DuckDB tells may be that of blank lines before the record, or a byte too early.
            if waiting and waiting[0] <= record.start:
                waiting.popleft()
                odd.append(record)
                continue
            number += 1
            if number in bad:
                lines[number] = record.line
    if waiting or len(lines) < len(bad):
        raise UnreadableFileError(file.path, "its quotation marks are ambiguous", "引号有歧义")
    return lines, odd


def _records(stream: BinaryIO, delimiter: str, errors: str, longest: int = -1) -> Iterator[CsvRecord]:
    """The records of a CSV as DuckDB delimits them: spaces before a quotation mark do not unmake it."""
    csv.field_size_limit(1 << 26)
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        while block := stream.readline(longest):
            for line in block.splitlines(keepends=True):  # at \n, \r\n and \r
                encoding = "utf-8" if end else "utf-8-sig"
                end += len(line)
                yield line.decode(encoding, errors)

    reader = csv.reader(lines(), delimiter=delimiter, skipinitialspace=True)
    start, line = 0, 1
    for cells in reader:
        yield CsvRecord(start, line, tuple(cells))
        start, line = end, reader.line_num + 1
