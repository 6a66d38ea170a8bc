"""How far a figure is from its standard while its cycle can still change, in whole things: ratings, people, sessions.

Shares are compared as fractions, never as floats. With the limit a/b, numerator n and denominator d:

- What is pending is in the denominator already. Of those that mend (or, of a share that must stay low, break) a
  figure they are counted first, since each moves the numerator alone.
- x more good ones in a row mend `at least a/b` once (n + x)·b ≥ a·(d + x), so x = ⌈(a·d − n·b) / (b − a)⌉;
  for 80 % that is ⌈(0.8·d − n) / 0.2⌉: four good ratings make up for one that is not.
- y more bad ones break it once n·b < a·(d + y). A limit from above (`at most`) is broken by y bad ones once
  (n + y)·b > a·(d + y). Nothing mends what it counted, and what is good need not be in its denominator at all: so
  `mends` is None. Its share falls below the limit again once the denominator alone has grown by x = ⌈n·b / a⌉ − d:
  that many `dilute` it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from engine.rulebook.model import Bound

# holding, behind: as things stand the standard is met, or is not, and that can change. safe, lost: it no longer can.
Standing = Literal["holding", "behind", "safe", "lost"]


@dataclass(frozen=True, slots=True)
class Headroom:
    """Where a figure stands. `mends`: so many good ones in a row are needed; `breaks`: so many bad ones are too many.

    `dilutes`: so many more in the denominator, none of them in the numerator, bring a share that must stay low back
    within its limit. None where no number does it.
    """

    standing: Standing
    mends: int | None = None
    breaks: int | None = None
    dilutes: int | None = None


def together(ends: Sequence[Headroom]) -> Headroom | None:
    """How a rounded figure stands whose ends stand so; None where they disagree.

    What mends or dilutes it does so wherever it lies, and what breaks it may break it.
    """
    if len({end.standing for end in ends}) != 1:
        return None
    needed = {name: [getattr(end, name) for end in ends] for name in ("mends", "breaks", "dilutes")}
    most = {name: None if None in found else max(found) for name, found in needed.items()}
    fewest = [number for number in needed["breaks"] if number is not None]
    return Headroom(ends[0].standing, most["mends"], min(fewest, default=None), most["dilutes"])


def more_is_better(bound: Bound) -> bool:
    """Whether the numerator counts what is good: a standard that asks for at least so much."""
    return bound.comparison in {"at_least", "above"}


def headroom(bound: Bound, numerator: int, denominator: int, running: bool, pending: int = 0) -> Headroom:
    """How the figure `numerator`/`denominator` stands to the standard `bound`.

    `running`: new things may still come into both numbers. `pending`: so many that are in the denominator already may
    yet come into the numerator (a session that can still be answered). A denominator of 0 has no standing: ValueError.
    """
    if denominator <= 0 or numerator < 0:
        raise ValueError(f"{numerator}/{denominator} has no standing")
    complies = bound.admits(numerator, denominator)
    if not running:
        return _settled(bound, numerator, denominator, pending, complies)
    mends = None if complies else _mends(bound, numerator, denominator, pending)
    breaks = _breaks(bound, numerator, denominator, pending) if complies else None
    if not complies and mends is None and more_is_better(bound):
        return Headroom("lost")
    dilutes = None if complies else _dilutes(bound, numerator, denominator)
    return Headroom("holding" if complies else "behind", mends, breaks, dilutes)


def _settled(bound: Bound, numerator: int, denominator: int, pending: int, complies: bool) -> Headroom:
    """The denominator is what it is; only pending things can still move the numerator."""
    at_the_end = bound.admits(numerator + pending, denominator)
    if complies and at_the_end:
        return Headroom("safe")
    if not complies and not at_the_end:
        return Headroom("lost")
    limit = bound.limit * denominator - numerator
    if complies:  # too many of the pending ones would break it
        return Headroom("holding", breaks=_above(limit) if bound.comparison == "at_most" else _from(limit))
    return Headroom("behind", mends=_from(limit) if bound.comparison == "at_least" else _above(limit))


def _mends(bound: Bound, numerator: int, denominator: int, pending: int = 0) -> int | None:
    """The pending ones come first: each adds to the numerator alone, and so mends most."""
    if not more_is_better(bound):
        return None
    if bound.admits(numerator + pending, denominator):
        limit = bound.limit * denominator - numerator
        return _from(limit) if bound.comparison == "at_least" else _above(limit)
    if pending:
        more = _mends(bound, numerator + pending, denominator)
        return None if more is None else pending + more
    if bound.limit >= 1:
        return None
    short = (bound.limit * denominator - numerator) / (1 - bound.limit)
    return _from(short) if bound.comparison == "at_least" else _above(short)


def _dilutes(bound: Bound, numerator: int, denominator: int) -> int | None:
    if more_is_better(bound) or bound.limit <= 0:
        return None
    needed = Fraction(numerator) / bound.limit - denominator
    return _from(needed) if bound.comparison == "at_most" else _above(needed)


def _breaks(bound: Bound, numerator: int, denominator: int, pending: int = 0) -> int | None:
    if not more_is_better(bound) and pending:  # the same: what is in the denominator already breaks it soonest
        if not bound.admits(numerator + pending, denominator):
            limit = bound.limit * denominator - numerator
            return _above(limit) if bound.comparison == "at_most" else _from(limit)
        more = _breaks(bound, numerator + pending, denominator)
        return None if more is None else pending + more
    if more_is_better(bound):
        if bound.limit == 0:
            return None
        spare = Fraction(numerator) / bound.limit - denominator
        return _above(spare) if bound.comparison == "at_least" else _from(spare)
    if bound.limit >= 1:
        return None
    spare = (bound.limit * denominator - numerator) / (1 - bound.limit)
    return _above(spare) if bound.comparison == "at_most" else _from(spare)


def _from(number: Fraction) -> int:
    """The smallest whole number that is not below `number`."""
    return ceil(number)


def _above(number: Fraction) -> int:
    """The smallest whole number above `number`."""
    return floor(number) + 1
