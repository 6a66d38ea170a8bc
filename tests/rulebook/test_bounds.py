"""How one bound lies to another: what the checks of warnings and bands rest on."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rulebook.model import Bound
from engine.rulebook.reading.bounds import COMPARISONS, covers

LIMITS = [Fraction(n, 4) for n in range(4)]
bounds = st.builds(lambda c, n: Bound(c, n, str(n)), st.sampled_from(COMPARISONS), st.sampled_from(LIMITS))
# Every limit, and a figure beyond and between each two.
FIGURES = [(n, 8) for n in range(9)] + [(n, 8) for n in (-5, 100)]


def admitted(bound):
    return {figure for figure in FIGURES if bound.admits(*figure)}


@settings(deadline=None)
@given(bounds, bounds)
def test_a_bound_covers_another_if_it_admits_all_its_figures(outer, inner):
    assert covers(outer, inner) == (admitted(inner) <= admitted(outer))


@settings(deadline=None)
@given(bounds)
def test_the_opposite_admits_exactly_the_rest(bound):
    assert admitted(bound.opposite()) == set(FIGURES) - admitted(bound)
    assert bound.opposite().opposite() == bound
