from __future__ import annotations

from fractions import Fraction

import pytest

from engine.judge.verdict import Reckoning, UndecidedError, verdict_of
from engine.rulebook.model import Bound, Counter, Figure, Standard


def reckoned(version, **counters):
    return verdict_of(version, counters)


@pytest.mark.parametrize(
    ("asked", "answered", "verdict"),
    [(1079, 863, "violation"), (1000, 799, "violation"), (5, 4, "compliant"), (1000, 800, "compliant")],
)
def test_a_figure_is_compared_exactly_and_never_rounded(x1, asked, answered, verdict):
    assert reckoned(x1, asked=asked, answered=answered).verdict == verdict


def test_every_violation_is_at_risk_and_so_is_a_figure_that_only_just_complies(x1):
    assert reckoned(x1, asked=100, answered=79) == Reckoning("violation", True, ())
    assert reckoned(x1, asked=100, answered=84) == Reckoning("compliant", True, ())
    assert reckoned(x1, asked=100, answered=85) == Reckoning("compliant", False, ())


def test_below_the_gate_nothing_is_assessed(x1):
    assert reckoned(x1, asked=4, answered=0) == Reckoning("not_assessed", False, ())
    assert reckoned(x1, asked=5, answered=0).verdict == "violation"


def test_a_denominator_of_zero_is_not_assessed_even_without_a_gate(k2):
    assert reckoned(k2, poor=0, bad_attitude=0) == Reckoning("not_assessed", False, ())


@pytest.mark.parametrize(
    ("counters", "missing"),
    [
        ({"poor": 100}, ("bad_attitude",)),
        ({"poor": None, "bad_attitude": 3}, ("poor",)),
        ({"poor": -1, "bad_attitude": 3}, ("poor",)),
        ({}, ("poor", "bad_attitude")),
        ({"poor": 6, "bad_attitude": 7}, ("poor", "bad_attitude")),
    ],
)
def test_what_is_missing_negative_or_contradictory_is_no_data_with_its_names(k2, counters, missing):
    assert verdict_of(k2, counters) == Reckoning("no_data", False, missing)


def test_missing_data_is_named_even_where_the_gate_is_not_reached(x1):
    assert reckoned(x1, asked=3, answered=None) == Reckoning("no_data", False, ("answered",))


def test_a_counter_that_decides_nothing_may_be_missing(make_version):
    version = make_version(
        counters=(
            Counter("asked", "sessions"),
            Counter("answered", "sessions", "agent = 'a'"),
            Counter("shown", "x"),
        )
    )
    assert reckoned(version, asked=10, answered=8, shown=None).verdict == "compliant"


def test_a_figure_may_be_a_sum_over_one(make_version):
    version = make_version(
        counters=(Counter("incidents", "incidents"),),
        figure=Figure("incidents", None),
        standard=Standard(Bound("below", Fraction(1), "1"), "violates_when"),
    )
    assert reckoned(version, incidents=0).verdict == "compliant"
    assert reckoned(version, incidents=1).verdict == "violation"


def test_a_mean_may_exceed_one_because_its_sum_is_no_part_of_its_count(make_version):
    version = make_version(
        counters=(Counter("asked", "waits"), Counter("answered", "waits", total_of="seconds")),
        standard=Standard(Bound("at_most", Fraction(30), "30"), "compliant_when"),
    )
    assert reckoned(version, asked=2, answered=50).verdict == "compliant"


def test_counters_beyond_every_machine_word_are_still_exact(x1):
    big = 10**40
    assert reckoned(x1, asked=5 * big, answered=4 * big).verdict == "compliant"
    assert reckoned(x1, asked=5 * big, answered=4 * big - 1).verdict == "violation"


@pytest.mark.parametrize("parts", [{"repealed": True}, {"standard": None}, {"figure": None}])
def test_a_version_that_says_nothing_judges_nobody(make_version, parts):
    with pytest.raises(UndecidedError, match="2021-01-01"):
        verdict_of(make_version(**parts), {})
