"""The calendar of assessments is what one finds by asking every day of a year what it assesses."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.assessment.agenda import Booked, Measure, OnRecord, Shop, agenda, appointments, next_appointment
from engine.assessment.outcome import DatedSanction
from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import CAMPAIGN, DAY, MONTH, WEEK, rolling
from engine.errors import KaoheError
from engine.rulebook.book import load_or_refuse
from engine.rulebook.model import SanctionSpec

RULES = list(load_or_refuse([Path(__file__).parents[2] / "rulesets"]).values())
SHANGHAI = "+08:00"
ONE = timedelta(days=1)
LATE = timedelta(minutes=10)


def naive(rule, first, last):
    """(cycle's key, version, first, last, day, instant) of every assessment on these days, asked day by day."""
    found = set()
    ends = first - 100 * ONE
    while ends <= last:
        for version in rule.versions:
            for key, starts in cycles_that_end(version, ends):
                governing = [v for v in rule.versions if v.since <= starts]
                if not governing or governing[-1] is not version:
                    continue
                day = assessed_after(ends, version.assessed)
                if first <= day <= last:
                    instant = datetime.fromisoformat(f"{day}T{version.assessed.at}{SHANGHAI}")
                    found.add((key, version.key, starts, ends, day, instant))
        ends += ONE
    return found


def cycles_that_end(version, day):
    kind = version.cycle
    if version.repealed or kind is None:
        return
    if kind.name == "day":
        yield f"{day}", day
    elif kind.name == "week" and day.weekday() == 6:
        year, week, _ = day.isocalendar()
        yield f"{year}-W{week:02}", day - 6 * ONE
    elif kind.name == "month" and (day + ONE).day == 1:
        yield f"{day:%Y-%m}", day.replace(day=1)
    elif kind.name == "rolling":
        yield f"{kind.length}d:{day}", day - (kind.length - 1) * ONE


def assessed_after(ends, assessed):
    day = ends + ONE
    while assessed.weekday is not None and day.weekday() != assessed.weekday:
        day += ONE
    if isinstance(assessed.day, int):
        while day.day != 1:
            day += ONE
        while day.day < assessed.day and (day + ONE).day != 1:
            day += ONE
    return day


def told(found):
    return {(a.cycle, a.version, a.cycle_start, a.cycle_end, a.day, a.due_at) for a in found}


def check(rule, first, last):
    found = list(appointments(rule, first, last))
    assert len(told(found)) == len(found)
    assert told(found) == naive(rule, first, last)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("month", range(1, 13))
def test_a_year_of_every_shipped_rule_is_assessed_as_one_finds_by_asking_every_day(rule, month):
    first = date(2026, month, 1)
    check(rule, first, (first + 31 * ONE).replace(day=1) - ONE)


WEEKLY = st.builds(AssessedOn, st.just(time(10)), weekday=st.integers(0, 6))
MONTHLY = st.builds(AssessedOn, st.just(time(9, 30)), day=st.integers(1, 31))
NEXT = st.just(AssessedOn(time(0), day="next"))
JUDGED = st.one_of(
    st.tuples(st.just(WEEK), WEEKLY | NEXT),
    st.tuples(st.just(MONTH), MONTHLY | NEXT),
    st.tuples(st.just(DAY) | st.integers(1, 45).map(rolling), NEXT),
    st.tuples(st.just(CAMPAIGN), NEXT),
    st.none(),  # repealed
)
DAYS = st.dates(date(2025, 10, 1), date(2026, 12, 31))


@st.composite
def rules(draw):
    """The rule that ships, in one to four versions of all kinds, campaigns and repealed ones among them."""
    shipped = next(r for r in RULES if r.id == "xiaohongshu.reply-rate")
    dates = sorted(draw(st.sets(DAYS, min_size=1, max_size=4)))
    versions = []
    for since in dates:
        judged = draw(JUDGED)
        cycle, assessed = judged or (None, None)
        changes = {"since": since, "repealed": judged is None, "cycle": cycle, "assessed": assessed}
        versions.append(replace(shipped.versions[0], **changes))
    return replace(shipped, versions=tuple(versions))


@settings(deadline=None, max_examples=60)
@given(rules(), DAYS, st.integers(0, 60))
def test_versions_campaigns_and_repeals_change_what_is_assessed_from_their_day_on(rule, first, days):
    check(rule, first, first + days * ONE)


@settings(deadline=None, max_examples=60)
@given(rules(), DAYS, st.integers(0, 24 * 60 - 1))
def test_the_next_appointment_is_the_first_that_is_later_than_now(rule, day, minutes):
    now = datetime.fromisoformat(f"{day}T00:00{SHANGHAI}") + timedelta(minutes=minutes)
    later = [found for found in naive(rule, day, date(2027, 4, 1)) if found[-1] > now]
    found = next_appointment(rule, now)
    if not later:  # a version without cycles of its own is the last
        assert found is None
    else:
        assert found.due_at == min(instant for *_, instant in later)
        assert told([found]) <= set(later)


def test_a_month_without_rules_is_empty_and_has_no_next():
    found = agenda([], date(2026, 3, 1), date(2026, 3, 31), datetime(2026, 3, 5, tzinfo=UTC), OnRecord({}), LATE)
    assert (found.items, found.limits, found.upcoming) == ((), (), ())


@pytest.mark.parametrize("year", [1, 1900, 2150, 9998])
def test_a_month_long_ago_or_far_ahead_can_be_asked_for(year, x1):
    found = list(appointments(x1, date(year, 1, 1), date(year, 1, 31)))
    assert all(a.day.weekday() == 1 for a in found)
    assert len(found) == (0 if year < 2021 else sum(date(year, 1, n).weekday() == 1 for n in range(1, 32)))


def test_where_the_calendar_ends_it_says_so(x1):
    with pytest.raises(KaoheError, match="outside the calendar"):
        list(appointments(x1, date(9999, 12, 1), date(9999, 12, 31)))


def march(rule, now, **record):
    at = datetime.fromisoformat(f"{now}{SHANGHAI}")
    return agenda([rule], date(2026, 3, 1), date(2026, 3, 31), at, OnRecord({"xiaohongshu": 3}, **record), LATE)


def states(found):
    return {item.appointment.cycle: item.state for item in found.items}


W09, W10 = ("xiaohongshu.reply-rate", "2026-W09"), ("xiaohongshu.reply-rate", "2026-W10")


def test_an_appointment_is_coming_until_its_instant_then_due_then_late(x1):
    wanted = {"due": frozenset({W10})}
    assert states(march(x1, "2026-03-10T09:59:59", **wanted))["2026-W10"] == "coming"
    assert states(march(x1, "2026-03-10T10:00", **wanted))["2026-W10"] == "due"
    assert states(march(x1, "2026-03-10T10:10", **wanted))["2026-W10"] == "due"
    assert states(march(x1, "2026-03-10T10:10:01", **wanted))["2026-W10"] == "late"


def test_what_was_assessed_is_done_and_what_nobody_was_there_for_is_nothing(x1):
    found = march(x1, "2026-03-12T00:00", done=frozenset({W09}))
    assert states(found) == {
        "2026-W09": "done",
        "2026-W10": "nothing",
        "2026-W11": "coming",
        "2026-W12": "coming",
        "2026-W13": "coming",
    }
    assert {item.shops for item in found.items} == {3}
    assert [a.cycle for a in found.upcoming] == ["2026-W11"]


def booked(x1, **changes):
    [appointment] = [a for a in appointments(x1, date(2026, 3, 1), date(2026, 3, 31)) if a.cycle == "2026-W10"]
    return Booked(replace(appointment, **changes), {"violation": 1}, ())


def test_what_is_on_record_stands_on_its_own_day_and_once(x1):
    elsewhere = booked(x1, day=date(2026, 3, 11), version="2020-01-01")
    found = march(x1, "2026-03-12T00:00", booked=[elsewhere], done=frozenset({W10}))
    [item] = [item for item in found.items if item.appointment.name == W10]
    assert (item.appointment.day, item.appointment.version) == (date(2026, 3, 11), "2020-01-01")
    assert (item.state, item.verdicts) == ("done", {"violation": 1})


def test_what_is_on_record_under_a_rule_that_is_gone_is_told_too(x1):
    gone = booked(x1, rule="xiaohongshu.gone")
    record = {"booked": [gone], "done": frozenset({gone.appointment.name})}
    assert ("xiaohongshu.gone", "done") in {
        (item.appointment.rule, item.state) for item in march(x1, "2026-03-12T00:00", **record).items
    }


def test_what_was_assessed_under_a_later_now_is_still_to_come(x1):
    found = march(x1, "2026-03-09T00:00", booked=[booked(x1)], done=frozenset({W10}))
    [item] = [item for item in found.items if item.appointment.name == W10]
    assert (item.state, item.verdicts) == ("coming", {})


SHOPS = [Shop("xiaohongshu", "c", name, None) for name in ("s1", "s2")]
MEASURES = st.lists(
    st.builds(
        SimpleNamespace,
        shop=st.sampled_from(SHOPS),
        violation=st.sampled_from(["V-1", "V-2", "V-3"]),
        kind=st.sampled_from(["traffic_limit", "listing_ban"]),
        starts=st.dates(date(2026, 2, 10), date(2026, 4, 10)),
        days=st.integers(1, 20),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=100)
@given(MEASURES)
def test_a_shop_is_limited_on_exactly_the_days_of_its_measures(given_):
    measures = [
        Measure(m.shop, "r", m.violation, "open", n, DatedSanction(SanctionSpec(m.kind), m.starts, ends(m)))
        for n, m in enumerate(given_)
    ]
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    now = datetime(2026, 3, 5, tzinfo=UTC)
    found = agenda([], first, last, now, OnRecord({}, measures=measures), LATE)
    for n in range(31):
        day = first + n * ONE
        assert sorted((limit.shop.id, limit.limit.kind) for limit in found.active(day)) == sorted(
            {(m.shop.id, m.kind) for m in given_ if m.starts <= day <= ends(m)}
        )
    assert all(limit.limit.starts <= last and limit.limit.ends >= first for limit in found.limits)
    assert [m for m in given_ if m.starts <= last and ends(m) >= first] == [given_[m.position] for m in found.measures]


def ends(measure):
    return measure.starts + (measure.days - 1) * ONE
