"""Tables that people keep as text: decoded from what Chinese spreadsheets write, cut into numbered records."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkstemp

MOST_CHARACTERS = 1 << 26  # of one cell
_BLOCK = 1 << 20


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


def utf8_copy(path: Path, room: Path) -> tuple[Path, str] | None:
    """A copy in UTF-8, in `room`, of a file in GB18030 or UTF-16, and which of the two; None of any other file.

    A file that begins as UTF-8 with letters of no other encoding is UTF-8 with a fault in it, and stays as it is.
    """
    with path.open("rb") as stream:
        encoding = "utf-16" if stream.read(2) in {b"\xff\xfe", b"\xfe\xff"} else "gb18030"
    if encoding == "gb18030" and _is_utf8(path):
        return None
    handle, name = mkstemp(dir=room, suffix=".csv")
    os.close(handle)
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream, Path(name).open("w", encoding="utf-8", newline="") as copy:
        try:
            while block := stream.read(_BLOCK):
                text = decoder.decode(block)
                if "\0" in text:
                    return None
                copy.write(text)
            copy.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError:
            return None
    return Path(name), encoding.upper()


def _is_utf8(path: Path) -> bool:
    """Whether a file is UTF-8, or meant to be: a Chinese letter of three bytes hardly ever comes by chance."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    wide = False
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                text = decoder.decode(block)
                wide = wide or (not text.isascii() and max(text) >= "\u0800")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            before = bytes(error.object[: error.start]).decode("utf-8")
            return wide or max(before, default="") >= "\u0800"
    return True


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
