"""Local times against a reckoning that tries every offset a zone has near a day.

Generated cases here: 500 + 300 + 200 = 1,000.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.zones import day_bounds, local_day, local_instant, utc, zone_named
from engine.errors import KaoheError, UnknownNameError

Reckoning = Callable[[date, time, str], datetime]

# Half-hour and two-hour jumps, jumps at midnight, a day left out, odd offsets, none at all.
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Pacific/Apia",
    "UTC",
)
QUARTERS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
TIMES = st.times() | QUARTERS | st.builds(time, st.integers(0, 3), st.integers(0, 59))


def cases(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def jumps(zone: str) -> list[date]:
    """Days of the years 1980 to 2035 at whose noon the clocks differ from the noon before."""
    clocks, noon, found = ZoneInfo(zone), datetime.fromisoformat("1980-01-01T12:00"), []
    while noon.year < 2036:
        following = noon + timedelta(days=1)
        if clocks.utcoffset(noon) != clocks.utcoffset(following):
            found.append(following.date())
        noon = following
    return found


@st.composite
def zones_and_days(draw: st.DrawFn) -> tuple[str, date]:
    """A zone and a day: any day, and as often one next to a jump of the clocks."""
    zone = draw(st.sampled_from(ZONES))
    near = jumps(zone)
    if near and draw(st.booleans()):
        return zone, draw(st.sampled_from(near)) + timedelta(days=draw(st.integers(-1, 1)))
    return zone, draw(st.dates(date(1971, 1, 1), date(2037, 12, 30)))


@cases(500)
@given(zones_and_days(), TIMES)
def test_a_local_time_is_the_first_instant_that_shows_it_or_moves_over_the_gap(
    reckoned_instant: Reckoning, where: tuple[str, date], at: time
) -> None:
    zone, day = where
    instant = local_instant(day, at, zone)
    assert instant.tzinfo is UTC
    assert instant == reckoned_instant(day, at, zone)


@cases(300)
@given(zones_and_days(), st.integers(0, 2**20))
def test_days_tile_the_time_line_and_hold_what_their_clocks_show(where: tuple[str, date], salt: int) -> None:
    zone, day = where
    start, end = day_bounds(day, zone)
    assert day_bounds(day - timedelta(days=1), zone)[1] == start
    assert day_bounds(day + timedelta(days=1), zone)[0] == end
    assert timedelta(0) <= end - start <= timedelta(hours=26)
    clocks = ZoneInfo(zone)
    if start < end:
        assert start.astimezone(clocks).date() == day
        assert (start - timedelta(microseconds=1)).astimezone(clocks).date() < day
    # Any instant of the day shows it, unless clocks set back over midnight show the day before once more.
    inside = start + (end - start) * salt / 2**20
    if start <= inside < end and zone != "America/St_Johns":
        assert inside.astimezone(clocks).date() == day == local_day(inside, zone)


@cases(200)
@given(
    st.datetimes(datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2037-01-01")),
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
)
def test_the_local_day_of_an_instant_does_not_depend_on_how_it_is_written(
    naive: datetime, zone: str, written_in: str
) -> None:
    instant = naive.replace(tzinfo=UTC)
    assert local_day(instant.astimezone(ZoneInfo(written_in)), zone) == instant.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("day", "at", "zone", "instant"),
    [
        ("2026-03-29", "02:30", "Europe/Berlin", "2026-03-29T01:30+00:00"),  # shown as 03:30
        ("2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T00:30+00:00"),  # the first of two
        ("2026-03-08", "02:00", "America/New_York", "2026-03-08T07:00+00:00"),
        ("2026-11-01", "01:59", "America/New_York", "2026-11-01T05:59+00:00"),
        ("2026-10-04", "02:10", "Australia/Lord_Howe", "2026-10-03T15:40+00:00"),  # a gap of half an hour
        ("2026-04-05", "01:45", "Australia/Lord_Howe", "2026-04-04T14:45+00:00"),
        ("1986-01-01", "00:10", "Asia/Kathmandu", "1985-12-31T18:40+00:00"),  # a gap of a quarter
        ("2018-11-04", "00:00", "America/Sao_Paulo", "2018-11-04T03:00+00:00"),  # no midnight on that day
        ("2011-12-30", "10:00", "Pacific/Apia", "2011-12-30T20:00+00:00"),  # no such day there
    ],
)
def test_known_gaps_and_folds(day: str, at: str, zone: str, instant: str) -> None:
    reckoned = local_instant(date.fromisoformat(day), time.fromisoformat(at), zone)
    assert reckoned == datetime.fromisoformat(instant)


def test_a_day_that_a_zone_left_out_is_empty() -> None:
    start, end = day_bounds(date(2011, 12, 30), "Pacific/Apia")
    assert start == end


def test_the_second_occurrence_of_a_time_is_never_meant() -> None:
    first = local_instant(date(2026, 10, 25), time(2, 30), "Europe/Berlin")
    assert local_instant(date(2026, 10, 25), time(2, 30, fold=1), "Europe/Berlin") == first


@pytest.mark.parametrize("name", ["Asia/Shangai", "Asia", "../etc/passwd", "", "中国", "a\0b"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown time zone"):
        zone_named(name)


def test_a_misspelt_zone_is_told_names_near_it() -> None:
    with pytest.raises(UnknownNameError, match=r"'Asia/Shangai'; did you mean 'Asia/Shanghai'"):
        local_instant(date(2026, 1, 1), time(0), "Asia/Shangai")


def test_a_time_without_offset_is_no_instant() -> None:
    with pytest.raises(KaoheError, match="2026-03-01T10:00:00 has no offset, so it is not an instant; add one, like"):
        utc(datetime.fromisoformat("2026-03-01T10:00"))


def test_the_ends_of_the_calendar_are_named() -> None:
    with pytest.raises(KaoheError, match="outside the calendar in UTC"):
        local_instant(date.max, time(23), "America/New_York")
    with pytest.raises(KaoheError, match="outside the calendar in Asia/Shanghai"):
        local_day(datetime.max.replace(tzinfo=UTC), "Asia/Shanghai")
