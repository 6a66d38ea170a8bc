"""Day arithmetic that the whole room shares: past the ends of the calendar it gives one clear error."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from engine.errors import KaoheError


def plain_day(day: date) -> date:
    """`day` itself; refuses a `datetime`, which passes for a date but carries a time in some other zone.

    Raises TypeError: this is a mistake in code, never in somebody's data.
    """
    if isinstance(day, datetime):
        raise TypeError(f"a local day is needed, not an instant: {day!r}; take local_day(instant, zone) first")
    return day


def shifted(day: date, days: int) -> date:
    """The day `days` later (earlier where negative). Raises KaoheError outside the years 1 to 9999.

    >>> shifted(date(2026, 2, 28), 1)
    datetime.date(2026, 3, 1)
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise KaoheError(f"{days:+d} days from {day} lies outside the calendar (0001-01-01 to 9999-12-31)") from None


def month_start(day: date, months: int = 0) -> date:
    """The first of the month `months` after that of `day`. Raises KaoheError outside the years 1 to 9999.

    >>> month_start(date(2026, 12, 31), 1), month_start(date(2026, 1, 15), -1)
    (datetime.date(2027, 1, 1), datetime.date(2025, 12, 1))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise KaoheError(f"{months:+d} months from {day} lies outside the calendar (0001-01-01 to 9999-12-31)")
    return date(year, month + 1, 1)


def month_day(first: date, number: int) -> date:
    """Day `number` of the month that begins on `first`; where the month is shorter, its last day.

    >>> month_day(date(2026, 4, 1), 31), month_day(date(2028, 2, 1), 30)
    (datetime.date(2026, 4, 30), datetime.date(2028, 2, 29))
    """
    return first.replace(day=min(number, monthrange(first.year, first.month)[1]))
