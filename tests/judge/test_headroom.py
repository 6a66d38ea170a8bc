"""What mends a figure and what breaks it, against trying every number one by one."""

from fractions import Fraction
from itertools import count, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.judge.headroom import Headroom, headroom, together
from engine.rulebook.model import Bound

COMPARISONS = st.sampled_from(["at_least", "above", "at_most", "below"])
SHARES = st.fractions(min_value=0, max_value=1, max_denominator=60)
FIGURES = st.integers(1, 60).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d)))
FAR = 5000  # beyond what 60 things and sixtieths can need


def at_least(percent):
    return Bound("at_least", Fraction(percent, 100), f"{percent}%")


def at_most(percent):
    return Bound("at_most", Fraction(percent, 100), f"{percent}%")


def first(holds):
    """The first number from 0 for which it holds; None if none does within reach."""
    below = sum(1 for _ in takewhile(lambda n: n < FAR and not holds(n), count()))
    return None if below == FAR else below


@given(COMPARISONS, SHARES, FIGURES, st.integers(0, 12))
def test_in_a_running_cycle_the_numbers_are_those_that_trying_finds(comparison, limit, figure, pending):
    bound, (n, d) = Bound(comparison, limit, str(limit)), figure
    pending = min(pending, d - n)
    found = headroom(bound, n, d, running=True, pending=pending)
    rising = comparison in {"at_least", "above"}

    def counted(x):  # x of those that come into the numerator: the pending ones first, then new ones
        return bound.admits(n + x, d + max(0, x - pending))

    if bound.admits(n, d):
        breaks = first(lambda y: not (bound.admits(n, d + y) if rising else counted(y)))
        assert found == Headroom("holding", None, breaks)
        return
    mends = first(counted) if rising else None
    dilutes = None if rising else first(lambda x: bound.admits(n, d + x))
    assert found == (Headroom("lost") if rising and mends is None else Headroom("behind", mends, None, dilutes))


@given(COMPARISONS, SHARES, FIGURES, st.integers(0, 60))
def test_after_the_cycle_only_what_is_pending_can_move_the_figure(comparison, limit, figure, pending):
    bound, (n, d) = Bound(comparison, limit, str(limit)), figure
    found = headroom(bound, n, d, running=False, pending=pending)
    outcomes = [bound.admits(n + k, d) for k in range(pending + 1)]
    if all(outcomes):
        assert found == Headroom("safe")
    elif not any(outcomes):
        assert found == Headroom("lost")
    elif outcomes[0]:
        assert found == Headroom("holding", breaks=outcomes.index(False))
    else:
        assert found == Headroom("behind", mends=outcomes.index(True))


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_good_ratings_needed_are_the_shortfall_over_a_fifth(n, good):
    good = min(good, n)
    found = headroom(at_least(80), good, n, running=True)
    needed = -((good * 10 - n * 8) // 2)  # ceil((0.8 n - k) / 0.2), in integers
    assert found.mends == (needed if good * 10 < n * 8 else None)


def test_one_bad_rating_needs_four_good_ones():
    assert headroom(at_least(80), 0, 1, running=True) == Headroom("behind", mends=4)
    assert headroom(at_least(80), 8, 10, running=True) == Headroom("holding", breaks=1)


def test_nothing_mends_a_share_of_bad_ones_and_what_breaks_it_is_told():
    assert headroom(at_most(6), 1, 16, running=True) == Headroom("behind", dilutes=1)
    # One of 17 is allowed, two are not; up to 16 the first one is too many.
    assert headroom(at_most(6), 0, 16, running=True) == Headroom("holding", breaks=2)
    assert headroom(at_most(6), 0, 15, running=True) == Headroom("holding", breaks=1)


def test_a_whole_hundred_per_cent_cannot_be_mended():
    assert headroom(at_least(100), 9, 10, running=True) == Headroom("lost")
    assert headroom(at_least(100), 9, 10, running=True, pending=1) == Headroom("behind", mends=1)


@pytest.mark.parametrize(("n", "d"), [(0, 0), (-1, 3)])
def test_what_is_no_figure_has_no_standing(n, d):
    with pytest.raises(ValueError, match="no standing"):
        headroom(at_least(80), n, d, running=True)


def test_the_ends_of_a_rounded_figure_stand_together_or_not_at_all():
    low, high = (headroom(at_least(80), n, 100, running=True) for n in (60, 70))
    assert together([low, high]) == Headroom("behind", mends=100)
    low, high = (headroom(at_least(80), n, 100, running=True) for n in (85, 90))
    assert together([low, high]) == Headroom("holding", breaks=7)
    assert together([headroom(at_least(80), n, 100, running=True) for n in (79, 80)]) is None
