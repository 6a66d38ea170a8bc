"""Stretches of time that change whether something counts: exclusion windows, and the grace of a new shop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from engine.calendar.cycles import Cycle
from engine.calendar.days import month_start, shifted
from engine.calendar.zones import day_bounds, utc
from engine.errors import KaoheError


@dataclass(frozen=True, slots=True)
class Window:
    """From the instant `starts` up to, but without, the instant `ends`. Both are kept in UTC.

    >>> spring = Window.of_days(date(2022, 1, 25), date(2022, 2, 8), "Asia/Shanghai")
    >>> datetime.fromisoformat("2022-02-08T23:59:59.999+08:00") in spring
    True
    >>> datetime.fromisoformat("2022-02-09T00:00:00+08:00") in spring
    False
    """

    starts: datetime
    ends: datetime

    def __post_init__(self) -> None:
        starts, ends = utc(self.starts), utc(self.ends)
        if starts >= ends:
            raise KaoheError(f"a window must end after it starts: {self.starts.isoformat()} to {self.ends.isoformat()}")
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "ends", ends)

    @classmethod
    def of_days(cls, first: date, last: date, zone: str) -> Window:
        """The whole local days `first` to `last`, both included, as announcements say it."""
        if last < first:
            raise KaoheError(f"a window must end after it starts: {first} to {last}")
        return cls(day_bounds(first, zone)[0], day_bounds(last, zone)[1])

    def __contains__(self, instant: datetime) -> bool:
        return self.starts <= utc(instant) < self.ends


def excluded(instant: datetime, windows: Iterable[Window]) -> bool:
    """Whether any of the windows contains `instant`: what happened then is left out."""
    return any(instant in window for window in windows)


@dataclass(frozen=True, slots=True)
class GraceMonths:
    """A new shop is exempt for `months` natural months: from the month it opened in, or from the next.

    Opened on or before day `turn` of a month, that month is the first; opened later, the next one is. (JD
    grants three months with the turn on the 15th.)

    >>> grace = GraceMonths(3)
    >>> [day.isoformat() for day in grace.days(date(2026, 1, 15))]
    ['2026-01-01', '2026-03-31']
    >>> [day.isoformat() for day in grace.days(date(2026, 1, 16))]
    ['2026-02-01', '2026-04-30']
    """

    months: int
    turn: int = 15

    def __post_init__(self) -> None:
        if not 1 <= self.months <= 120:
            raise KaoheError(f"the grace of a new shop lasts 1 to 120 months, not {self.months}")
        if not 1 <= self.turn <= 31:
            raise KaoheError(f"the grace of a new shop turns on day 1 to 31 of a month, not {self.turn}")

    def days(self, opened_on: date) -> tuple[date, date]:
        """The first and last exempt day of a shop opened on that day. KaoheError past the year 9999."""
        late = 0 if opened_on.day <= self.turn else 1
        return month_start(opened_on, late), shifted(month_start(opened_on, late + self.months), -1)

    def exempts(self, opened_on: date, cycle: Cycle) -> bool:
        """Whether `cycle` is exempt for a shop opened on that day. Its first day decides, as for versions."""
        first, last = self.days(opened_on)
        return first <= cycle.first <= last
