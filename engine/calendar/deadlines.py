"""Until when something can still be done: how long a rule grants, and from which event.

A deadline is the first instant, in UTC, at which it is too late. Natural days are counted as Chinese civil law counts
them: the day of the event is not counted, and the last day ends at its midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from engine.calendar.days import shifted
from engine.calendar.zones import day_bounds, local_day, utc

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Term:
    """How long is granted: natural days, or hours that run from the instant of the event."""

    amount: int
    unit: Literal["days", "hours"]


def deadline(event: datetime, term: Term, zone: str) -> datetime:
    """The first instant that is too late, if `term` runs from `event` by the calendar of `zone`.

    Raises KaoheError for an unknown zone, a time without an offset, and beyond the end of the calendar.

    >>> from datetime import UTC
    >>> noticed = datetime(2026, 3, 11, 2, 30, tzinfo=UTC)
    >>> deadline(noticed, Term(7, "days"), "Asia/Shanghai").isoformat()
    '2026-03-18T16:00:00+00:00'
    >>> deadline(noticed, Term(48, "hours"), "Asia/Shanghai").isoformat()
    '2026-03-13T02:30:00+00:00'
    """
    if term.unit == "hours":
        return utc(event) + timedelta(hours=term.amount)
    return end_of(shifted(local_day(event, zone), term.amount), zone)


def end_of(day: date, zone: str) -> datetime:
    """The instant at which `day` is over.

    >>> end_of(date(2026, 3, 18), "Asia/Shanghai").isoformat()
    '2026-03-18T16:00:00+00:00'
    """
    return day_bounds(day, zone)[1]


def last_day(until: datetime, zone: str) -> date | None:
    """The day at whose end a deadline lies; None where an hour counts.

    >>> from datetime import UTC
    >>> last_day(datetime(2026, 3, 18, 16, tzinfo=UTC), "Asia/Shanghai")
    datetime.date(2026, 3, 18)
    >>> last_day(datetime(2026, 3, 18, 10, tzinfo=UTC), "Asia/Shanghai")
    """
    ended = shifted(local_day(until, zone), -1)
    return ended if end_of(ended, zone) == utc(until) else None


def printed(until: datetime, zone: str) -> datetime:
    """The deadline that a notice means by the hour that it prints: by the last minute of a day it means all of it.

    >>> from datetime import UTC
    >>> printed(datetime(2026, 3, 18, 15, 59, 59, tzinfo=UTC), "Asia/Shanghai").isoformat()
    '2026-03-18T16:00:00+00:00'
    >>> printed(datetime(2026, 3, 18, 10, tzinfo=UTC), "Asia/Shanghai").isoformat()
    '2026-03-18T10:00:00+00:00'
    """
    end = end_of(local_day(until, zone), zone)
    return end if end - utc(until) <= MINUTE else utc(until)
