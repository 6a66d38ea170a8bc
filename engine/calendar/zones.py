"""Local clocks and UTC: where a wall-clock time becomes an instant, and an instant a local day.

Clocks jump. A time that a jump skips (a gap) is read by the offset before the jump, which moves it forward by
the length of the gap; a time that a jump repeats (a fold) means its first occurrence. So every local time has
exactly one instant, and the same time of a later day never comes earlier.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from engine.calendar.days import plain_day, shifted
from engine.errors import KaoheError, UnknownNameError

MIDNIGHT = time(0)


def zone_named(zone: str) -> ZoneInfo:
    """The IANA zone of that name. Raises UnknownNameError with names near it.

    >>> zone_named("Asia/Shanghai").key
    'Asia/Shanghai'
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such file, not a relative path, a directory
        raise UnknownNameError("time zone", zone, available_timezones()) from None


def utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises KaoheError for a time without an offset.

    Instants are put into UTC before they are compared: Python compares two times of one zone by their wall
    clocks, which runs backwards in a fold.
    """
    if instant.utcoffset() is None:
        raise KaoheError(f"{instant.isoformat()} has no offset, so it is not an instant; add one, like +08:00 or Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise KaoheError(f"{instant.isoformat()} lies outside the calendar in UTC") from None


def local_instant(day: date, at: time, zone: str) -> datetime:
    """The instant, in UTC, at which the clocks of `zone` show `at` on `day`.

    Raises KaoheError for an unknown zone and at the ends of the calendar.

    >>> local_instant(date(2026, 3, 10), time(10), "Asia/Shanghai").isoformat()
    '2026-03-10T02:00:00+00:00'

    A time in a gap moves forward (02:30 becomes 03:30 summer time); of a fold, the first counts:

    >>> local_instant(date(2026, 3, 29), time(2, 30), "Europe/Berlin").isoformat()
    '2026-03-29T01:30:00+00:00'
    >>> local_instant(date(2026, 10, 25), time(2, 30), "Europe/Berlin").isoformat()
    '2026-10-25T00:30:00+00:00'
    """
    wall = datetime.combine(plain_day(day), at.replace(tzinfo=None, fold=0), tzinfo=zone_named(zone))
    return utc(wall)


def second_of_day(day: date, second: int, zone: str) -> datetime:
    """The instant, in UTC, at which the clocks of `zone` show this second of `day`; 86400 is the next midnight.

    >>> second_of_day(date(2026, 3, 10), 23 * 3600, "Asia/Shanghai").isoformat()
    '2026-03-10T15:00:00+00:00'
    """
    hours, rest = divmod(second, 3600)
    if hours >= 24:
        return local_instant(shifted(day, 1), MIDNIGHT, zone)
    return local_instant(day, time(hours, rest // 60, rest % 60), zone)


def local_day(instant: datetime, zone: str) -> date:
    """The day that calendars in `zone` show at `instant`. KaoheError for an unknown zone or a naive time.

    >>> from datetime import UTC
    >>> local_day(datetime(2026, 3, 8, 16, 0, tzinfo=UTC), "Asia/Shanghai")
    datetime.date(2026, 3, 9)
    """
    try:
        return utc(instant).astimezone(zone_named(zone)).date()
    except OverflowError:
        raise KaoheError(f"{instant.isoformat()} lies outside the calendar in {zone}") from None


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first instant of `day` and the first one after it, in UTC: half-open, so days tile the time line.

    A day with a jump of the clocks is shorter or longer than 24 hours; a day that a zone left out altogether
    (it crossed the date line) is empty; where midnight comes twice, the day begins with the first. Raises
    KaoheError as `local_instant` does.

    >>> start, end = day_bounds(date(2026, 3, 29), "Europe/Berlin")
    >>> start.isoformat(), (end - start).total_seconds() / 3600
    ('2026-03-28T23:00:00+00:00', 23.0)
    """
    return local_instant(day, MIDNIGHT, zone), local_instant(shifted(day, 1), MIDNIGHT, zone)
