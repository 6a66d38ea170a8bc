from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.model import Bound
from notifier.gap import gap

LIMITS = st.one_of(
    st.sampled_from([Fraction(4, 5), Fraction(7, 10), Fraction(1, 2), Fraction(6, 100), Fraction(0), Fraction(1)]),
    st.fractions(0, 3, max_denominator=1000),
)


def bound(comparison, limit):
    return Bound(comparison, limit, str(limit))


@given(st.sampled_from(["at_least", "above"]), LIMITS, st.integers(0, 3000), st.integers(1, 1000))
def test_that_many_more_meet_the_standard_and_one_less_does_not(comparison, limit, numerator, denominator):
    standard = bound(comparison, limit)
    pieces = gap(numerator, denominator, standard)
    assert standard.admits(numerator + pieces, denominator)
    assert pieces == 0 or not standard.admits(numerator + pieces - 1, denominator)


@given(st.sampled_from(["at_most", "below"]), LIMITS, st.integers(0, 3000), st.integers(1, 1000))
def test_that_many_fewer_meet_the_standard_and_one_less_does_not(comparison, limit, numerator, denominator):
    standard = bound(comparison, limit)
    pieces = gap(numerator, denominator, standard)
    if pieces is None:
        assert not standard.admits(0, denominator)
        return
    assert standard.admits(numerator - pieces, denominator)
    assert pieces == 0 or not standard.admits(numerator - pieces + 1, denominator)


@pytest.mark.parametrize(
    ("comparison", "limit", "numerator", "denominator", "pieces"),
    [
        ("at_least", Fraction(4, 5), 863, 1079, 1),  # 80 % of 1079 is 863.2
        ("at_least", Fraction(4, 5), 4, 5, 0),
        ("above", Fraction(4, 5), 4, 5, 1),
        ("at_most", Fraction(6, 100), 1, 16, 1),
        ("at_most", Fraction(0), 3, None, 3),  # incidents are counted over 1
        ("below", Fraction(0), 3, 10, None),  # nothing is below nothing
    ],
)
def test_gaps_reckoned_by_hand(comparison, limit, numerator, denominator, pieces):
    assert gap(numerator, denominator, bound(comparison, limit)) == pieces
