"""Numbers as people and spreadsheets print them, as the exact bounds between which they lie."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

# A spreadsheet keeps 15 to 17 digits of a fraction, the last of them noise.
FINEST = Fraction(1, 10**12)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,12}(?:\.0{1,3})?")
_ROUGH = re.compile(r"(\d{1,6})(?:\.(\d{1,4}))? ?[万wW]")
_RATE = re.compile(r"(\d{1,3}(?:\.\d{1,18})?(?:[eE]-\d{1,2})?) ?(%?)")


class AmountError(Exception):
    """A cell that is not what its column holds; `why` is one of the known reasons."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Span:
    """A whole number that lies from `low` to `high`, and is most likely `likely`."""

    low: int
    likely: int
    high: int

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.likely + other.likely, self.high + other.high)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of a whole that lies from `low` to `high`, both included, and was printed as `printed`."""

    low: Fraction
    printed: Fraction
    high: Fraction


def plain(cell: str) -> str:
    """The cell as it is compared: full-width letters and digits are plain ones, and no blanks stand around it."""
    return unicodedata.normalize("NFKC", cell).strip()


def count(cell: str) -> Span:
    """The whole number in a cell. One in ten thousands (万) is rounded, so lies between two bounds.

    >>> count("1,234"), count("1.2万")
    (Span(low=1234, likely=1234, high=1234), Span(low=11500, likely=12000, high=12500))
    """
    text = plain(cell)
    if rough := _ROUGH.fullmatch(text):
        unit = Fraction(10_000, 10 ** len(rough[2] or ""))
        value = Fraction(int(rough[1] + (rough[2] or ""))) * unit
        return Span(max(ceil(value - unit / 2), 0), int(value), floor(value + unit / 2))
    if not _GROUPED.fullmatch(text):
        raise AmountError("printed_count")
    value_ = int(text.partition(".")[0].replace(",", ""))
    return Span(value_, value_, value_)


def rate(cell: str, to: Fraction | None = None) -> Rate:
    """The share in a cell: a percentage with its %, else a fraction. It was rounded to its last digit, or to `to`.

    >>> rate("85.3 %").low == Fraction("0.8525"), rate("0.8571").high == Fraction("0.85715")
    (True, True)
    """
    return _rate(cell, to, "printed_rate", lambda percent: 100 if percent else 1)


def percent(cell: str, to: Fraction | None = None) -> Rate:
    """The share in a cell of percentages, which may lack the %.

    >>> percent("85.3") == percent("85.3%") == rate("85.3%")
    True
    """
    return _rate(cell, to, "printed_percent", lambda _: 100)


def _rate(cell: str, to: Fraction | None, otherwise: str, parts_of: Callable[[str], int]) -> Rate:
    found = _RATE.fullmatch(plain(cell))
    if found is None:
        raise AmountError(otherwise)
    number, whole = Decimal(found[1]), parts_of(found[2])
    printed = Fraction(number) / whole
    if printed > 1:
        raise AmountError("above_all" if found[2] or printed > 100 else otherwise)
    digits = number.as_tuple().exponent
    assert isinstance(digits, int)
    unit = max(min(Fraction(10) ** min(digits, 0) / whole, to or Fraction(1)), FINEST)
    return Rate(max(printed - unit / 2, Fraction(0)), printed, min(printed + unit / 2, Fraction(1)))
