"""Cycles against a reckoning that only walks from day to day.

Generated cases here: 400 + 300 + 300 + 300 + 350 + 250 = 1,900.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.cycles import (
    CAMPAIGN,
    DAY,
    MONTH,
    WEEK,
    Cycle,
    CycleKind,
    cycle_of,
    cycles_between,
    following,
    preceding,
    rolling,
)
from engine.errors import KaoheError

ONE = timedelta(days=1)


def cases(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# Any day of three centuries, and as often one within three days of a month's or a year's end.
ANY_DAY = st.dates(date(1900, 1, 1), date(2200, 12, 31))
DAYS = ANY_DAY | st.builds(
    lambda year, month, off: date(year, month, 1) + timedelta(days=off),
    st.integers(1900, 2200),
    st.sampled_from([1, 1, 2, 3, 3, 12]),
    st.integers(-3, 3),
)
KINDS = st.sampled_from([DAY, WEEK, MONTH]) | st.integers(1, 100).map(rolling)


def walk(day: date, step: timedelta, until: Callable[[date], bool]) -> date:
    while not until(day):
        day += step
    return day


@cases(400)
@given(DAYS)
def test_a_week_runs_from_monday_to_sunday_and_its_thursday_numbers_it(day: date) -> None:
    monday = walk(day, -ONE, lambda d: d.strftime("%A") == "Monday")
    sunday = walk(day, ONE, lambda d: d.strftime("%A") == "Sunday")
    thursday = walk(monday, ONE, lambda d: d.strftime("%A") == "Thursday")
    number = sum(1 for back in range(54) if (thursday - back * 7 * ONE).year == thursday.year)
    week = cycle_of(WEEK, day)
    assert (week.first, week.last) == (monday, sunday)
    assert week.key == f"{thursday.year}-W{number:02d}"


@cases(300)
@given(DAYS)
def test_a_month_runs_from_its_first_day_to_the_day_before_the_next_first(day: date) -> None:
    first = walk(day, -ONE, lambda d: d.day == 1)
    last = walk(day, ONE, lambda d: (d + ONE).day == 1)
    assert cycle_of(MONTH, day) == Cycle(MONTH, day.strftime("%Y-%m"), first, last)


@cases(300)
@given(DAYS, st.integers(1, 400))
def test_a_rolling_window_ends_on_its_day_and_has_its_length(day: date, length: int) -> None:
    window = cycle_of(rolling(length), day)
    days = [day]
    while len(days) < length:
        days.append(days[-1] - ONE)
    assert list(window.days()) == days[::-1]
    assert window.key == f"{length}d:{day}"


@cases(300)
@given(KINDS, DAYS)
def test_a_cycle_contains_its_days_and_no_neighbour(kind: CycleKind, day: date) -> None:
    cycle = cycle_of(kind, day)
    inside = [d for d in (cycle.first - 5 * ONE + n * ONE for n in range(120)) if d in cycle]
    assert inside == list(cycle.days())
    assert day in inside


@cases(350)
@given(KINDS, DAYS, st.integers(-3, 120))
def test_cycles_between_two_days_are_those_that_a_walk_meets(kind: CycleKind, first: date, span: int) -> None:
    met: list[Cycle] = []
    for offset in range(span + 1):
        cycle = cycle_of(kind, first + offset * ONE)
        if cycle not in met:
            met.append(cycle)
    assert cycles_between(kind, first, first + span * ONE) == met


@cases(250)
@given(KINDS, DAYS)
def test_neighbours_meet_without_gap_or_overlap(kind: CycleKind, day: date) -> None:
    cycle = cycle_of(kind, day)
    after = following(cycle)
    assert preceding(after) == cycle
    if kind.name == "rolling":
        assert after.last - cycle.last == ONE
    else:
        assert after.first - cycle.last == ONE


@pytest.mark.parametrize(
    ("day", "key", "first", "last"),
    [
        ("2020-12-31", "2020-W53", "2020-12-28", "2021-01-03"),
        ("2021-01-03", "2020-W53", "2020-12-28", "2021-01-03"),
        ("2021-01-04", "2021-W01", "2021-01-04", "2021-01-10"),
        ("2024-12-30", "2025-W01", "2024-12-30", "2025-01-05"),
        ("2027-01-01", "2026-W53", "2026-12-28", "2027-01-03"),
        ("2028-02-29", "2028-W09", "2028-02-28", "2028-03-05"),
    ],
)
def test_weeks_across_the_turn_of_the_year_keep_their_number(day: str, key: str, first: str, last: str) -> None:
    week = cycle_of(WEEK, date.fromisoformat(day))
    assert (week.key, str(week.first), str(week.last)) == (key, first, last)


@pytest.mark.parametrize(
    ("day", "last"), [("1900-02-28", 28), ("2000-02-01", 29), ("2026-02-01", 28), ("2028-02-29", 29)]
)
def test_february_has_29_days_in_leap_years_only(day: str, last: int) -> None:
    assert cycle_of(MONTH, date.fromisoformat(day)).last.day == last


def test_cycles_sort_by_first_day_then_by_last() -> None:
    day = date(2026, 2, 1)
    ordered = [cycle_of(WEEK, day), cycle_of(DAY, day), cycle_of(MONTH, day), cycle_of(DAY, date(2026, 2, 2))]
    mixed = ordered[:]
    random.Random(1).shuffle(mixed)
    assert mixed != ordered
    assert sorted(mixed) == ordered
    assert ordered[0] < ordered[1] <= ordered[1] < ordered[3]


def test_a_rolling_cycle_needs_at_least_one_day() -> None:
    with pytest.raises(KaoheError, match=r"^a rolling cycle has 1 to 3660 days, not 0$"):
        rolling(0)
    with pytest.raises(KaoheError, match=r"not -7$"):
        rolling(-7)
    with pytest.raises(KaoheError, match=r"not None$"):
        CycleKind("rolling")


def test_only_rolling_cycles_have_a_length() -> None:
    with pytest.raises(KaoheError, match=r"^a week cycle takes no length; only rolling cycles have one$"):
        CycleKind("week", 7)


def test_an_unknown_kind_is_refused_with_the_kinds_that_exist() -> None:
    with pytest.raises(
        KaoheError, match=r"^no cycle is called 'quarter'; cycles are day, week, month, rolling, campaign$"
    ):
        CycleKind("quarter")


def test_a_campaign_is_not_computed_from_a_day() -> None:
    with pytest.raises(KaoheError, match="announced, not computed from a day; name one, like campaign:2026-618"):
        cycle_of(CAMPAIGN, date(2026, 6, 1))


def test_an_instant_is_not_taken_for_a_local_day() -> None:
    with pytest.raises(TypeError, match="take local_day"):
        cycle_of(DAY, datetime(2026, 3, 1, 23, tzinfo=UTC))


def test_a_cycle_does_not_end_before_it_begins() -> None:
    with pytest.raises(KaoheError, match="cycle odd would end on 2026-03-01, before it begins on 2026-03-02"):
        Cycle(DAY, "odd", date(2026, 3, 2), date(2026, 3, 1))


def test_the_ends_of_the_calendar_are_named() -> None:
    assert cycle_of(MONTH, date.max).last == date.max
    assert cycle_of(WEEK, date.min).first == date.min
    assert cycles_between(DAY, date(9999, 12, 30), date.max)[-1].last == date.max
    with pytest.raises(KaoheError, match=r"outside the calendar \(0001-01-01 to 9999-12-31\)"):
        cycle_of(WEEK, date.max)
    with pytest.raises(KaoheError, match="outside the calendar"):
        cycle_of(rolling(30), date(1, 1, 5))
