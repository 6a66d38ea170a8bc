"""The demo's time: one quarter, assessed in three steps as its months end, and the seed of all that is random."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SEED = 20260301
ZONE = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
MONTHS = ("2026-01", "2026-02", "2026-03")
FIRST_MONDAY = date(2026, 1, 5)


@dataclass(frozen=True, slots=True)
class Step:
    """The end of a month: its evidence comes in, what is due is assessed, and some days later a person records."""

    month: str
    assessed_at: datetime
    recorded_at: datetime


STEPS = tuple(
    Step(month, datetime(2026, n, 1, 10, 5, tzinfo=ZONE), datetime(2026, n, 5, 15, 0, tzinfo=ZONE))
    for n, month in enumerate(MONTHS, start=2)
)
AS_OF = STEPS[-1].assessed_at  # five minutes after the last month's assessment


def dice(*names: object) -> random.Random:
    """Chance that depends on the seed and these names alone, so that no shop's numbers move another's."""
    return random.Random(" ".join(map(str, (SEED, *names))))  # noqa: S311 — samples, not secrets


def month_of(day: date) -> str:
    """The month of a day, as cycles name it."""
    return f"{day:%Y-%m}"


def week_of(day: date) -> str:
    """The natural week of a day, as cycles name it."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def days_of(month: str) -> list[date]:
    """The days of a month of the quarter."""
    return [day for day in _days(FIRST, LAST) if month_of(day) == month]


def mondays() -> list[date]:
    """The Mondays of the quarter's weeks; the last week is cut by the quarter's end."""
    return [day for day in _days(FIRST_MONDAY, LAST) if day.weekday() == 0]


def at(day: date, second: int) -> datetime:
    """A second of a local day; from 86400 on it lies in the next."""
    return datetime.combine(day, time(), ZONE) + timedelta(seconds=second)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
