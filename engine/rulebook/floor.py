"""Small samples: of a figure below the floor of its rule nobody is told at once, and the weekly list has it.

A gate is the platform's, and decides; a floor is ours, and decides nothing but how loudly a figure is told.
"""

from __future__ import annotations

from engine.rulebook.model import Interval, Version


def below_floor(version: Version, numerator: int | Interval | None, denominator: int | Interval | None) -> bool:
    """Whether a figure of `version` is surely below the floor: no text message and no notice of its own then.

    A rounded number is below it only where its upper end is; a number that nobody knows never is, nor is any figure of
    a version without a floor.

    >>> from datetime import date
    >>> from fractions import Fraction
    >>> from engine.rulebook.model import Bound, Figure
    >>> floor = (("rated", Bound("at_least", Fraction(20), "20")),)
    >>> version = Version(date(2021, 1, 1), (), "", figure=Figure("good", "rated"), notify_floor=floor)
    >>> below_floor(version, 3, 19), below_floor(version, 3, 20), below_floor(version, 3, Interval(15, 22))
    (True, False, False)
    """
    if version.figure is None:
        return False
    numbers = {version.figure.numerator: numerator}
    if version.figure.denominator is not None:
        numbers[version.figure.denominator] = denominator
    return any(
        (most := _most(numbers.get(name))) is not None and not bound.admits(most, 1)
        for name, bound in version.notify_floor
    )


def _most(number: int | Interval | None) -> int | None:
    return number.high if isinstance(number, Interval) else number
