"""What is due, however often a program asks and however long it was down in between.

The reckoning walks over every single day, asks whether a cycle ends there, and tests the instant of each.
Generated cases here: 350 + 400 + 200 + 150 + 150 = 1,250.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.assessment import (
    WEEKDAYS,
    AssessedOn,
    assessment_instant,
    due_among,
    due_cycles,
    last_cycle_due,
)
from engine.calendar.cycles import CAMPAIGN, DAY, MONTH, WEEK, CycleKind, cycle_of, cycles_between, rolling
from engine.errors import KaoheError

Reckoning = Callable[[date, time, str], datetime]
Rule = tuple[CycleKind, AssessedOn, str]

ONE = timedelta(days=1)
TICK = timedelta(microseconds=1)
ZONES = st.sampled_from(
    [
        "Asia/Shanghai",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/St_Johns",
        "Pacific/Apia",
    ]
)
KINDS = st.sampled_from([DAY, WEEK, MONTH]) | st.integers(1, 40).map(rolling)
TIMES = st.builds(time, st.integers(0, 3), st.sampled_from([0, 1, 15, 30])) | st.sampled_from([time(10), time.max])
ASSESSED = st.one_of(
    st.builds(AssessedOn, TIMES, day=st.just("next")),
    st.builds(AssessedOn, TIMES, day=st.integers(1, 31)),
    st.builds(AssessedOn, TIMES, weekday=st.integers(0, 6)),
)
RULES = st.tuples(KINDS, ASSESSED, ZONES)
FIRST_DAYS = st.dates(date(1990, 1, 1), date(2035, 1, 1)) | st.dates(date(2011, 10, 1), date(2011, 12, 30))
# Down for a moment, for hours, or for weeks.
PAUSES = st.timedeltas(timedelta(0), timedelta(hours=6)) | st.timedeltas(timedelta(0), timedelta(days=25))


def cases(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ends_a_cycle(kind: CycleKind, day: date) -> bool:
    if kind == WEEK:
        return day.strftime("%A") == "Sunday"
    return kind != MONTH or (day + ONE).day == 1


def key_by_its_end(kind: CycleKind, last: date) -> str:
    if kind.name == "rolling":
        return f"{kind.length}d:{last}"
    return last.strftime({"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}[kind.name])


def walked(last: date, assessed: AssessedOn) -> date:
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


def walk(reckoned: Reckoning, rule: Rule, first_day: date, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Key and instant of each cycle that ends on or after `first_day` and is due at `now`: no shortcuts."""
    kind, assessed, zone = rule
    day = first_day
    while day <= (now + 3 * ONE).date():
        if ends_a_cycle(kind, day):
            at = reckoned(walked(day, assessed), assessed.at, zone)
            if at <= now:
                yield key_by_its_end(kind, day), at
        day += ONE


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@cases(350)
@given(RULES, FIRST_DAYS, st.timedeltas(-3 * ONE, 100 * ONE))
def test_due_is_what_a_walk_over_every_day_finds(
    reckoned_instant: Reckoning, rule: Rule, first_day: date, later: timedelta
) -> None:
    now = midnight(first_day) + later
    due = due_cycles(*rule, first_day, now)
    assert [c.key for c in due] == [key for key, _ in walk(reckoned_instant, rule, first_day, now)]


@cases(400)
@given(RULES, FIRST_DAYS, st.timedeltas(timedelta(0), 40 * ONE), st.lists(PAUSES, min_size=1, max_size=8))
def test_no_pattern_of_outages_loses_or_repeats_a_cycle(
    reckoned_instant: Reckoning, rule: Rule, first_day: date, later: timedelta, pauses: list[timedelta]
) -> None:
    ticks = [midnight(first_day) + later]
    for pause in pauses:
        ticks.append(ticks[-1] + pause)
    found = [cycle.key for a, b in pairwise(ticks) for cycle in due_cycles(*rule, first_day, b, after=a)]
    assert found == [c.key for c in due_cycles(*rule, first_day, ticks[-1], after=ticks[0])]
    walked_over = walk(reckoned_instant, rule, first_day, ticks[-1])
    assert found == [key for key, at in walked_over if at > ticks[0]]
    # Without `after`, what was due before stays due, in the same order, and the rest comes behind it.
    before, at_last = due_cycles(*rule, first_day, ticks[0]), due_cycles(*rule, first_day, ticks[-1])
    assert [c.key for c in at_last] == [c.key for c in before] + found


@cases(200)
@given(RULES, FIRST_DAYS)
def test_a_cycle_is_due_at_its_instant_and_not_a_moment_before(rule: Rule, day: date) -> None:
    kind, assessed, zone = rule
    cycle = cycle_of(kind, day)
    at = assessment_instant(cycle, assessed, zone)
    assert cycle in due_cycles(*rule, day, at)
    assert cycle not in due_cycles(*rule, day, at - TICK)
    assert cycle in due_cycles(*rule, day, at, after=at - TICK)
    assert cycle not in due_cycles(*rule, day, at + ONE, after=at)


@cases(150)
@given(RULES, FIRST_DAYS, st.timedeltas(timedelta(0), 60 * ONE), ZONES)
def test_now_means_the_same_in_every_zone_it_is_written_in(
    rule: Rule, first_day: date, later: timedelta, written_in: str
) -> None:
    now = midnight(first_day) + later
    written = now.astimezone(ZoneInfo(written_in))
    assert due_cycles(*rule, first_day, written) == due_cycles(*rule, first_day, now)
    assert last_cycle_due(*rule, written) == last_cycle_due(*rule, now)


@cases(150)
@given(RULES, FIRST_DAYS, st.timedeltas(timedelta(0), 60 * ONE))
def test_the_last_cycle_due_is_the_last_of_all_that_are(
    reckoned_instant: Reckoning, rule: Rule, first_day: date, later: timedelta
) -> None:
    now = midnight(first_day) + later
    last = last_cycle_due(*rule, now)
    assert last is not None
    *_, (key, at) = walk(reckoned_instant, rule, first_day - 70 * ONE, now)
    assert (last.key, assessment_instant(last, *rule[1:])) == (key, at)


def test_a_cycle_that_the_first_day_only_touches_is_included() -> None:
    tuesday = AssessedOn(time(10), weekday=1)
    now = datetime(2026, 3, 17, 2, tzinfo=UTC)
    due = due_cycles(WEEK, tuesday, "Asia/Shanghai", date(2026, 3, 8), now)
    assert [c.key for c in due] == ["2026-W10", "2026-W11"]


def test_nothing_is_due_before_the_first_day() -> None:
    next_day = AssessedOn(time(10), day="next")
    assert due_cycles(DAY, next_day, "Asia/Shanghai", date(2026, 3, 8), datetime(2026, 1, 1, tzinfo=UTC)) == []


def test_an_instant_in_a_fold_is_compared_as_an_instant() -> None:
    # 02:30 comes twice in Berlin; at 02:10 the second time, what was due at 02:30 the first time is due.
    rule = (DAY, AssessedOn(time(2, 30), day="next"), "Europe/Berlin")
    now = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [c.key for c in due_cycles(*rule, date(2026, 10, 24), now)] == ["2026-10-24"]


def test_given_cycles_are_due_one_by_one_and_in_order() -> None:
    next_day, zone = AssessedOn(time(10), day="next"), "Asia/Shanghai"
    days = cycles_between(DAY, date(2026, 3, 1), date(2026, 3, 5))
    now, after = datetime(2026, 3, 4, 2, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert due_among(reversed(days), next_day, zone, now) == days[:3]
    assert due_among(reversed(days), next_day, zone, now, after) == days[1:3]


def test_before_the_first_instant_of_the_calendar_nothing_is_due() -> None:
    assert last_cycle_due(DAY, AssessedOn(time(10), day="next"), "UTC", datetime(1, 1, 1, tzinfo=UTC)) is None


def test_campaigns_are_not_reckoned_from_days() -> None:
    with pytest.raises(KaoheError, match="announced, not computed"):
        due_cycles(
            CAMPAIGN,
            AssessedOn(time(10), day="next"),
            "UTC",
            date(2026, 1, 1),
            datetime(2026, 2, 1, tzinfo=UTC),
        )


def test_now_needs_an_offset() -> None:
    with pytest.raises(KaoheError, match="has no offset"):
        due_cycles(
            DAY,
            AssessedOn(time(10), day="next"),
            "UTC",
            date(2026, 1, 1),
            datetime.fromisoformat("2026-02-01"),
        )
