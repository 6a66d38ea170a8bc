"""The bounds of a row against brute force: all whole numbers that fit, none that does not, both ends reached."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.evidence.mapping import solving
from engine.evidence.mapping.amounts import Rate, Span, count, rate
from engine.evidence.mapping.solving import ImpossibleError, Number, Row

POOR = {"neutral": 1, "disappointed": 1}
ATTITUDE = {"neutral_attitude": 1, "disappointed_attitude": 1}
SUMS = [POOR, ATTITUDE, {"rated": 1}, {"good": 1}, {"rated": 1, "good": -1}, {"good": 1, "disappointed_attitude": -1}]


def satisfaction(rated, good, neutral, disappointed, neutral_attitude, disappointed_attitude, *, adds_up=True):
    return Row(
        (
            Number("rated", count=rated),
            Number("good", "rated", share=good),
            Number("neutral", "rated", share=neutral),
            Number("disappointed", "rated", share=disappointed),
            Number("neutral_attitude", "neutral", share=neutral_attitude),
            Number("disappointed_attitude", "disappointed", share=disappointed_attitude),
        ),
        {"rated": ("good", "neutral", "disappointed")} if adds_up else {},
    )


def fits(share, part, whole):
    return share is None or whole * share.low <= part <= whole * share.high


def all_that_fit(row):
    """Every assignment of whole numbers, tried one by one."""
    _, good, neutral, disappointed, of_neutral, of_disappointed = (n.share for n in row.numbers)
    rated = row.numbers[0].count
    for n in range(rated.low, rated.high + 1):
        for g, u, d in product(range(n + 1), repeat=3):
            if row.adds_up and g + u + d != n:
                continue
            if not (fits(good, g, n) and fits(neutral, u, n) and fits(disappointed, d, n)):
                continue
            for ua in range(u + 1):
                if not fits(of_neutral, ua, u):
                    continue
                for da in range(d + 1):
                    if fits(of_disappointed, da, d):
                        yield {"rated": n, "good": g, "neutral": u, "disappointed": d, "neutral_attitude": ua,
                               "disappointed_attitude": da}  # fmt: skip


def printed(part, whole, digits):
    """The percentage as a back office prints it: rounded half up to so many digits."""
    scale = 10**digits
    shown = (200 * scale * part + whole) // (2 * whole) if whole else 0
    return rate(f"{shown // scale}.{shown % scale:0{digits}d}%" if digits else f"{shown}%")


@st.composite
def true_rows(draw):
    """A row of true counts as it is printed, some cells left out, and those counts."""
    n = draw(st.integers(0, 14))
    u = draw(st.integers(0, n))
    d = draw(st.integers(0, n - u))
    ua, da = draw(st.integers(0, u)), draw(st.integers(0, d))
    digits = draw(st.integers(0, 2))
    rates = [printed(n - u - d, n, digits), printed(u, n, digits), printed(d, n, digits), printed(ua, u, digits),
             printed(da, d, digits)]  # fmt: skip
    rates = [one if draw(st.integers(0, 9)) else None for one in rates]
    rough = draw(st.integers(0, 1))
    row = satisfaction(Span(max(n - rough, 0), n, n + rough), *rates, adds_up=draw(st.booleans()))
    return row, {"rated": n, "good": n - u - d, "neutral": u, "disappointed": d, "neutral_attitude": ua,
                 "disappointed_attitude": da}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(true_rows(), st.sampled_from(SUMS))
def test_the_bounds_are_the_least_and_the_most_of_all_numbers_that_fit(made, weights):
    row, truth = made
    fitting = list(all_that_fit(row))
    row.check()  # what was printed of true counts fits them
    assert truth in fitting
    span = row.bounds(weights)
    if span is None:
        return
    reached = {sum(weight * one[name] for name, weight in weights.items()) for one in fitting}
    assert (span.low, span.high) == (min(reached), max(reached))
    assert span.low <= span.likely <= span.high


@st.composite
def any_rows(draw):
    rates = []
    for _ in range(5):
        low = Fraction(draw(st.integers(0, 20)), 20)
        high = min(low + Fraction(draw(st.integers(0, 8)), 20), Fraction(1))
        rates.append(draw(st.sampled_from([None, Rate(low, low, high)])))
    low = draw(st.integers(0, 8))
    return satisfaction(Span(low, low, low + draw(st.integers(0, 2))), *rates, adds_up=draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(any_rows())
def test_a_row_is_refused_exactly_where_no_whole_numbers_fit(row):
    possible = any(True for _ in all_that_fit(row))
    try:
        row.check()
    except ImpossibleError:
        assert not possible
    else:
        assert possible


@settings(max_examples=60, deadline=None)
@given(true_rows(), st.sampled_from(SUMS))
def test_bounds_without_a_search_hold_the_exact_ones(made, weights):
    row, _ = made
    exact = row.bounds(weights)
    assume(exact is not None)
    opposite = {name: -weight for name, weight in weights.items()}
    assert -solving._Search(row, opposite).at_most() <= exact.low
    assert solving._Search(row, weights).at_most() >= exact.high


def test_a_million_ratings_are_bounded_at_once_and_hold_the_truth():
    row = satisfaction(count("1000000"), *map(rate, ["85%", "10%", "5%", "20%", "30%"]))
    row.check()
    assert row.bounds(POOR).low <= 150_000 <= row.bounds(POOR).high
    span = row.bounds(ATTITUDE)
    assert span.low <= 35_000 == span.likely <= span.high


def test_a_percentage_with_one_decimal_lies_within_a_twentieth_of_a_percent():
    row = satisfaction(count("2000"), None, rate("12.3%"), rate("7.7%"), rate("0.0%"), rate("9.7%"))
    row.check()
    # 2000 × (12.25 % to 12.35 %) = 245 to 247; 2000 × (7.65 % to 7.75 %) = 153 to 155; of 153 none are 9.7 %.
    assert row.bounds(POOR) == Span(399, 400, 402)
    assert row.bounds({"good": 1}) == Span(1598, 1600, 1601)
    assert row.bounds({"neutral_attitude": 1}) == Span(0, 0, 0)
    with pytest.raises(ImpossibleError) as caught:
        satisfaction(count("7"), None, rate("12.3%"), None, None, None).check()
    assert (caught.value.number, caught.value.adding_up) == ("neutral", False)


def test_rates_that_do_not_add_up_are_told_as_such():
    with pytest.raises(ImpossibleError) as caught:
        satisfaction(count("10"), rate("80%"), rate("10%"), rate("20%"), None, None).check()
    assert (caught.value.number, caught.value.adding_up) == ("rated", True)


def test_what_is_missing_is_unknown_unless_the_rest_tells_it():
    row = satisfaction(count("10"), None, rate("10%"), rate("20%"), None, rate("50%"))
    assert row.bounds({"good": 1}) == Span(7, 7, 7)
    assert row.bounds(ATTITUDE) is None
    assert row.bounds({"disappointed_attitude": 1}) == Span(1, 1, 1)
    nobody = satisfaction(count("0"), None, None, None, None, None)
    assert nobody.bounds(ATTITUDE) == Span(0, 0, 0)
    assert satisfaction(None, rate("10%"), None, None, None, None).bounds({"good": 1}) is None


def test_people_lost_and_their_rate_must_fit_each_other():
    def people(lost, effective):
        numbers = (Number("people", count=count("101")), Number("effective", "people", share=effective),
                   Number("lost", "people", count=lost))  # fmt: skip
        return Row(numbers, {"people": ("effective", "lost")})

    assert people(count("51"), None).bounds({"effective": 1}) == Span(50, 50, 50)
    assert people(None, rate("50%")).bounds({"effective": 1}) == Span(50, 51, 51)
    assert people(count("51"), rate("49.5%")).bounds({"effective": 1}) == Span(50, 50, 50)
    with pytest.raises(ImpossibleError):
        people(count("60"), rate("49.5%")).check()
    with pytest.raises(ImpossibleError):
        people(count("102"), None).check()
