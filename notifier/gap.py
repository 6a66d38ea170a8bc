"""How far a figure is from its standard, counted in pieces: what a person can picture and act on."""

from __future__ import annotations

from engine.judge.box import corners
from engine.judge.headroom import more_is_better
from engine.rulebook.model import Bound, Interval, Language


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


def gap_range(numerator: Interval, denominator: Interval, bound: Bound) -> tuple[int, int] | None:
    """The gap of a rounded figure: the fewest pieces and the most. None where at some of its points none would do.

    All its points miss the standard, and the numerator counts some of what the denominator counts.

    >>> from fractions import Fraction
    >>> gap_range(Interval(635, 644), Interval(1000, 1000), Bound("at_least", Fraction(7, 10), "70%"))
    (56, 65)
    """
    points = corners(numerator, denominator, is_part=numerator.low <= denominator.high)
    found = [pieces for point in points if (pieces := gap(*point, bound)) is not None]
    return (min(found), max(found)) if len(found) == len(points) else None


def gap_short(fewest: int, most: int, bound: Bound, language: Language) -> str | None:
    """The gap as a table has it: how many are missing, or too many; None where there is none.

    >>> from fractions import Fraction
    >>> gap_short(3, 3, Bound("at_least", Fraction(4, 5), "80%"), "zh-CN")
    '差 3 个'
    >>> gap_short(56, 65, Bound("below", Fraction(6, 100), "6%"), "en")
    '56–65 too many'
    """
    if most < 1:
        return None
    pieces = f"{fewest}–{most}" if fewest < most else str(most)
    if more_is_better(bound):
        return f"差 {pieces} 个" if language == "zh-CN" else f"{pieces} short"
    return f"多 {pieces} 个" if language == "zh-CN" else f"{pieces} too many"
