"""By when a duty is due: a pure function of days. An instant is exclusive: it is the first one that is too late."""

from __future__ import annotations

from datetime import date, datetime

from engine.calendar.days import shifted
from engine.calendar.zones import day_bounds
from engine.rulebook.model import DutySpec


def due_instant(spec: DutySpec, since: date, printed: datetime | None, zone: str) -> datetime:
    """The instant that the platform has printed, else the end of the `within_days`-th day after `since`.

    >>> from engine.rulebook.model import Claim
    >>> spec = DutySpec("mandatory_exam", "measure", 3, "notice", Claim("mandatory_exam", "assumed"))
    >>> due_instant(spec, date(2026, 3, 10), None, "Asia/Shanghai").isoformat()
    '2026-03-13T16:00:00+00:00'
    """
    return printed or end_of(shifted(since, spec.within_days), zone)


def end_of(day: date, zone: str) -> datetime:
    """The first instant after a local day, in UTC."""
    return day_bounds(day, zone)[1]
