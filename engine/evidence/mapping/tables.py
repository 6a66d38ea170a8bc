"""A file of rows and cells, CSV in any usual encoding or XLSX, as numbered lines of text cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.errors import os_words
from engine.evidence.csv_format import DELIMITERS
from engine.evidence.mapping import workbook
from engine.evidence.mapping.refusals import unreadable
from engine.evidence.opened import refuse_workbook
from engine.evidence.text_table import BrokenRowError, decoded, records
from engine.rulebook.model import Text

MOST_BYTES = 64 << 20

Lines = Iterator[tuple[int, list[str]]]

TOO_LARGE = Text(f"大于 {MOST_BYTES >> 20} MB", f"larger than {MOST_BYTES >> 20} MB")
NO_TEXT = Text("既不是 UTF-8 也不是 GB18030 文本", "neither UTF-8 nor GB18030 text")
FORMATS = Text("映射只读 .csv、.tsv、.txt 和 .xlsx", "with a mapping, .csv, .tsv, .txt and .xlsx are read")
NO_FILE = Text("没有这个文件", "there is no such file")


def readings(path: Path) -> list[Lines]:
    """The ways in which the file may be read: one of a workbook; of a CSV, one for each delimiter.

    Raises UnreadableFileError, also while the lines are read.
    """
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".tsv", ".txt", ".xlsx"}:
        raise unreadable(path, FORMATS)
    try:
        if not path.is_file():
            raise unreadable(path, NO_FILE)
        if path.stat().st_size > MOST_BYTES:
            raise unreadable(path, TOO_LARGE)
        if suffix == ".xlsx":
            return [workbook.rows(path)]
        refuse_workbook(path)
        found = decoded(path.read_bytes())
    except OSError as error:
        raise unreadable(path, Text(f"读不了：{os_words(error)}", f"it cannot be read: {error.strerror}")) from error
    if found is None:
        raise unreadable(path, NO_TEXT)
    return [_lines(path, found[0], delimiter) for delimiter in DELIMITERS]


def _lines(path: Path, text: str, delimiter: str) -> Lines:
    try:
        yield from records(text, delimiter)
    except BrokenRowError as error:
        where = Text(f"第 {error.line} 行读不了：{error}", f"line {error.line} cannot be read: {error}")
        raise unreadable(path, where) from error
