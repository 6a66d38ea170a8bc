"""Opening a file of evidence: CSV, NDJSON and Parquet all become the same thing, numbered records of text cells."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.errors import KaoheError, suggestion
from engine.evidence.duck import name, text

DELIMITERS = (",", "\t", ";", "|")


class UnreadableFileError(KaoheError):
    """A file that cannot be taken at all: nothing of the whole import is stored."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"{path}: {why}; nothing was imported")


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file ready to be read.

    `records` is SQL that yields `record` (1, 2, … in file order) and one VARCHAR per column of the kind that the
    file has; `unknown` are its other columns.
    """

    path: Path
    format: str
    records: str
    present: tuple[str, ...]
    unknown: tuple[str, ...]
    delimiter: str = ","
    width: int = 0


def open_file(con: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[str]) -> OpenedFile:
    """Look at the head of `path` and say how its records are read. `wanted` are the kind's columns.

    Raises UnreadableFileError for a file that is missing, empty, of an unknown format, or not UTF-8.
    """
    if not path.is_file():
        raise UnreadableFileError(path, "there is no such file")
    if path.stat().st_size == 0:
        raise UnreadableFileError(path, "the file is empty")
    suffix = path.suffix.lower()
    try:
        if suffix in {".csv", ".tsv", ".txt"}:
            return _open_csv(path, wanted)
        if suffix in {".ndjson", ".jsonl"}:
            return _open_ndjson(con, path, wanted)
        if suffix in {".parquet", ".pq"}:
            return _open_parquet(con, path, wanted)
    except (duckdb.Error, OSError) as error:
        raise UnreadableFileError(path, _first_line(error)) from error
    raise UnreadableFileError(path, f"unknown format {suffix or '(no suffix)'!r}: .csv, .ndjson or .parquet is read")


def _open_csv(path: Path, wanted: Sequence[str]) -> OpenedFile:
    with path.open("rb") as stream:
        first = stream.readline(1 << 20)
    try:
        line = first.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(path, "the header is not UTF-8; save the file as CSV UTF-8") from error
    delimiter = max(DELIMITERS, key=line.count) if any(d in line for d in DELIMITERS) else ","
    header = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    present, unknown = _divide(path, header, wanted)
    cells = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    table = (
        f"read_csv({text(str(path))}, auto_detect = false, header = false, skip = 1, delim = {text(delimiter)}, "
        f"quote = '\"', escape = '\"', columns = {{{cells}}}, store_rejects = true, rejects_limit = 0)"
    )
    columns = {column: f"c{header.index(column)}" for column in present}
    return OpenedFile(path, "csv", _numbered(table, columns), present, unknown, delimiter, len(header))


def _open_ndjson(con: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[str]) -> OpenedFile:
    # One cell a line, with a delimiter that JSON must escape: the record's number is the line's number.
    table = (
        f"read_csv({text(str(path))}, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', "
        "columns = {'line': 'VARCHAR'}, store_rejects = true, rejects_limit = 0)"
    )
    keys = con.execute(
        f"SELECT DISTINCT unnest(json_keys(line)) FROM {table} "
        "WHERE CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"
    ).fetchall()
    present, unknown = _divide(path, sorted(k for (k,) in keys), wanted)
    parsed = f"(SELECT CASE WHEN json_valid(line) THEN line::JSON END AS j, line FROM {table})"
    columns = {c: f"j ->> {text('$.' + name(c))}" for c in present}
    columns["malformed"] = "CASE WHEN line IS NOT NULL AND (j IS NULL OR json_type(j) <> 'OBJECT') THEN line END"
    columns["blank"] = "line IS NULL OR trim(line) = ''"
    return OpenedFile(path, "ndjson", _numbered(parsed, columns), present, unknown)


def _open_parquet(con: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[str]) -> OpenedFile:
    table = f"read_parquet({text(str(path))})"
    found = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()]
    present, unknown = _divide(path, found, wanted)
    columns = {column: f"{name(column)}::VARCHAR" for column in present}
    return OpenedFile(path, "parquet", _numbered(table, columns), present, unknown)


def _numbered(table: str, columns: Mapping[str, str]) -> str:
    cells = "".join(f", {expression} AS {name(column)}" for column, expression in columns.items())
    return f"SELECT row_number() OVER () AS record{cells} FROM {table}"


def _divide(path: Path, found: Sequence[str], wanted: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    present = tuple(column for column in wanted if column in found)
    twice = [column for column in present if found.count(column) > 1]
    if twice:
        raise UnreadableFileError(path, f"column {twice[0]!r} stands twice in the header")
    if not present:
        near = suggestion(found[0], wanted) if found else ""
        raise UnreadableFileError(path, f"none of its columns is known{near}; expected {', '.join(wanted)}")
    return present, tuple(column for column in found if column not in wanted)


def structural_rejects(con: duckdb.DuckDBPyConnection, file: OpenedFile) -> bool:
    """Whether records of a CSV were left out for a wrong number of cells; any other defect makes it unreadable.

    To be called after `file.records` has been read on `con`.
    """
    if file.format == "parquet":
        return False
    errors = con.execute(
        "SELECT e.error_type, e.line, e.error_message FROM reject_errors e JOIN reject_scans s "
        "USING (scan_id, file_id) WHERE s.file_path = ? ORDER BY e.line",
        [str(file.path)],
    ).fetchall()
    for error_type, line, message in errors:
        if error_type == "INVALID ENCODING":
            raise UnreadableFileError(file.path, f"line {line} is not UTF-8; save the file as UTF-8")
        if file.format == "ndjson" or error_type not in {"MISSING COLUMNS", "TOO MANY COLUMNS"}:
            raise UnreadableFileError(file.path, f"line {line} cannot be read: {_first_line(message)}")
    return bool(errors)


@dataclass(frozen=True, slots=True)
class CsvLine:
    """Where a record of a CSV begins, and how many cells it has."""

    line: int
    width: int


def csv_lines(file: OpenedFile, records: Iterable[int]) -> tuple[dict[int, CsvLine], list[CsvLine]]:
    """Find the lines of these accepted `records`, and of every record with a wrong number of cells.

    Cells may hold line breaks, so the only way is to walk the file once more; done only where something is bad.
    """
    wanted, found, odd = set(records), {}, []
    csv.field_size_limit(1 << 26)
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=file.delimiter)
        next(reader)
        accepted, start = 0, reader.line_num + 1
        for cells in reader:
            if len(cells) == file.width:
                accepted += 1
                if accepted in wanted:
                    found[accepted] = CsvLine(start, len(cells))
            elif cells:
                odd.append(CsvLine(start, len(cells)))
            start = reader.line_num + 1
    return found, odd


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0]
