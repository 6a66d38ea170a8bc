"""Rows that were refused: file, line, column, value, reason, in a file that a person can work through."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.evidence.reasons import in_words
from engine.rulebook.model import Text

LONGEST_VALUE = 40
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(r"[-+]?[\d,]+(\.\d+)? ?[%％万]?")
MOST_DIGITS = 9  # of a number that is shown: a telephone has more
_DATE = r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?"
_CLOCK = r"\d{1,2}[:：时点]\d{1,2}([:：分]\d{1,2}(\.\d{1,9})?)?[分秒]?( ?[AaPp][Mm])?"
_TIME = re.compile(rf"{_DATE}([T ]+(上午|下午)?{_CLOCK}( ?Z| ?[+-]\d\d?(:?\d\d)?)?)?")


@dataclass(frozen=True, slots=True, order=True)
class RowFault:
    """One bad cell. `line` is the line of the file on which the record begins (the record's number for Parquet).

    `reason` is English, `zh` the same in Chinese, and `code` its name in the closed set of reasons.
    """

    file: str
    line: int
    column: str
    value: str
    reason: str
    code: str = ""
    zh: str = ""

    @classmethod
    def of(cls, file: str, line: int, column: str, value: str, reason: str, detail: Text | None = None) -> RowFault:
        """The fault for one of the reasons that are known, as `engine.evidence.reasons.reason` writes them."""
        words = in_words(reason, detail)
        return cls(file, line, column, value, words.en, reason.partition(":")[0], words.zh)

    def __str__(self) -> str:
        return self.told("en")

    def told(self, language: str) -> str:
        """The fault in a line: where, what stands there, and why it is refused."""
        value = f" {self.value!r}" if self.value else ""
        return f"{self.file}:{self.line}: {self.column}{value}: {self.why(language)}"

    def why(self, language: str) -> str:
        """The reason in `language`."""
        return self.zh if self.zh and language == "zh-CN" else self.reason


def shown(value: str | None, show_values: bool) -> str:
    """The value as it may be shown: cut to 40 characters, digits masked unless asked otherwise.

    >>> shown("13800138000", show_values=False)
    '***********'
    """
    cut = (value or "")[:LONGEST_VALUE]
    return cut if show_values else _DIGIT.sub("*", cut)


def shown_time(value: str | None, show_values: bool) -> str:
    """The same for a cell in which a time should stand: what looks like one is nobody's number, and is shown.

    >>> shown_time("26/10/2026 10:00", show_values=False), shown_time("13800138000", show_values=False)
    ('26/10/2026 10:00', '***********')
    """
    return shown(value, show_values or bool(_TIME.fullmatch((value or "").strip())))


def shown_figure(value: str | None, show_values: bool) -> str:
    """The same for a cell in which a figure should stand: a number too short for a telephone, or a time, is shown.

    >>> shown_figure("33.3%", show_values=False), shown_figure("13800138000", show_values=False)
    ('33.3%', '***********')
    """
    plain = (value or "").strip()
    short = _FIGURE.fullmatch(plain) is not None and len(_DIGIT.findall(plain)) <= MOST_DIGITS
    return shown_time(value, show_values or short)


def write_quarantine(path: Path, faults: Sequence[RowFault], language: str = "en") -> None:
    """Write all faults as CSV (UTF-8 with a mark, so that spreadsheets open it), the reasons in `language`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "line", "column", "value", "reason", "code"])
        writer.writerows([_inert(f.file), f.line, f.column, _inert(f.value), f.why(language), f.code] for f in faults)


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
