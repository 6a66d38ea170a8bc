"""The days that a row is about, as a cell, a line above the header or a file's name writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from engine.calendar.cycles import MONTH, cycle_of
from engine.errors import KaoheError
from engine.evidence.mapping.amounts import AmountError, plain

Period = tuple[date, date]

_DAY = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日|20\d{6})"
    r"(?:[ T]0{1,2}:00(?::00)?(?:\.0+)?)?"
)
_MONTH = r"(?:\d{4}-\d{1,2}|\d{4}/\d{1,2}|\d{4}年\d{1,2}月份?|20\d{4})"
_TO = r"\s*(?:~|-|–|—|_|至|到|to)\s*"
_WHOLE = re.compile(rf"(?P<first>{_DAY})(?:{_TO}(?P<last>{_DAY}))?|(?P<month>{_MONTH})")
_WITHIN = re.compile(rf"(?<!\d)(?:(?P<first>{_DAY})(?:{_TO}(?P<last>{_DAY}))?|(?P<month>{_MONTH}))(?!\d)")
LONGEST = 100


def period(cell: str) -> Period:
    """The period that a cell holds; raises AmountError where it holds none.

    >>> [day.isoformat() for day in period("2024年2月")], [day.day for day in period("2024/6/1 ～ 2024/6/7")]
    (['2024-02-01', '2024-02-29'], [1, 7])
    """
    found = _WHOLE.fullmatch(plain(cell)[:LONGEST])
    if found is None:
        raise AmountError("printed_period")
    try:
        return _period(found)
    except (ValueError, KaoheError):
        raise AmountError("printed_period") from None


def periods_within(text: str) -> Iterator[Period]:
    """Every period that a text tells, each once, the wrong ones left out.

    >>> [first.isoformat() for first, _ in periods_within("客服数据_20240601-20240607_小禾.csv")]
    ['2024-06-01']
    """
    seen = set()
    for found in _WITHIN.finditer(plain(text)[:1000]):
        try:
            one = _period(found)
        except (ValueError, KaoheError, AmountError):
            continue
        if one not in seen:
            seen.add(one)
            yield one


def _period(found: re.Match[str]) -> Period:
    if found["month"]:
        digits = re.sub(r"\D+", "-", found["month"]).strip("-")
        year, _, month = digits.partition("-") if "-" in digits else (digits[:4], "", digits[4:])
        cycle = cycle_of(MONTH, _plausible(date(int(year), int(month), 1)))
        return cycle.first, cycle.last
    first = _day(found["first"])
    last = _day(found["last"]) if found["last"] else first
    if last < first:
        raise AmountError("period")
    if last - first > timedelta(days=400):
        raise AmountError("printed_period")
    return first, last


def _day(text: str) -> date:
    digits = re.sub(r"\D+", "-", re.split(r"[ T]", text)[0]).strip("-")
    if "-" not in digits:
        digits = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    year, month, day = map(int, digits.split("-"))
    return _plausible(date(year, month, day))


def _plausible(day: date) -> date:
    if not 2000 <= day.year < 2100:
        raise ValueError(day)
    return day
