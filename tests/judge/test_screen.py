from __future__ import annotations

from datetime import date
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.judge.screen import screen_sql
from engine.judge.verdict import UndecidedError, verdict_of
from engine.rulebook.model import Bound, Counter, Figure, Standard, Version

LARGEST = 2**63 - 1
COMPARISONS = st.sampled_from(["at_least", "above", "at_most", "below"])
LIMITS = st.one_of(
    st.sampled_from([Fraction(0), Fraction(4, 5), Fraction(6, 100), Fraction(1), Fraction(5)]),
    st.fractions(min_value=0, max_value=200, max_denominator=10**6),
    st.builds(Fraction, st.integers(0, LARGEST), st.integers(1, LARGEST)),
)
BOUNDS = st.builds(Bound, COMPARISONS, LIMITS, st.just("as written"))
COUNTS = st.one_of(
    st.none(),
    st.integers(-2, 12),
    st.integers(0, 1000),
    st.integers(LARGEST - 3, LARGEST),
    st.integers(-LARGEST, LARGEST),
)
WHOLES = st.sampled_from(
    [
        Counter("whole", "sessions"),
        Counter("whole", "waits"),
        Counter("whole", "sessions", "opened_by = 'buyer'"),
    ]
)


@st.composite
def versions(draw) -> Version:
    return Version(
        since=date(2021, 1, 1),
        provenance=(),
        sha256="",
        counters=(Counter("gated", "sessions"), draw(WHOLES), Counter("part", "sessions", "agent IS NULL")),
        figure=Figure("part", draw(st.sampled_from(["whole", None]))),
        gate=tuple(
            (name, Bound(draw(COMPARISONS), Fraction(draw(st.integers(0, 10))), "n"))
            for name in draw(st.sampled_from([(), ("whole",), ("gated",), ("gated", "whole")]))
        ),
        standard=Standard(draw(BOUNDS), draw(st.sampled_from(["compliant_when", "violates_when"]))),
        at_risk=draw(st.none() | BOUNDS),
    )


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        yield connection


def screened(duck, version, rows):
    duck.execute("CREATE OR REPLACE TABLE counters (shop BIGINT, gated BIGINT, whole BIGINT, part BIGINT)")
    duck.executemany("INSERT INTO counters VALUES (?, ?, ?, ?)", [(i, *row) for i, row in enumerate(rows)])
    query = f"SELECT verdict, at_risk, missing FROM ({screen_sql(version, 'counters')}) ORDER BY shop"
    return [(verdict, at_risk, tuple(missing)) for verdict, at_risk, missing in duck.execute(query).fetchall()]


@settings(max_examples=120, deadline=None)
@given(version=versions(), rows=st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=25))
def test_the_screen_reckons_as_the_reference_does(duck, version, rows):
    names = ("gated", "whole", "part")
    expected = [tuple(verdict_of(version, dict(zip(names, row, strict=True)))) for row in rows]
    assert screened(duck, version, rows) == expected


def test_a_figure_one_unit_beside_the_standard_is_told_apart_at_the_edge_of_64_bits(duck, make_version):
    share = Fraction(LARGEST - 1, LARGEST)
    version = make_version(
        counters=(Counter("whole", "waits"), Counter("part", "sessions")),
        figure=Figure("part", "whole"),
        standard=Standard(Bound("at_least", share, "almost all"), "compliant_when"),
    )
    rows = [(None, LARGEST, LARGEST - 1), (None, LARGEST, LARGEST - 2)]
    assert [verdict for verdict, _, _ in screened(duck, version, rows)] == ["compliant", "violation"]


def test_the_screen_keeps_every_column_of_its_table(duck, x1):
    duck.execute('CREATE OR REPLACE TABLE "odd "" name" AS SELECT \'s1\' AS shop, 10 AS asked, 7 AS answered')
    found = duck.execute(screen_sql(x1, 'odd " name'))
    assert [column[0] for column in found.description] == [
        "shop",
        "asked",
        "answered",
        "missing",
        "verdict",
        "at_risk",
    ]
    assert found.fetchall() == [("s1", 10, 7, [], "violation", True)]


def test_a_column_of_the_table_never_passes_for_the_name_of_a_counter(duck, x1):
    duck.execute("CREATE OR REPLACE TABLE awkward AS SELECT 's1' AS one_missing, 10 AS asked, NULL::INT AS answered")
    query = f"SELECT missing FROM ({screen_sql(x1, 'awkward')})"
    assert duck.execute(query).fetchall() == [(["answered"],)]


def test_sums_wider_than_64_bits_are_compared_and_not_cut(duck, x1):
    duck.execute("CREATE OR REPLACE TABLE wide (asked HUGEINT, answered HUGEINT)")
    duck.execute("INSERT INTO wide VALUES (?, ?), (?, ?)", [5 * 10**30, 4 * 10**30, 5 * 10**30, 4 * 10**30 - 1])
    found = duck.execute(f"SELECT verdict FROM ({screen_sql(x1, 'wide')})").fetchall()
    assert found == [("compliant",), ("violation",)]


def test_a_product_that_even_128_bits_cannot_hold_is_an_error_and_not_a_verdict(duck, x1):
    duck.execute("CREATE OR REPLACE TABLE vast (asked HUGEINT, answered HUGEINT)")
    duck.execute("INSERT INTO vast VALUES (?, ?)", [10**38, 10**38])
    with pytest.raises(duckdb.OutOfRangeException):
        duck.execute(screen_sql(x1, "vast")).fetchall()


def test_a_limit_finer_than_64_bits_is_refused(make_version):
    version = make_version(standard=Standard(Bound("at_least", Fraction(1, 3**50), "a hair"), "compliant_when"))
    with pytest.raises(UndecidedError, match="a hair is too fine"):
        screen_sql(version, "counters")


def test_a_counter_that_is_named_like_a_column_of_the_screen_is_refused(make_version):
    version = make_version(
        counters=(Counter("asked", "sessions"), Counter("missing", "sessions", "agent IS NULL")),
        figure=Figure("missing", "asked"),
    )
    with pytest.raises(UndecidedError, match="give counter 'missing' another name"):
        screen_sql(version, "counters")


def test_a_repealed_version_screens_nobody(make_version):
    with pytest.raises(UndecidedError, match="is repealed"):
        screen_sql(make_version(repealed=True), "counters")
