"""Figures over cycles: whatever the cycle, the cut-off, the hours and the counters are, the sum is the direct count."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product

import pytest

from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import DAY, MONTH, WEEK, cycle_of, cycles_between, rolling
from engine.calendar.hours import parse_hours
from engine.measure.figures import cut_off
from engine.measure.relations import DERIVATIONS, Derivation, Reads
from engine.progress import silent
from engine.rulebook.model import Counter, Figure

SHANGHAI = timezone(timedelta(hours=8))
W10 = cycle_of(WEEK, date(2026, 3, 2))
BUYERS = Counter("sessions", "sessions", "opened_by = 'buyer'")


def test_without_evidence_there_is_no_figure(bench, x1):
    assert bench.figures(x1, W10) == {}


def test_a_month_of_tallies_equals_the_direct_count(bench, like_x1, x1, row):
    monthly = like_x1(cycle=MONTH, assessed=AssessedOn(x1.versions[0].assessed.at, day=1))
    rows, expected = [], {"s1": [0, 0], "s2": [0, 0]}
    for day, number, shop in product(range(1, 33), range(4), ("s1", "s2")):
        opened = datetime(2026, 2, 28, 9, tzinfo=SHANGHAI) + timedelta(days=day, hours=5 * number)
        replied = opened + timedelta(minutes=3) if (day * number) % 3 else None
        rows.append(row(f"{day}-{number}", opened.isoformat(), replied and replied.isoformat(), shop=shop))
        if opened.month == 3:
            expected[shop][0] += 1
            expected[shop][1] += replied is not None
    bench.take(*rows)
    march = cycle_of(MONTH, date(2026, 3, 1))
    assert bench.figures(x1, march, monthly) == {shop: tuple(figure) for shop, figure in expected.items()}


@pytest.fixture
def one_reply_a_day(bench, row):
    """Sessions of eight days, each opened at 23:00 and answered nine hours later, at 08:00."""
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(8)]
    bench.take(*(row(f"{d}", f"{d}T23:00:00", f"{d + timedelta(days=1)}T08:00:00") for d in days))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (DAY, {f"2026-03-0{n}": (1, 1) for n in range(1, 9)}),
        (WEEK, {"2026-W09": (1, 1), "2026-W10": (7, 7)}),
        (MONTH, {"2026-03": (8, 8)}),
        (rolling(3), {f"3d:2026-03-0{n}": (min(n, 3), min(n, 3)) for n in range(1, 9)}),
    ],
    ids=str,
)
def test_days_weeks_months_and_rolling_days_are_summed_alike(bench, like_x1, x1, one_reply_a_day, kind, expected):
    version = like_x1(cycle=kind, assessed=AssessedOn(x1.versions[0].assessed.at, day="next"))
    cycles = cycles_between(kind, date(2026, 3, 1), date(2026, 3, 8))
    found = bench.rows(x1, cycles, version)
    assert {cycle: counters for (cycle, _, _), counters in found.items()} == expected


def test_a_cut_off_at_the_end_of_the_cycle_leaves_out_what_the_next_morning_brings(bench, like_x1, x1, one_reply_a_day):
    assert bench.figures(x1, W10, like_x1(cut_off="cycle_end")) == {"s1": (7, 6)}


def test_overlapping_cycles_have_each_its_own_cut_off(bench, like_x1, x1, one_reply_a_day):
    version = like_x1(
        cycle=rolling(3), cut_off="cycle_end", assessed=AssessedOn(x1.versions[0].assessed.at, day="next")
    )
    cycles = cycles_between(rolling(3), date(2026, 3, 4), date(2026, 3, 6))
    assert set(bench.rows(x1, cycles, version).values()) == {(3, 2)}


def test_a_reply_at_midnight_is_at_the_end_of_the_cycle_and_one_later_is_after_it(bench, like_x1, x1, row):
    bench.take(
        row("c1", "2026-03-08T23:59:00", "2026-03-09T00:00:00"),
        row("c2", "2026-03-08T23:59:00", "2026-03-09T00:00:00.000001"),
    )
    assert bench.figures(x1, W10, like_x1(cut_off="cycle_end")) == {"s1": (2, 1)}


def test_each_cut_off_is_the_instant_that_its_rule_names(like_x1, x1):
    assert cut_off(x1, like_x1(), W10) == datetime(2026, 3, 10, 2, tzinfo=UTC)
    assert cut_off(x1, like_x1(cut_off="cycle_end"), W10) == datetime(2026, 3, 8, 16, tzinfo=UTC)
    assert cut_off(x1, like_x1(cut_off="bounded"), W10) is None


def test_where_the_waiting_is_bounded_no_reply_comes_too_late(bench, like_x1, x1, row):
    bench.take(row("c1", "2026-03-04T12:00:00", "2027-01-01T00:00:00"))
    assert bench.figures(x1, W10, like_x1(cut_off="bounded")) == {"s1": (1, 1)}


def test_hours_begin_with_their_first_second_and_end_before_their_last(bench, like_x1, x1, row):
    times = ("07:59:59.999999", "08:00:00", "22:59:59.999999", "23:00:00", "23:59:59")
    bench.take(*(row(f"c{n}", f"2026-03-04T{time}") for n, time in enumerate(times)))
    counters = (
        Counter("day_time", "sessions", None, parse_hours("08:00-23:00")),
        Counter("to_midnight", "sessions", "opened_by = 'buyer'", parse_hours("08:00-24:00")),
        Counter("all_day", "sessions"),
    )
    version = like_x1(counters=counters, figure=Figure("day_time", "all_day"))
    assert bench.figures(x1, W10, version) == {"s1": (2, 4, 5)}


def test_conditions_with_or_do_not_leak_out_of_their_counter(bench, like_x1, x1, row):
    bench.take(
        row("c1", "2026-03-04T07:00:00", agent="a1"),
        row("c2", "2026-03-04T09:00:00", agent="a2"),
        row("c3", "2026-03-04T09:00:00", agent="a3"),
    )
    either = Counter("either", "sessions", "agent = 'a1' OR agent = 'a2'", parse_hours("08:00-24:00"))
    seconds = Counter("seconds", "sessions", "agent = 'a1' OR agent = 'a3'", parse_hours("08:00-24:00"), "second")
    version = like_x1(counters=(either, seconds), figure=Figure("either", None))
    assert bench.figures(x1, W10, version) == {"s1": (1, 9 * 3600)}


def test_a_column_is_summed_where_the_condition_holds(bench, like_x1, x1, row):
    bench.take(
        row("c1", "2026-03-04T00:01:00"),
        row("c2", "2026-03-04T01:00:00", opened_by="agent"),
        row("c3", "2026-03-05T00:00:05"),
        row("c4", "2026-03-05T00:00:05", opened_by="agent", shop="s2"),
    )
    seconds = Counter("seconds", "sessions", "opened_by = 'buyer'", None, "second")
    version = like_x1(counters=(seconds, BUYERS), figure=Figure("seconds", "sessions"))
    assert bench.figures(x1, W10, version) == {"s1": (65, 2), "s2": (0, 0)}


# A relation whose numbers may be missing, over the days that it names and the day after.
WAITS = """
SELECT w.day, w.cut_off, s.shop, s.agent, s.second, s.opened_by,
       date_diff('second', s.opened_at, s.first_human_reply_at) AS wait
FROM {sessions} s JOIN wanted w ON s.day = w.day
"""


@pytest.fixture
def waits(monkeypatch):
    monkeypatch.setitem(DERIVATIONS, "waits", Derivation((Reads("sessions"),), WAITS, edition=1))
    return Counter("waited", "waits", "opened_by = 'buyer'", None, "wait")


def test_a_sum_is_unknown_as_soon_as_one_of_its_numbers_is_missing(bench, like_x1, x1, row, waits):
    bench.take(
        row("c1", "2026-03-04T12:00:00", "2026-03-04T12:01:00"),
        row("c2", "2026-03-05T12:00:00", "2026-03-05T12:02:00"),
        row("c1", "2026-03-04T12:00:00", "2026-03-04T12:01:00", shop="s2", agent="a1"),
        row("c2", "2026-03-05T12:00:00", None, shop="s2", agent="a2"),
        # What the condition leaves out may miss what it likes.
        row("c3", "2026-03-05T12:00:00", None, shop="s1", opened_by="agent"),
    )
    version = like_x1(counters=(waits, BUYERS), figure=Figure("waited", "sessions"))
    assert bench.figures(x1, W10, version) == {"s1": (180, 2), "s2": (None, 2)}
    assert bench.rows(x1, [W10], version, "agent") == {
        ("2026-W10", "s2", "a1"): (60, 1),
        ("2026-W10", "s2", "a2"): (None, 1),
    }


def test_counters_of_two_relations_are_counted_side_by_side(bench, like_x1, x1, row, waits):
    bench.take(row("c1", "2026-03-04T12:00:00", "2026-03-04T12:01:00"), row("c2", "2026-03-04T23:00:00"))
    late = Counter("late", "waits", "opened_by = 'buyer'", parse_hours("22:00-24:00"))
    version = like_x1(counters=(late, BUYERS), figure=Figure("late", "sessions"))
    assert bench.figures(x1, W10, version) == {"s1": (1, 2)}


@pytest.mark.parametrize(
    "names",
    [("shop", "agent"), ("day", "cut_off"), ("cycle", "grain"), ("evidence", "second"), ("opened_by", "session")],
)
def test_a_counter_may_be_called_like_a_column(bench, like_x1, x1, row, names):
    bench.take(row("c1", "2026-03-04T12:00:00", "2026-03-04T12:01:00", agent="a1"), row("c2", "2026-03-04T12:00:00"))
    both, replied = names
    counters = (
        BUYERS,
        Counter(both, "sessions", "opened_by = 'buyer' AND second >= 0"),
        Counter(replied, "sessions", "opened_by = 'buyer' AND replied_before_close AND second > 1"),
    )
    version = like_x1(counters=counters, figure=Figure(replied, both))
    assert bench.figures(x1, W10, version) == {"s1": (2, 2, 1)}
    assert bench.rows(x1, [W10], version, "agent") == {("2026-W10", "s1", "a1"): (1, 1, 1)}


def test_many_cycles_at_once_are_the_cycles_one_by_one(bench, x1, row):
    days = [date(2026, 1, 5) + timedelta(days=9 * n) for n in range(8)]
    bench.take(*(row(f"c{d}", f"{d}T12:00:00", f"{d + timedelta(days=4)}T12:00:00", agent="a1") for d in days))
    cycles = cycles_between(WEEK, date(2026, 1, 1), date(2026, 4, 1))
    one_by_one = {}
    for cycle in cycles:
        one_by_one |= bench.rows(x1, [cycle])
    assert bench.rows(x1, cycles, progress=silent) == one_by_one
    assert sum(sessions for sessions, _ in one_by_one.values()) == len(days)
