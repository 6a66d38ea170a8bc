"""The small values of a rule file, from text to exact numbers: shares, money, days, times, dates.

Each function takes the text as it was written and raises KaoheError with the form that is expected.
"""

from __future__ import annotations

import re
from datetime import date, time
from fractions import Fraction

from engine.calendar.deadlines import Term
from engine.errors import KaoheError
from engine.rulebook.faults import shown
from engine.rulebook.model import Interval

_NUMBER = r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,9}))?"
_LIMIT = re.compile(_NUMBER + "(%?)")
_AMOUNT = re.compile(r"((?:0|[1-9][0-9]{0,11})(?:\.[0-9]{2})?)(?:\.\.((?:0|[1-9][0-9]{0,11})(?:\.[0-9]{2})?))? CNY")
_DAYS = re.compile(r"([1-9][0-9]{0,3}) days?")
_HOURS = re.compile(r"([1-9][0-9]{0,3}) hours?")
_SPAN = re.compile(r"([1-9][0-9]{0,3})\.\.([1-9][0-9]{0,3}) days")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")


def limit(text: str) -> Fraction:
    """The exact value of a percentage or a number.

    >>> limit("80%"), limit("4.8%"), limit("5")
    (Fraction(4, 5), Fraction(6, 125), Fraction(5, 1))
    """
    found = _LIMIT.fullmatch(text)
    if not found:
        raise KaoheError(f"{shown(text)} is no limit; write a percentage like 80% or 4.8%, or a number like 5")
    whole, decimals, percent = found.groups()
    value = Fraction(int(whole + (decimals or "")), 10 ** len(decimals or ""))
    return value / 100 if percent else value


def percentage(text: str) -> Fraction:
    """The exact share that a percentage names.

    >>> percentage("10%")
    Fraction(1, 10)
    """
    if not text.endswith("%"):
        raise KaoheError(f"{shown(text)} is no percentage; write it like 10%")
    return limit(text)


def amount(text: str) -> tuple[int, int]:
    """The least and the most fen of an amount of money.

    >>> amount("1000 CNY"), amount("100..300 CNY"), amount("0.50 CNY")
    ((100000, 100000), (10000, 30000), (50, 50))
    """
    found = _AMOUNT.fullmatch(text)
    if not found:
        raise KaoheError(f"{shown(text)} is no amount of money; write it like 1000 CNY or 100..300 CNY")
    low = _fen(found[1])
    high = _fen(found[2] or found[1])
    if low > high:
        raise KaoheError(f"{shown(text)} runs backwards; the lower amount comes first")
    return low, high


def _fen(yuan: str) -> int:
    whole, _, fen = yuan.partition(".")
    return int(whole) * 100 + int(fen or 0)


def days(text: str) -> int:
    """A number of whole days.

    >>> days("3 days"), days("1 day")
    (3, 1)
    """
    found = _DAYS.fullmatch(text)
    if not found:
        raise KaoheError(f"{shown(text)} is no number of days; write it like 3 days")
    return int(found[1])


def term(text: str) -> Term:
    """How long is granted: natural days, or hours.

    Working days are refused: which days are worked is announced for one year at a time, so that a deadline beyond the
    announced ones could not be told.

    >>> term("7 days"), term("48 hours")
    (Term(amount=7, unit='days'), Term(amount=48, unit='hours'))
    """
    if found := _HOURS.fullmatch(text):
        return Term(int(found[1]), "hours")
    if not _DAYS.fullmatch(text):
        hint = "; working days cannot be reckoned ahead" if "working" in text else ""
        raise KaoheError(f"{shown(text)} is no term; write it like 7 days (natural ones) or 48 hours{hint}")
    return Term(days(text), "days")


def span(text: str) -> tuple[int, int]:
    """The least and the most whole days that a measure lasts.

    >>> span("3 days"), span("1..3 days")
    ((3, 3), (1, 3))
    """
    found = _SPAN.fullmatch(text)
    if not found:
        if ".." in text:
            raise KaoheError(f"{shown(text)} is no number of days; write it like 3 days or 1..3 days")
        return days(text), days(text)
    low, high = int(found[1]), int(found[2])
    if low > high:
        raise KaoheError(f"{shown(text)} runs backwards; the lower number comes first")
    return low, high


def day(text: str) -> date:
    """A day of the calendar, as ISO 8601 writes it.

    >>> day("2021-01-01")
    datetime.date(2021, 1, 1)
    """
    if not _DATE.fullmatch(text):
        raise KaoheError(f"{shown(text)} is no date; write it like 2021-01-01")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KaoheError(f"the calendar has no {text}; dates are written like 2021-01-01") from None


def clock(text: str) -> time:
    """A time of the day, to the minute.

    >>> clock("10:00")
    datetime.time(10, 0)
    """
    found = _TIME.fullmatch(text)
    if not found:
        raise KaoheError(f'{shown(text)} is no time of day; write it like "10:00", from 00:00 to 23:59')
    return time(int(found[1]), int(found[2]))


def whole(text: str) -> int:
    """A whole number; negative ones are numbers too."""
    if not _WHOLE.fullmatch(text):
        raise KaoheError(f"{shown(text)} is no whole number; write digits alone, like 5")
    return int(text)


def counted(text: str) -> int | Interval:
    """A whole number, or the two that it lies between.

    >>> counted("90..110")
    Interval(low=90, high=110)
    """
    low, dots, high = text.partition("..")
    if not dots:
        return whole(text)
    if whole(low) > whole(high):
        raise KaoheError(f"{shown(text)} runs backwards; the lower number comes first")
    return Interval(whole(low), whole(high))


def positive(text: str) -> int:
    """A whole number from 1."""
    number = whole(text)
    if number < 1:
        raise KaoheError(f"{shown(text)} is too small; write a whole number from 1")
    return number


def truth(text: str) -> bool:
    """`true` or `false`, spelled so: the other words that YAML takes for them are not understood."""
    if text not in ("true", "false"):
        raise KaoheError(f"{shown(text)} is neither true nor false")
    return text == "true"
