"""A file of rows and cells, CSV in any usual encoding or XLSX, as numbered lines of text cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from engine.evidence.csv_format import DELIMITERS
from engine.evidence.mapping import workbook
from engine.evidence.mapping.refusals import unreadable
from engine.rulebook.model import Text

MOST_BYTES = 64 << 20
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

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
        text = decoded(path, path.read_bytes())
    except OSError as error:
        raise unreadable(path, Text(f"读不了：{error.strerror}", f"it cannot be read: {error.strerror}")) from error
    return [_lines(path, text, delimiter) for delimiter in DELIMITERS]


def decoded(path: Path, data: bytes) -> str:
    """The text of a CSV: UTF-8, UTF-16 with its mark, or GB18030, which includes GBK."""
    encodings = ["utf-16"] if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise unreadable(path, NO_TEXT)


def _lines(path: Path, text: str, delimiter: str) -> Lines:
    csv.field_size_limit(1 << 26)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        where = Text(f"第 {line} 行读不了：{error}", f"line {line} cannot be read: {error}")
        raise unreadable(path, where) from error
