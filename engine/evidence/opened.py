"""What every format comes down to once a file is open: numbered records of text cells, or one clear refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from engine.errors import KaoheError, suggestion
from engine.evidence.columns import Column
from engine.evidence.duck import name, reason, text
from engine.evidence.quarantine import RowFault
from engine.rulebook.model import Text

# SQL of the column `defect` where a format finds nothing wrong with any record as such.
SOUND = 'NULL::STRUCT("column" VARCHAR, "value" VARCHAR, reason VARCHAR)'

SAVE = Text(
    "；请在表格软件里另存为“CSV UTF-8（逗号分隔）”",
    "; save it as CSV UTF-8 (comma delimited) in a spreadsheet program",
)
WORKBOOK = Text(
    "这是 XLSX 文件：用 --mapping 导入（后缀要是 .xlsx，见 `kaohe mappings list`），"
    "或在表格软件里另存为“CSV UTF-8（逗号分隔）”",
    "it is an XLSX file: import it with --mapping (under the suffix .xlsx, see `kaohe mappings list`), or save it as "
    "CSV UTF-8 (comma delimited) in a spreadsheet program",
)
OLD_WORKBOOK = Text(
    "这是旧式 XLS 文件；请在表格软件里另存为“CSV UTF-8（逗号分隔）”或 .xlsx",
    "it is an old XLS file; save it as CSV UTF-8 (comma delimited), or as .xlsx, in a spreadsheet program",
)
_WORKBOOKS = {b"PK\x03\x04": WORKBOOK, b"\xd0\xcf\x11\xe0": OLD_WORKBOOK}


def refuse_workbook(path: Path) -> None:
    """Raises UnreadableFileError for a workbook under the name of a text file."""
    with path.open("rb") as stream:
        why = _WORKBOOKS.get(stream.read(4))
    if why is not None:
        raise UnreadableFileError(path, why.en, why.zh)


class UnreadableFileError(KaoheError):
    """A file that cannot be taken at all: nothing of the whole import is stored."""

    def __init__(self, path: Path, why: str, zh: str = "") -> None:
        self.path = path
        super().__init__(f"{path}: {why}; nothing was imported", zh=f"{path}：{zh or why}；什么都没有导入")

    @classmethod
    def of(cls, path: Path, error: duckdb.Error) -> UnreadableFileError:
        """What DuckDB found wrong with the file, in our words where its own would tell nobody anything."""
        if "invalid state" in str(error):
            line, first, other = odd_line_end(path)
            return cls(
                path,
                f"line {line} ends with {other} and those before it with {first}; save the file anew as CSV UTF-8 in a "
                "spreadsheet program, or give it one kind of line end in a text editor",
                f"第 {line} 行的换行符是 {other}，前面的是 {first}；请在表格软件里另存为 CSV UTF-8，"
                "或用文本编辑器统一换行符",
            )
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
    `headers` says how the file calls the columns; `copy` is the file in UTF-8 where it is in another `encoding`.
    """

    path: Path
    format: str
    records: str
    present: tuple[str, ...]
    unknown: tuple[str, ...]
    delimiter: str = ""
    width: int = 0
    aside: Aside | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    copy: Path | None = None
    encoding: str = ""

    @property
    def source(self) -> Path:
        """Where its records are read from."""
        return self.copy or self.path


def odd_line_end(path: Path) -> tuple[int, str, str]:
    """The first line that does not end as the first one does, how that ends, and how it ends itself."""
    names = {b"\r\n": "CR LF", b"\n": "LF", b"\r": "CR"}
    first, line = b"", 0
    with path.open("rb") as stream:
        for block in stream:
            for text_ in block.splitlines(keepends=True):
                end, line = text_[len(text_.rstrip(b"\r\n")) :][-2:], line + 1
                end = end if end in names else end[-1:]
                first = first or end
                if end and end != first:
                    return line, names[first], names[end]
    return line, names.get(first, "LF"), "CR LF"


def spellings(wanted: Sequence[Column]) -> dict[str, str]:
    """What a header may say → the column that this is."""
    return {said: column.name for column in wanted for said in column.headers}


def divide(path: Path, found: Sequence[str], wanted: Sequence[Column]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The wanted columns of a file, each with its header, in their order, and its others.

    Refuses a wanted one that stands twice, and a file that has none.
    """
    meant = spellings(wanted)
    headers = {column.name: [said for said in found if meant.get(said) == column.name] for column in wanted}
    for said in headers.values():
        if len(said) > 1:
            one = (
                f"column {said[0]!r} stands"
                if said[0] == said[1]
                else f"{said[0]!r} and {said[1]!r}: one column stands"
            )
            zh = f"{said[0]!r} 列" if said[0] == said[1] else f"{said[0]!r} 和 {said[1]!r} 是同一列，"
            raise UnreadableFileError(path, f"{one} twice in the header", f"表头里 {zh}出现了两次")
    present = {column: said[0] for column, said in headers.items() if said}
    unknown = tuple(dict.fromkeys(column for column in found if column and column not in meant))
    if not present:
        names = [column.name for column in wanted]
        near, zh = (suggestion(unknown[0], meant, language) if unknown else "" for language in ("en", "zh-CN"))
        raise UnreadableFileError(
            path,
            f"none of its columns is known{near}; expected {', '.join(names)}",
            f"没有一列是认识的{zh}；应有的列：{'、'.join('/'.join((c.name, *c.called[:1])) for c in wanted)}",
        )
    return present, unknown


def numbered(table: str, columns: Mapping[str, str], defect: str = SOUND) -> str:
    """SQL of the records of `table`: `columns` maps each name to the SQL of its cell."""
    cells = "".join(f", {expression} AS {name(column)}" for column, expression in columns.items())
    return f"SELECT row_number() OVER () AS record{cells}, {defect} AS defect FROM {table}"


def fault(column: str, value: str, reason: str) -> str:
    """SQL of one fault; `value` is SQL of the cell's text."""
    return f"{{'column': {text(column)}, 'value': {value}, 'reason': {text(reason)}}}"
