"""Assessment days against a walk from day to day; the forms that an assessment day may have.

Generated cases here: 500 + 250 = 750.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.assessment import WEEKDAYS, AssessedOn, assessment_day, assessment_instant
from engine.calendar.cycles import DAY, MONTH, WEEK, CycleKind, cycle_of, rolling
from engine.errors import KaoheError

ONE = timedelta(days=1)
TUESDAY = AssessedOn(time(10), weekday=WEEKDAYS.index("tuesday"))
KINDS = st.sampled_from([DAY, WEEK, MONTH]) | st.integers(1, 100).map(rolling)
TIMES = st.times() | st.builds(time, st.integers(0, 3), st.sampled_from([0, 15, 30]))
ASSESSED = st.one_of(
    st.builds(AssessedOn, TIMES, day=st.just("next")),
    st.builds(AssessedOn, TIMES, day=st.integers(1, 31)),
    st.builds(AssessedOn, TIMES, weekday=st.integers(0, 6)),
)
DAYS = st.dates(date(1975, 1, 1), date(2037, 1, 1))


def cases(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def walked(last: date, assessed: AssessedOn) -> date:
    """The assessment day after `last`, found by walking."""
    day = last + ONE
    if assessed.weekday is not None:
        while day.strftime("%A").lower() != WEEKDAYS[assessed.weekday]:
            day += ONE
    elif assessed.day != "next":
        while day.day != 1:
            day += ONE
        while day.day != assessed.day and (day + ONE).day != 1:
            day += ONE
    return day


@cases(500)
@given(KINDS, DAYS, ASSESSED)
def test_the_assessment_day_is_the_one_that_a_walk_from_the_end_meets(
    kind: CycleKind, day: date, assessed: AssessedOn
) -> None:
    cycle = cycle_of(kind, day)
    assert assessment_day(cycle, assessed) == walked(cycle.last, assessed)


@cases(250)
@given(
    KINDS,
    DAYS,
    ASSESSED,
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
)
def test_the_assessment_instant_is_its_day_and_time_on_the_clocks_of_the_zone(
    reckoned_instant: Callable[[date, time, str], datetime],
    kind: CycleKind,
    day: date,
    assessed: AssessedOn,
    zone: str,
) -> None:
    cycle = cycle_of(kind, day)
    expected = reckoned_instant(walked(cycle.last, assessed), assessed.at, zone)
    assert assessment_instant(cycle, assessed, zone) == expected


@pytest.mark.parametrize(
    ("kind", "day", "assessed", "expected"),
    [
        (DAY, "2026-12-31", AssessedOn(time(10), day="next"), "2027-01-01"),
        (WEEK, "2026-03-02", TUESDAY, "2026-03-10"),
        (WEEK, "2027-01-01", TUESDAY, "2027-01-05"),  # week 53
        (WEEK, "2026-03-02", AssessedOn(time(10), weekday=WEEKDAYS.index("sunday")), "2026-03-15"),
        (WEEK, "2026-03-02", AssessedOn(time(10), weekday=WEEKDAYS.index("monday")), "2026-03-09"),
        (MONTH, "2026-12-05", AssessedOn(time(10), day=1), "2027-01-01"),
        (MONTH, "2026-01-31", AssessedOn(time(10), day=31), "2026-02-28"),
        (MONTH, "2028-01-31", AssessedOn(time(10), day=30), "2028-02-29"),
        (MONTH, "2026-03-01", AssessedOn(time(10), day=31), "2026-04-30"),
    ],
)
def test_known_assessment_days(kind: CycleKind, day: str, assessed: AssessedOn, expected: str) -> None:
    assert str(assessment_day(cycle_of(kind, date.fromisoformat(day)), assessed)) == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "exactly one of day and weekday, here is neither a day nor a weekday"),
        ({"day": "next", "weekday": 1}, "exactly one of day and weekday, here is both a day and a weekday"),
        (
            {"day": 0},
            "no assessment day is called 0; it says day: next, day: 1 to 31, or weekday: monday to sunday",
        ),
        ({"day": 32}, "no assessment day is called 32; it says"),
        ({"day": True}, "no assessment day is called True; it says"),
        ({"day": "tuesday"}, "no assessment day is called 'tuesday'; it says"),
        ({"weekday": 7}, "no weekday has the number 7; 0 is Monday, 6 is Sunday"),
    ],
)
def test_what_is_no_assessment_day_is_told_the_forms(fields: dict[str, object], message: str) -> None:
    with pytest.raises(KaoheError) as caught:
        AssessedOn(time(10), **fields)
    assert message in str(caught.value)


def test_the_time_of_an_assessment_is_local() -> None:
    with pytest.raises(KaoheError, match="carries a zone; it is a local time, like 10:00"):
        AssessedOn(time(10, tzinfo=UTC), day="next")


def test_past_the_last_year_there_is_no_assessment_day() -> None:
    with pytest.raises(KaoheError, match="outside the calendar"):
        assessment_day(cycle_of(MONTH, date.max), AssessedOn(time(10), day=1))
