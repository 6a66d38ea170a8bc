"""Figures that were counted elsewhere take the place of ours, whole or not at all."""

import json
from datetime import date
from pathlib import Path

import pytest

from engine.calendar.cycles import DAY, MONTH, WEEK, cycle_of
from engine.evidence.duck import connect
from engine.measure.details import details
from engine.measure.figures import measure
from engine.progress import silent
from engine.rulebook.book import load_or_refuse

MARCH = cycle_of(MONTH, date(2026, 3, 1))
RULE = "kuaishou.service-attitude"


@pytest.fixture(scope="session")
def k2(pytestconfig):
    return load_or_refuse([Path(pytestconfig.rootpath) / "rulesets"]).rule(RULE)


def count(counter, value, start="2026-03-01", end="2026-03-31", agent=None, rule=RULE, low=None, high=None):
    return {
        "platform": "kuaishou", "shop": "k1", "agent": agent, "period_start": start, "period_end": end,
        "counter": f"{rule}/{counter}", "value": value, "value_low": low, "value_high": high,
    }  # fmt: skip


def rating(name, reasons="bad_attitude", day="2026-03-05"):
    return {
        "platform": "kuaishou", "shop": "k1", "rating": name, "agent": "a1", "rated_at": f"{day}T10:00:00",
        "score": "neutral", "reasons": reasons,
    }  # fmt: skip


@pytest.fixture
def counted(bench, k2):
    """(poor, bad_attitude) of the shop in March, with the ends of both."""

    def figures(*rows, grain="shop", cycle=MARCH):
        if rows:
            bench.take_lines("counts", [json.dumps(row) for row in rows])
        with connect() as con:
            measure(con, bench.shop, k2, k2.versions[0], [cycle], silent)
            return con.execute(
                'SELECT _agent, poor, "poor!low", "poor!high", bad_attitude, "bad_attitude!low", "bad_attitude!high" '
                "FROM figures WHERE _grain = ? ORDER BY ALL",
                [grain],
            ).fetchall()

    return figures


def test_a_month_is_what_was_counted_for_the_month(counted):
    assert counted(count("poor", 100), count("bad_attitude", 7)) == [(None, 100, None, None, 7, None, None)]


def test_shorter_periods_add_up(counted):
    halves = [("2026-03-01", "2026-03-15"), ("2026-03-16", "2026-03-31")]
    rows = [count(name, n, *half) for name, n in (("poor", 50), ("bad_attitude", 3)) for half in halves]
    assert counted(*rows) == [(None, 100, None, None, 6, None, None)]


def test_what_was_counted_elsewhere_takes_the_place_of_what_was_counted_here(counted, bench):
    bench.take_lines("ratings", [json.dumps(rating(f"r{n}")) for n in range(3)])
    assert counted() == [(None, 3, None, None, 3, None, None)]
    assert counted(count("poor", 100), count("bad_attitude", 7)) == [(None, 100, None, None, 7, None, None)]


def test_a_counter_that_nobody_counted_is_missing_even_if_it_could_be_counted_here(counted, bench):
    bench.take_lines("ratings", [json.dumps(rating("r1"))])
    assert counted(count("poor", 100)) == [(None, 100, None, None, None, None, None)]


def test_an_empty_number_is_missing(counted):
    assert counted(count("poor", 100), count("bad_attitude", None)) == [(None, 100, None, None, None, None, None)]


@pytest.mark.parametrize(
    "other",
    [
        count("poor", 90),  # the same period with another number
        count("poor", 10, "2026-03-31", "2026-03-31"),  # a day that the month holds already
        count("poor", 10, "2026-03-31", "2026-04-01"),  # reaches into the next month
    ],
)
def test_periods_that_overlap_or_leave_the_cycle_are_no_number(counted, other):
    assert counted(count("poor", 100), other, count("bad_attitude", 7)) == [(None, None, None, None, 7, None, None)]


def test_a_row_imported_twice_is_one(counted):
    counted(count("poor", 100), count("bad_attitude", 7))
    assert counted(count("poor", 100), count("bad_attitude", 7)) == [(None, 100, None, None, 7, None, None)]
    assert counted(count("poor", 100), count("poor", 100)) == [(None, 100, None, None, 7, None, None)]


def test_rounded_numbers_bring_their_ends(counted):
    rows = [count("poor", 100), count("bad_attitude", 6, low=5, high=7)]
    assert counted(*rows) == [(None, 100, None, None, 6, 5, 7)]


def test_agents_have_their_own_and_the_shop_is_never_their_sum(counted):
    rows = [count(name, n, agent=agent) for agent in ("a1", "a2") for name, n in (("poor", 10), ("bad_attitude", 1))]
    assert counted(*rows) == []
    assert counted(grain="agent") == [("a1", 10, None, None, 1, None, None), ("a2", 10, None, None, 1, None, None)]


def test_counts_of_other_rules_are_none_of_this_rules(counted):
    assert (
        counted(count("poor", 100, rule="kuaishou.other"), count("poor", 1, rule="kuaishou.service-attitude-2")) == []
    )


def test_a_month_counts_for_no_week_or_day(counted):
    rows = [count("poor", 100), count("bad_attitude", 7)]
    counted(*rows)
    first = date(2026, 3, 1)
    assert counted(cycle=cycle_of(DAY, first)) == [(None, None, None, None, None, None, None)]
    assert counted(cycle=cycle_of(WEEK, date(2026, 3, 9))) == []


def test_details_show_the_rows_and_nothing_of_our_own_count(counted, bench, k2):
    bench.take_lines("ratings", [json.dumps(rating("r1"))])
    counted(count("poor", 100), count("bad_attitude", 7))
    with connect() as con:
        found = details(con, bench.shop, k2, k2.versions[0], MARCH, "k1", 20)
    assert [(row.counter, row.value) for row in found.counted] == [("bad_attitude", 7), ("poor", 100)]
    assert (found.days, found.against, found.whole.numerator, found.whole.denominator) == ((), (), 7, 100)
