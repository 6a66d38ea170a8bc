"""Comparisons with a limit: the standard, the early warning, and how one bound lies to another."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from engine.rulebook import values
from engine.rulebook.faults import shown
from engine.rulebook.model import Bound, Comparison, Standard
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.shares import Kind

COMPARISONS = ("at_least", "above", "at_most", "below")
STANDARDS = ("compliant_when", "violates_when")
_RISING = ("at_least", "above")


def read_bound(place: Place) -> Bound | None:
    """One comparison, like {at_least: 80%}."""
    fields = place.fields((), COMPARISONS)
    if fields is None:
        return None
    if len(fields.found) != 1:
        place.fault("expected exactly one of " + ", ".join(COMPARISONS))
        return None
    ((comparison, at),) = fields.found.items()
    text = at.text()
    limit = at.read(values.limit) if text is not None else None
    if text is None or limit is None:
        return None
    return Bound(cast("Comparison", comparison), limit, text)


def read_standard(version: Fields) -> Standard | None:
    """The standard, said in exactly one of the two ways."""
    given = [name for name in STANDARDS if name in version]
    if len(given) != 1:
        version.place.fault(f"expected exactly one of {' and '.join(STANDARDS)}, found {len(given) or 'neither'}")
    for name in given:
        bound = read_bound(version[name])
        if bound is not None and len(given) == 1:
            return (
                Standard(bound, "compliant_when")
                if name == STANDARDS[0]
                else Standard(bound.opposite(), "violates_when")
            )
    return None


def check_kind(place: Place, bound: Bound, kind: Kind) -> bool:
    """Whether a bound at `place` is written as suits the kind of figure that it bounds; if not, that is a fault.

    A share is bounded by a percentage up to 100%, a ratio of two counts by any percentage, all else as it may be.
    """
    ((_, at),) = place.peek().values()
    written = bound.as_written
    if kind == "share" and not 0 <= bound.limit <= 1 and written.endswith("%"):
        at.fault(f"{shown(written)} is no share; this figure is a part of a whole, so it lies between 0% and 100%")
    elif kind != "number" and not written.endswith("%"):
        at.fault(f"{shown(written)} is no percentage, and this figure is a share; did you mean {_meant(bound.limit)}?")
    else:
        return True
    return False


def _meant(limit: Fraction) -> str:
    """The percentage that was probably meant: 90 is 90%, and 0.9 is 90%, too."""
    hundreds = limit * 100 if limit < 1 else limit
    text = f"{float(hundreds):.9f}".rstrip("0").rstrip(".")
    return repr(f"{text}%")


def check_at_risk(place: Place, at_risk: Bound, standard: Standard) -> None:
    """An early warning must hold for every violation, and for some figures that still comply."""
    broken = standard.complies.opposite()
    if not covers(at_risk, broken) or covers(broken, at_risk):
        place.fault(
            f"must lie on the complying side of the standard ({standard.complies}), "
            f"so that it warns before: {at_risk} does not"
        )


def covers(outer: Bound, inner: Bound) -> bool:
    """Whether `outer` admits every figure that `inner` admits.

    >>> from fractions import Fraction
    >>> below_85, below_80 = (Bound("below", Fraction(n, 100), f"{n}%") for n in (85, 80))
    >>> covers(below_85, below_80), covers(below_80, below_85), covers(below_80, below_80)
    (True, False, True)
    """
    rising = outer.comparison in _RISING
    if rising != (inner.comparison in _RISING):
        return False
    if outer.limit == inner.limit:
        return outer.comparison in ("at_least", "at_most") or inner.comparison in ("above", "below")
    return (outer.limit < inner.limit) == rising
