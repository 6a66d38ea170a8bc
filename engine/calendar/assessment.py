"""When a cycle is assessed: its day and its instant, and which cycles are due at a given time.

Being due depends on the rule, the zone and the instant asked about, and on nothing that a process remembers.
So a program that was down for a month finds, at its next question, exactly the cycles that it missed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from engine.calendar.cycles import Cycle, CycleKind, cycle_of, cycles_between, preceding
from engine.calendar.days import month_day, month_start, shifted
from engine.calendar.zones import local_day, local_instant, utc
from engine.errors import KaoheError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# A cycle that is due ended before today; two days more cover every clock that was ever set back.
MARGIN = 2


@dataclass(frozen=True, slots=True)
class AssessedOn:
    """Which day after a cycle's end assesses it, and at what local time.

    Exactly one of `day` and `weekday` is given. `day` is "next" (the day after the end) or a number from 1 to
    31 (that day of the month after the one in which the cycle ends; in a shorter month, its last day).
    `weekday` counts from 0, Monday, as `WEEKDAYS` and `date.weekday()` do: the first such day strictly after
    the end.

    >>> str(AssessedOn(time(10), weekday=WEEKDAYS.index("tuesday"))), str(AssessedOn(time(9, 30), day=1))
    ('tuesday after, 10:00', 'day 1 of the next month, 09:30')
    """

    at: time
    day: Literal["next"] | int | None = None
    weekday: int | None = None

    def __post_init__(self) -> None:
        forms = "day: next, day: 1 to 31, or weekday: monday to sunday"
        if (self.day is None) == (self.weekday is None):
            given = "neither a day nor a weekday" if self.day is None else "both a day and a weekday"
            raise KaoheError(f"an assessment needs exactly one of day and weekday, here is {given}; it says {forms}")
        if self.day not in (None, "next") and (type(self.day) is not int or not 1 <= self.day <= 31):
            raise KaoheError(f"no assessment day is called {self.day!r}; it says {forms}")
        if self.weekday is not None and (type(self.weekday) is not int or not 0 <= self.weekday <= 6):
            raise KaoheError(f"no weekday has the number {self.weekday!r}; 0 is Monday, 6 is Sunday")
        if self.at.tzinfo is not None:
            raise KaoheError(f"the assessment's time {self.at} carries a zone; it is a local time, like 10:00")

    def __str__(self) -> str:
        if self.weekday is not None:
            when = f"{WEEKDAYS[self.weekday]} after"
        else:
            when = "next day" if self.day == "next" else f"day {self.day} of the next month"
        return f"{when}, {self.at.isoformat('auto' if self.at.second or self.at.microsecond else 'minutes')}"


def assessment_day(cycle: Cycle, assessed: AssessedOn) -> date:
    """The local day on which `cycle` is assessed: always after its last. KaoheError past the year 9999.

    >>> from engine.calendar.cycles import MONTH, WEEK
    >>> week = cycle_of(WEEK, date(2026, 3, 8))  # ends on Sunday the 8th
    >>> assessment_day(week, AssessedOn(time(10), weekday=1)).isoformat()
    '2026-03-10'
    >>> assessment_day(cycle_of(MONTH, date(2026, 1, 5)), AssessedOn(time(10), day=31)).isoformat()
    '2026-02-28'
    """
    if assessed.weekday is not None:
        return shifted(cycle.last, (assessed.weekday - cycle.last.weekday() - 1) % 7 + 1)
    if isinstance(assessed.day, int):
        return month_day(month_start(cycle.last, 1), assessed.day)
    return shifted(cycle.last, 1)


def assessment_instant(cycle: Cycle, assessed: AssessedOn, zone: str) -> datetime:
    """The instant, in UTC, from which `cycle` is due. Gaps and folds: see `engine.calendar.zones`.

    >>> from engine.calendar.cycles import WEEK
    >>> week = cycle_of(WEEK, date(2026, 3, 8))
    >>> assessment_instant(week, AssessedOn(time(10), weekday=1), "Asia/Shanghai").isoformat()
    '2026-03-10T02:00:00+00:00'
    """
    return local_instant(assessment_day(cycle, assessed), assessed.at, zone)


def last_cycle_due(kind: CycleKind, assessed: AssessedOn, zone: str, now: datetime) -> Cycle | None:
    """The latest cycle whose instant is at or before `now`; None only where the calendar begins.

    Raises KaoheError for campaigns (they are announced: see `due_among`), an unknown zone, or a `now` without
    offset.

    >>> from datetime import UTC
    >>> from engine.calendar.cycles import WEEK
    >>> tuesday = AssessedOn(time(10), weekday=1)
    >>> last_cycle_due(WEEK, tuesday, "Asia/Shanghai", datetime(2026, 3, 10, 1, 59, 59, tzinfo=UTC)).key
    '2026-W09'
    >>> last_cycle_due(WEEK, tuesday, "Asia/Shanghai", datetime(2026, 3, 10, 2, tzinfo=UTC)).key
    '2026-W10'
    """
    now = utc(now)
    cycle = cycle_of(kind, shifted(local_day(now, zone), MARGIN))
    while assessment_instant(cycle, assessed, zone) > now:
        if cycle.first == date.min:
            return None
        cycle = preceding(cycle)
    return cycle


def due_cycles(
    kind: CycleKind,
    assessed: AssessedOn,
    zone: str,
    first_day: date,
    now: datetime,
    after: datetime | None = None,
) -> list[Cycle]:
    """Every cycle with a last day on or after `first_day` whose instant is at or before `now`, ascending.

    A cycle that merely touches `first_day` is among them. With `after`, only those whose instant is later
    than it: what became due in (after, now]. Such stretches add up, wherever they are cut. Raises as
    `last_cycle_due` does.

    >>> from datetime import UTC
    >>> from engine.calendar.cycles import MONTH
    >>> [c.key for c in due_cycles(MONTH, AssessedOn(time(10), day=1), "Asia/Shanghai",
    ...                            date(2026, 1, 31), datetime(2026, 4, 1, 1, 59, tzinfo=UTC))]
    ['2026-01', '2026-02']
    """

    def instant(cycle: Cycle) -> datetime:
        return assessment_instant(cycle, assessed, zone)

    cycles = cycles_between(kind, first_day, shifted(local_day(now, zone), MARGIN))
    # A later cycle never has an earlier instant, so two searches find both ends.
    begin = 0 if after is None else bisect_right(cycles, utc(after), key=instant)
    return cycles[begin : bisect_right(cycles, utc(now), key=instant)]


def due_among(
    cycles: Iterable[Cycle], assessed: AssessedOn, zone: str, now: datetime, after: datetime | None = None
) -> list[Cycle]:
    """Those of the given cycles (campaigns, say) whose instant lies in (after, now], ascending."""
    begin, end = None if after is None else utc(after), utc(now)

    def is_due(cycle: Cycle) -> bool:
        at = assessment_instant(cycle, assessed, zone)
        return at <= end and (begin is None or begin < at)

    return sorted(filter(is_due, cycles))
