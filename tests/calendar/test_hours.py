"""Hours against the comparison of clock texts, which sort as their times do.

Generated cases here: 250 + 150 = 400.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.hours import DAY_SECONDS, Hours, parse_hours
from engine.errors import KaoheError

RANGES = st.lists(
    st.integers(0, 1440).map(lambda minute: minute * 60) | st.integers(0, DAY_SECONDS),
    min_size=2,
    max_size=2,
    unique=True,
).map(lambda pair: Hours(*sorted(pair)))


def cases(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def clock(second: int) -> str:
    """The wall clock's text, with 24:00:00 for the day's end."""
    return "24:00:00" if second == DAY_SECONDS else datetime.fromtimestamp(second, UTC).strftime("%H:%M:%S")


@cases(250)
@given(RANGES, st.integers(0, DAY_SECONDS - 1), st.integers(-2, 2))
def test_hours_hold_the_seconds_from_their_start_up_to_their_end(hours: Hours, second: int, off: int) -> None:
    for tried in (second, hours.start + off, hours.end + off):
        if 0 <= tried < DAY_SECONDS:
            assert (tried in hours) == (clock(hours.start) <= clock(tried) < clock(hours.end))


@cases(150)
@given(RANGES)
def test_hours_are_written_as_they_are_read(hours: Hours) -> None:
    text = str(hours)
    assert parse_hours(text) == hours
    assert [clock(hours.start), clock(hours.end)] == [
        part + ":00" if len(part) == 5 else part for part in text.split("-")
    ]


@pytest.mark.parametrize("text", ["08:00-24:00", "09:00-23:00", "00:00-24:00", "08:00:30-12:15"])
def test_a_text_of_hours_is_given_back(text: str) -> None:
    assert str(parse_hours(text)) == text


def test_the_last_second_of_the_day_counts_until_24_and_not_until_23() -> None:
    assert DAY_SECONDS - 1 in parse_hours("08:00-24:00")
    assert 23 * 3600 not in parse_hours("08:00-23:00")


@pytest.mark.parametrize(
    "text",
    ["", "8-24", "8:00-24:00", "08:00", "08:00–24:00", "08:00-24:00-", "０８:00-24:00", "08:00 - 24:00"],
)
def test_what_is_no_range_of_hours_is_told_the_form(text: str) -> None:
    with pytest.raises(KaoheError) as caught:
        parse_hours(text)
    assert str(caught.value) == f"{text!r} is not a range of hours; hours are written like 08:00-24:00"


@pytest.mark.parametrize("clock_text", ["24:01", "25:00", "08:60", "24:00:01", "08:00:60"])
def test_what_is_no_time_of_day_is_named(clock_text: str) -> None:
    with pytest.raises(KaoheError) as caught:
        parse_hours(f"08:00-{clock_text}")
    assert (
        str(caught.value) == f"'{clock_text}' in '08:00-{clock_text}' is no time of day; times run from 00:00 to 24:00"
    )


def test_hours_over_midnight_are_refused_with_the_two_ranges_to_write() -> None:
    with pytest.raises(KaoheError) as caught:
        parse_hours("22:00-06:00")
    assert str(caught.value) == (
        "the hours 22:00-06:00 run over midnight, and so would belong to two days; "
        "say 22:00-24:00 or 00:00-06:00, a counter for each"
    )


def test_hours_up_to_00_00_mean_24_00() -> None:
    with pytest.raises(KaoheError, match=r"^the hours 08:00-00:00 end before they start; the end of the day is 24:00$"):
        parse_hours("08:00-00:00")


def test_empty_hours_are_refused() -> None:
    with pytest.raises(KaoheError, match="the hours 08:00-08:00 are empty: the end itself is not counted"):
        parse_hours("08:00-08:00")


def test_seconds_outside_a_day_are_refused() -> None:
    with pytest.raises(KaoheError, match=r"within the seconds 0 to 86400 of a day, not 0 to 86401"):
        Hours(0, DAY_SECONDS + 1)
