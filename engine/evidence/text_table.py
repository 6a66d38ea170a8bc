"""Tables that people keep as text: decoded from what Chinese spreadsheets write, cut into numbered records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

MOST_CHARACTERS = 1 << 26  # of one cell


class BrokenRowError(Exception):
    """A row whose quotes are not closed, or a cell without an end; `line` is where it begins."""

    def __init__(self, line: int, why: str) -> None:
        self.line = line
        super().__init__(why)


def decoded(data: bytes) -> tuple[str, str] | None:
    """The text and the encoding it was in: UTF-8, UTF-16 with its mark, or GB18030, which includes GBK.

    None where it is none of them, or holds a NUL, which no text does.

    >>> decoded("店铺".encode("gbk"))
    ('店铺', 'gb18030')
    >>> decoded(b"\\x00") is None
    True
    """
    encodings = ["utf-16"] if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    return None


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV, each with the line on which it begins. Raises BrokenRowError."""
    csv.field_size_limit(MOST_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise BrokenRowError(line, str(error)) from error
