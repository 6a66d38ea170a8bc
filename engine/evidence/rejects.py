"""What DuckDB could not read of a text file: rows with a wrong number of cells are told, anything else ends it all."""

from __future__ import annotations

from pathlib import Path

import duckdb

from engine.evidence.opened import UnreadableFileError
from engine.rulebook.model import Text

_RAGGED = {"MISSING COLUMNS", "TOO MANY COLUMNS"}
_WHY = {
    "INVALID ENCODING": Text("不是 UTF-8；请把文件另存为 UTF-8", "is not UTF-8; save the file as UTF-8"),
    "UNQUOTED VALUE": Text(
        "有引号没有闭合，或引号在单元格中间", "has a quotation mark that is not closed, or stands within a cell"
    ),
    "LINE SIZE OVER MAXIMUM": Text("超过 2,000,000 字节", "is longer than 2,000,000 bytes"),
}
_UNREADABLE = Text("读不了", "cannot be read")


def left_out(con: duckdb.DuckDBPyConnection, path: Path, copy: Path | None = None) -> set[int]:
    """The bytes at which the records begin that were left out for a wrong number of cells.

    To be called after the file, or its `copy`, has been read on `con`. Raises UnreadableFileError for any other defect.
    """
    errors = con.execute(
        "SELECT e.error_type, e.line_byte_position - 1 AS start FROM reject_errors e JOIN reject_scans s "
        "USING (scan_id, file_id) WHERE s.file_path = ? ORDER BY start",
        [str((copy or path).absolute())],
    ).fetchall()
    for kind, start in errors:
        if kind not in _RAGGED:
            line, why = line_of(copy or path, start), _WHY.get(kind, _UNREADABLE)
            raise UnreadableFileError(path, f"line {line} {why.en}", f"第 {line} 行{why.zh}")
    return {start for _, start in errors}


def line_of(path: Path, start: int) -> int:
    """The line of the record at this byte; where DuckDB says it begins, the line ends before it may begin too."""
    with path.open("rb") as stream:
        before = _breaks(stream.read(start))
        rest = stream.read(1 << 20)
    return 1 + before + _breaks(rest[: len(rest) - len(rest.lstrip(b"\r\n"))])


def _breaks(data: bytes) -> int:
    return max(data.count(b"\n"), data.count(b"\r"))
