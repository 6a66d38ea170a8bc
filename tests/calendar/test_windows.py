"""Exclusion windows and the grace of new shops.

Generated cases here: 200 + 200 + 200 = 600.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.cycles import DAY, MONTH, WEEK, cycle_of
from engine.calendar.windows import GraceMonths, Window, excluded
from engine.errors import KaoheError

ONE = timedelta(days=1)
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
# The years' ends of summer time are the instants at which two writings of one instant are easiest to confuse.
INSTANTS = st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2035-01-01")) | st.datetimes(
    datetime.fromisoformat("2026-10-24T22:00"), datetime.fromisoformat("2026-10-25T04:00")
)


def cases(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cases(200)
@given(INSTANTS, st.timedeltas(timedelta(microseconds=1), 60 * ONE), st.timedeltas(-ONE, 61 * ONE), ZONES, ZONES)
def test_a_window_holds_its_start_and_not_its_end_however_instants_are_written(
    naive: datetime, length: timedelta, later: timedelta, window_zone: str, instant_zone: str
) -> None:
    starts = naive.replace(tzinfo=UTC)
    there, here = ZoneInfo(window_zone), ZoneInfo(instant_zone)
    window = Window(starts.astimezone(there), (starts + length).astimezone(there))
    assert window == Window(starts, starts + length)
    assert starts.astimezone(here) in window
    assert (starts + length).astimezone(here) not in window
    assert ((starts + later).astimezone(here) in window) == (timedelta(0) <= later < length)


@cases(200)
@given(st.dates(date(1990, 1, 1), date(2035, 1, 1)), st.integers(0, 40), ZONES, st.integers(-50, 50 * 24))
def test_a_window_of_days_holds_what_the_local_calendar_says(first: date, span: int, zone: str, hours: int) -> None:
    window = Window.of_days(first, first + span * ONE, zone)
    instant = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(hours=hours)
    assert (instant in window) == (first <= instant.astimezone(ZoneInfo(zone)).date() <= first + span * ONE)


@cases(200)
@given(st.dates(date(1990, 1, 1), date(2035, 1, 1)), st.integers(1, 24), st.integers(1, 31))
def test_grace_covers_whole_months_from_the_turn_on(opened_on: date, months: int, turn: int) -> None:
    first = opened_on
    if opened_on.day <= turn:
        while first.day != 1:
            first -= ONE
    else:
        while first.day != 1:
            first += ONE
    after, passed = first, 0
    while passed < months:
        after += ONE
        passed += after.day == 1
    grace = GraceMonths(months, turn)
    assert grace.days(opened_on) == (first, after - ONE)
    assert grace.exempts(opened_on, cycle_of(MONTH, first))
    assert grace.exempts(opened_on, cycle_of(MONTH, after - ONE))
    assert not grace.exempts(opened_on, cycle_of(MONTH, after))
    assert not grace.exempts(opened_on, cycle_of(DAY, first - ONE))


def test_a_week_that_begins_in_grace_is_exempt_and_one_that_begins_before_is_not() -> None:
    grace, opened_on = GraceMonths(3), date(2026, 1, 16)  # exempt from 2026-02-01, a Sunday, to 2026-04-30
    assert not grace.exempts(opened_on, cycle_of(WEEK, date(2026, 2, 1)))
    assert grace.exempts(opened_on, cycle_of(WEEK, date(2026, 2, 2)))
    assert grace.exempts(opened_on, cycle_of(WEEK, date(2026, 5, 3)))
    assert not grace.exempts(opened_on, cycle_of(WEEK, date(2026, 5, 4)))


def test_what_lies_in_any_window_is_excluded() -> None:
    windows = [
        Window.of_days(date(2022, 1, 25), date(2022, 2, 8), "Asia/Shanghai"),
        Window.of_days(date(2024, 2, 4), date(2024, 2, 17), "Asia/Shanghai"),
    ]
    assert excluded(datetime(2024, 2, 17, 15, 59, 59, 999_999, tzinfo=UTC), windows)
    assert not excluded(datetime(2024, 2, 17, 16, tzinfo=UTC), windows)
    assert not excluded(datetime(2024, 2, 5, tzinfo=UTC), [])


def test_a_window_must_end_after_it_starts() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with pytest.raises(KaoheError, match="a window must end after it starts: 2026-03-01T12:00"):
        Window(noon, noon)
    with pytest.raises(KaoheError, match="a window must end after it starts: 2026-03-02 to 2026-03-01"):
        Window.of_days(date(2026, 3, 2), date(2026, 3, 1), "Asia/Shanghai")


def test_a_window_needs_instants_with_an_offset() -> None:
    with pytest.raises(KaoheError, match="has no offset"):
        Window(datetime.fromisoformat("2026-03-01"), datetime.fromisoformat("2026-03-02"))


def test_grace_has_sensible_bounds() -> None:
    with pytest.raises(KaoheError, match="lasts 1 to 120 months, not 0"):
        GraceMonths(0)
    with pytest.raises(KaoheError, match="turns on day 1 to 31 of a month, not 32"):
        GraceMonths(3, 32)
