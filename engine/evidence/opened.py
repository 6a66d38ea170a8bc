"""What every format comes down to once a file is open: numbered records of text cells, or one clear refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.errors import KaoheError, suggestion
from engine.evidence.duck import name, reason, text
from engine.evidence.quarantine import RowFault

# SQL of the column `defect` where a format finds nothing wrong with any record as such.
SOUND = 'NULL::STRUCT("column" VARCHAR, "value" VARCHAR, reason VARCHAR)'


class UnreadableFileError(KaoheError):
    """A file that cannot be taken at all: nothing of the whole import is stored."""

    def __init__(self, path: Path, why: str, zh: str = "") -> None:
        self.path = path
        super().__init__(f"{path}: {why}; nothing was imported", zh=f"{path}：{zh or why}；什么都没有导入")

    @classmethod
    def of(cls, path: Path, error: duckdb.Error) -> UnreadableFileError:
        """What DuckDB found wrong with the file, in our words where its own would tell nobody anything."""
        if "invalid state" in str(error):
            return cls(path, "its line ends are of several kinds", "行尾符有好几种")
        return cls(path, reason(error))


@dataclass(frozen=True, slots=True)
class Aside:
    """What a mapping knows of a file beside its records: how many rows it refused, and why.

    `lines[n - 1]` is the line of record n, and `headers` says how the file calls the columns.
    """

    rows: int
    faults: tuple[RowFault, ...]
    lines: tuple[int, ...]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file ready to be read.

    `records` is SQL that yields `record` (1, 2, … in file order), one VARCHAR per column of the kind that the file
    has, and `defect` (column, value, reason), null unless the record cannot be read as a row. `unknown` are the
    file's other columns. `delimiter` and `width`, its number of columns, are of CSV alone, `aside` of mapped files.
    """

    path: Path
    format: str
    records: str
    present: tuple[str, ...]
    unknown: tuple[str, ...]
    delimiter: str = ""
    width: int = 0
    aside: Aside | None = None


def divide(path: Path, found: Sequence[str], wanted: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of a file that are wanted, in that order, and its others. Refuses a wanted one that stands twice."""
    present = tuple(column for column in wanted if column in found)
    twice = [column for column in present if found.count(column) > 1]
    if twice:
        raise UnreadableFileError(
            path, f"column {twice[0]!r} stands twice in the header", f"表头里 {twice[0]!r} 列出现了两次"
        )
    unknown = tuple(dict.fromkeys(column for column in found if column and column not in wanted))
    if not present:
        near = suggestion(unknown[0], wanted) if unknown else ""
        zh = suggestion(unknown[0], wanted, "zh-CN") if unknown else ""
        raise UnreadableFileError(
            path,
            f"none of its columns is known{near}; expected {', '.join(wanted)}",
            f"没有一列是认识的{zh}；应有的列：{'、'.join(wanted)}",
        )
    return present, unknown


def numbered(table: str, columns: Mapping[str, str], defect: str = SOUND) -> str:
    """SQL of the records of `table`: `columns` maps each name to the SQL of its cell."""
    cells = "".join(f", {expression} AS {name(column)}" for column, expression in columns.items())
    return f"SELECT row_number() OVER () AS record{cells}, {defect} AS defect FROM {table}"


def fault(column: str, value: str, reason: str) -> str:
    """SQL of one fault; `value` is SQL of the cell's text."""
    return f"{{'column': {text(column)}, 'value': {value}, 'reason': {text(reason)}}}"
