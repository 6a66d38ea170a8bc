"""How far a figure is from its standard, counted in pieces: what a person can picture and act on."""

from __future__ import annotations

from engine.rulebook.model import Bound


def gap(numerator: int, denominator: int | None, bound: Bound) -> int | None:
    """The fewest pieces that would have met the standard, the denominator staying as it is.

    For `at_least` and `above` it is how many more were needed in the numerator, for `at_most` and `below`
    how many fewer; 0 where the standard is met. None where no number of pieces would do: a numerator cannot
    fall below 0. A denominator of None is the number 1; otherwise it is positive.

    >>> from fractions import Fraction
    >>> gap(77, 100, Bound("at_least", Fraction(4, 5), "80%"))
    3
    >>> gap(7, 100, Bound("at_most", Fraction(6, 100), "6%"))
    1
    """
    times = 1 if denominator is None else denominator
    top, bottom = bound.limit.numerator * times, bound.limit.denominator
    floor, ceiling = top // bottom, -(-top // bottom)
    if bound.comparison in ("at_least", "above"):
        least = ceiling if bound.comparison == "at_least" else floor + 1
        return max(0, least - numerator)
    most = floor if bound.comparison == "at_most" else ceiling - 1
    fewer = max(0, numerator - most)
    return fewer if fewer <= numerator else None
