"""What can be so where numbers are only known to lie between ends: all points of a box at once.

A rounded import gives counters as intervals, and a verdict holds only if it holds for every whole number in them. The
figure grows with its numerator and shrinks with its denominator, so two corners of the box speak for all of its points.
"""

from __future__ import annotations

from math import ceil, floor

from engine.rulebook.model import Bound, Interval

Point = tuple[int, int]  # numerator, denominator


def whole_numbers(bound: Bound) -> tuple[int | None, int | None]:
    """The least and the greatest whole number that a bound admits; None where it sets no end.

    >>> from fractions import Fraction
    >>> whole_numbers(Bound("above", Fraction(5), "5")), whole_numbers(Bound("below", Fraction(9, 2), "4.5"))
    ((6, None), (None, 4))
    """
    if bound.comparison == "at_least":
        return ceil(bound.limit), None
    if bound.comparison == "above":
        return floor(bound.limit) + 1, None
    if bound.comparison == "at_most":
        return None, floor(bound.limit)
    return None, ceil(bound.limit) - 1


def narrowed(span: Interval, bound: Bound) -> Interval | None:
    """The part of `span` that the bound admits; None where it admits none of it."""
    least, most = whole_numbers(bound)
    low = span.low if least is None else max(span.low, least)
    high = span.high if most is None else min(span.high, most)
    return Interval(low, high) if low <= high else None


def of_a_part(part: Interval, whole: Interval) -> tuple[Interval, Interval] | None:
    """Both as far as the part is nowhere more than the whole; None where it is more everywhere.

    >>> of_a_part(Interval(4, 9), Interval(0, 6))
    (Interval(low=4, high=6), Interval(low=4, high=6))
    """
    if part.low > whole.high:
        return None
    return Interval(part.low, min(part.high, whole.high)), Interval(max(part.low, whole.low), whole.high)


def corners(numerator: Interval, denominator: Interval, *, is_part: bool) -> tuple[Point, Point]:
    """The points at which the fraction is least and greatest. All numbers are from 0, the denominator from 1.

    With `is_part` only points count whose numerator is no more than the denominator; there must be some.

    >>> corners(Interval(4, 6), Interval(5, 8), is_part=True), corners(Interval(4, 6), Interval(5, 8), is_part=False)
    (((4, 8), (5, 5)), ((4, 8), (6, 5)))
    """
    least = numerator.low, denominator.high
    if not is_part:
        return least, (numerator.high, denominator.low)
    smallest = max(numerator.low, denominator.low)  # the smallest whole that some part goes with
    return least, (min(numerator.high, smallest), smallest)
