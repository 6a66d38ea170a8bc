"""Rows that were refused: file, line, column, value, reason, in a file that a person can work through."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_VALUE = 40
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, order=True)
class RowFault:
    """One bad cell. `line` is the line of the file on which the record begins (the record's number for Parquet)."""

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        value = f" {self.value!r}" if self.value else ""
        return f"{self.file}:{self.line}: {self.column}{value}: {self.reason}"


def shown(value: str | None, show_values: bool) -> str:
    """The value as it may be shown: cut to 40 characters, digits masked unless asked otherwise.

    >>> shown("13800138000", show_values=False)
    '***********'
    """
    cut = (value or "")[:LONGEST_VALUE]
    return cut if show_values else _DIGIT.sub("*", cut)


def write_quarantine(path: Path, faults: Sequence[RowFault]) -> None:
    """Write all faults as CSV (UTF-8 with a mark, so that spreadsheets open it)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "line", "column", "value", "reason"])
        writer.writerows([_inert(f.file), f.line, f.column, _inert(f.value), f.reason] for f in faults)


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
