"""Deadlines equal those that a clerk with a calendar on the wall would find, who looks at every quarter of an hour."""

import sys
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar.deadlines import Term, deadline, end_of, last_day, printed

SHANGHAI = "Asia/Shanghai"
# With summer time, without it, with jumps at midnight (no 00:00 on that day), of half an hour, far from UTC.
ZONES = [
    SHANGHAI,
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Auckland",
]
FIRST = datetime(2006, 1, 1, tzinfo=UTC)
YEARS = 20
QUARTER = timedelta(minutes=15)


def by_hand(event, days, zone):
    """The first quarter of an hour at which the calendar shows a day after the last one of `days`."""
    clock = ZoneInfo(zone)
    day = event.astimezone(clock).date()
    for _ in range(days):
        day += timedelta(days=1)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(clock).date() <= day:
        at += QUARTER
    return at


def notices(number, seed):
    """As many notices as are asked for, at random minutes of twenty years."""
    chance = Random(seed)
    minutes = YEARS * 365 * 24 * 60
    return [(FIRST + timedelta(minutes=chance.randrange(minutes)), chance.randint(1, 30)) for _ in range(number)]


def differences(number, seed, zones):
    return [
        (event, days, zone)
        for zone in zones
        for event, days in notices(number, seed)
        if deadline(event, Term(days, "days"), zone) != by_hand(event, days, zone)
    ]


def test_deadlines_of_some_notices_are_those_of_a_clerk():
    assert differences(60, 1, ZONES) == []


@pytest.mark.slow
def test_deadlines_of_twenty_years_of_notices_are_those_of_a_clerk(capsys):
    each = 366 * YEARS  # one for every day
    assert differences(each, 2, ZONES) == []
    with capsys.disabled():
        sys.stdout.write(f"\n{each * len(ZONES):,} deadlines of {YEARS} years in {len(ZONES)} zones: 0 differ\n")


@given(
    st.datetimes(datetime(2006, 1, 1), datetime(2046, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 60),
    st.sampled_from(ZONES),
)
def test_a_deadline_in_days_ends_a_day_and_never_comes_before_so_many_full_days(event, days, zone):
    until = deadline(event, Term(days, "days"), zone)
    assert last_day(until, zone) == event.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    assert until - event > timedelta(days=days) - timedelta(hours=1)  # the clocks may go forward meanwhile
    assert deadline(event, Term(days + 1, "days"), zone) > until


@given(st.datetimes(timezones=st.just(UTC), max_value=datetime(9000, 1, 1)), st.integers(1, 400))
def test_hours_are_counted_by_no_calendar(event, hours):
    assert {deadline(event, Term(hours, "hours"), zone) for zone in ZONES} == {event + timedelta(hours=hours)}


@pytest.mark.parametrize(
    ("noticed", "until"),
    [
        ("2026-03-11T00:00:00+08:00", "2026-03-19T00:00:00+08:00"),
        ("2026-03-11T23:59:59+08:00", "2026-03-19T00:00:00+08:00"),
        ("2026-03-12T00:00:00+08:00", "2026-03-20T00:00:00+08:00"),
    ],
)
def test_the_day_of_the_notice_is_not_counted_whatever_its_hour(noticed, until):
    found = deadline(datetime.fromisoformat(noticed), Term(7, "days"), SHANGHAI)
    assert found == datetime.fromisoformat(until)


def test_what_is_printed_to_the_last_minute_of_a_day_means_all_of_it():
    end = end_of(date(2026, 3, 18), SHANGHAI)
    for seconds in (1, 60):
        assert printed(end - timedelta(seconds=seconds), SHANGHAI) == end
    assert printed(end - timedelta(seconds=61), SHANGHAI) == end - timedelta(seconds=61)
    assert last_day(end - timedelta(seconds=61), SHANGHAI) is None
