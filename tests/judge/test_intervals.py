"""Numbers of which only the ends are known: a verdict holds for every whole number between them, or there is none."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import product

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.judge.ladder import situation_of
from engine.judge.screen import screen_sql
from engine.judge.verdict import Reckoning, verdict_of
from engine.rulebook.model import Band, Bound, Counter, Figure, Interval, Severity, Standard, Version

NAMES = ("gated", "whole", "part")
LARGEST = 2**63 - 1
COMPARISONS = st.sampled_from(["at_least", "above", "at_most", "below"])
SHARES = st.builds(Fraction, st.integers(0, 7), st.integers(1, 7))
BOUNDS = st.builds(Bound, COMPARISONS, SHARES, st.just("as written"))
GATES = st.builds(Bound, COMPARISONS, st.builds(Fraction, st.integers(0, 12), st.integers(1, 2)), st.just("n"))


@st.composite
def versions(draw) -> Version:
    names = draw(st.lists(st.sampled_from(["gated", "whole", "part"]), max_size=3))
    return Version(
        since=date(2021, 1, 1),
        provenance=(),
        sha256="",
        counters=(
            Counter("gated", "sessions"),
            Counter("whole", draw(st.sampled_from(["sessions", "waits"]))),
            Counter("part", "sessions", "agent IS NULL"),
        ),
        figure=Figure("part", draw(st.sampled_from(["whole", "whole", None]))),
        gate=tuple((name, draw(GATES)) for name in names),
        standard=Standard(draw(BOUNDS), "compliant_when"),
        at_risk=draw(st.none() | BOUNDS),
    )


SMALL = st.builds(lambda low, wide: Interval(low, low + wide), st.integers(0, 5), st.integers(0, 3))


@settings(max_examples=400, deadline=None)
@given(version=versions(), box=st.tuples(SMALL, SMALL, SMALL))
def test_the_verdict_on_intervals_is_the_one_on_which_all_their_numbers_agree(version, box):
    reckoned = [
        verdict_of(version, dict(zip(NAMES, point, strict=True)))
        for point in product(*(range(span.low, span.high + 1) for span in box))
    ]
    possible = [one for one in reckoned if one.verdict != "no_data"]  # a part above its whole is no point of the box
    verdicts = {one.verdict for one in possible}
    at_risk = any(one.at_risk for one in possible)
    if not possible:
        expected = reckoned[0]
    elif len(verdicts) == 1:
        expected = Reckoning(possible[0].verdict, at_risk, ())
    else:
        expected = Reckoning("undetermined", at_risk, ())
    assert verdict_of(version, dict(zip(NAMES, box, strict=True))) == expected


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        yield connection


def screened(duck, version, columns, rows):
    """Verdicts of the screen over a table with these columns, the number of the row before them."""
    types = ", ".join(f'"{column}" BIGINT' for column in columns)
    duck.execute(f"CREATE OR REPLACE TABLE counters (shop BIGINT, {types})")
    marks = ", ".join("?" * (len(columns) + 1))
    duck.executemany(f"INSERT INTO counters VALUES ({marks})", [(i, *row) for i, row in enumerate(rows)])
    query = f"SELECT verdict, at_risk, missing FROM ({screen_sql(version, 'counters')}) ORDER BY shop"
    return [Reckoning(verdict, risk, tuple(missing)) for verdict, risk, missing in duck.execute(query).fetchall()]


def known(value, low, high):
    """What three columns say of a counter; None where they cannot all be so."""
    if value is None or (low is not None and low > value) or (high is not None and high < value):
        return None
    return Interval(value if low is None else low, value if high is None else high)


VALUES = st.one_of(
    st.none(), st.integers(-1, 12), st.integers(0, 500), st.integers(LARGEST - 20, LARGEST - 10), st.just(0)
)


@st.composite
def counted(draw):
    value = draw(VALUES)
    near = draw(st.sampled_from([0, 1, 3, 9]))
    low, high = (
        None if value is None or draw(st.booleans()) else value + sign * draw(st.integers(-1 if near == 9 else 0, near))
        for sign in (-1, 1)
    )
    return value, low, high


@settings(max_examples=80, deadline=None)
@given(
    version=versions(),
    rows=st.lists(st.tuples(counted(), counted(), counted()), min_size=1, max_size=25),
    absent=st.sets(st.sampled_from([f"{name}!{end}" for name in NAMES for end in ("low", "high")])),
)
def test_the_screen_reckons_with_intervals_as_the_reference_does_whichever_columns_there_are(
    duck, version, rows, absent
):
    columns = {name: (name, f"{name}!low", f"{name}!high") for name in NAMES}
    cells = [
        {
            column: None if column in absent else value
            for name, values in zip(NAMES, row, strict=True)
            for column, value in zip(columns[name], values, strict=True)
        }
        for row in rows
    ]
    expected = [
        verdict_of(version, {name: known(*(cell[column] for column in columns[name])) for name in NAMES})
        for cell in cells
    ]
    there = [column for name in NAMES for column in columns[name] if column not in absent]
    assert screened(duck, version, there, [[cell[column] for column in there] for cell in cells]) == expected


@pytest.mark.parametrize(
    ("poor", "bad_attitude", "expected"),
    [
        (Interval(100, 116), Interval(6, 6), Reckoning("compliant", True, ())),
        (Interval(99, 116), Interval(6, 6), Reckoning("undetermined", True, ())),
        (Interval(90, 116), Interval(7, 8), Reckoning("violation", True, ())),
        (Interval(90, 117), Interval(7, 8), Reckoning("undetermined", True, ())),
        (Interval(0, 3), 0, Reckoning("undetermined", False, ())),
        (Interval(1, 3), 0, Reckoning("compliant", False, ())),
        (Interval(-1, 3), 0, Reckoning("no_data", False, ("poor",))),
        (Interval(2, 3), Interval(4, 5), Reckoning("no_data", False, ("poor", "bad_attitude"))),
    ],
)
def test_an_interval_that_straddles_the_standard_or_the_gate_by_one_unit_is_undetermined(
    k2, poor, bad_attitude, expected
):
    assert verdict_of(k2, {"poor": poor, "bad_attitude": bad_attitude}) == expected


def test_an_interval_that_straddles_a_gate_beside_the_figure_is_undetermined(make_version):
    version = make_version(
        counters=(Counter("asked", "sessions"), Counter("answered", "sessions", "agent = 'a'"), Counter("users", "x")),
        gate=(("users", Bound("at_least", Fraction(100), "100")),),
    )
    counters = {"asked": 100, "answered": 49}
    assert verdict_of(version, counters | {"users": Interval(99, 100)}).verdict == "undetermined"
    assert verdict_of(version, counters | {"users": Interval(100, 101)}).verdict == "violation"
    assert verdict_of(version, counters | {"users": Interval(98, 99)}).verdict == "not_assessed"


def test_ends_that_do_not_hold_the_number_between_them_are_no_data(duck, k2):
    columns = ("poor", "poor!low", "poor!high", "bad_attitude")
    rows = [(100, 101, 105, 2), (100, 90, 99, 2), (100, 90, None, 2), (None, 90, 110, 2)]
    assert [one.verdict for one in screened(duck, k2, columns, rows)] == ["no_data", "no_data", "compliant", "no_data"]


def test_an_interval_runs_from_the_lower_number_to_the_higher():
    with pytest.raises(ValueError, match="not from 3 to 2"):
        Interval(3, 2)


def test_a_breach_of_an_interval_is_graded_by_the_mildest_band_that_it_may_lie_in(make_version):
    version = make_version(
        severity=Severity(
            "metric",
            bands=(
                Band("minor", Bound("at_least", Fraction(7, 10), "70%")),
                Band("serious", Bound("at_least", Fraction(6, 10), "60%")),
                Band("grave", Bound("below", Fraction(6, 10), "60%")),
            ),
        ),
        ladder={"minor": (), "serious": (), "grave": ()},
    )

    def band(answered, asked):
        return dict(situation_of(version, answered, asked, []).facts[0].properties)["severity"]

    assert band(Interval(55, 65), 100) == "serious"
    assert band(Interval(55, 75), 100) == "minor"
    assert band(Interval(55, 59), 100) == "grave"
    assert band(65, Interval(90, 100)) == "minor"
