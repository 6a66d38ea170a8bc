"""One subject's counters against one version, reckoned in integers: the reference that the screen equals."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from engine.errors import KaoheError
from engine.judge.box import Point, corners, narrowed, of_a_part
from engine.rulebook.model import Bound, Figure, Interval, Standard, Verdict, Version
from engine.rulebook.shares import is_part_of

SOME = Bound("above", Fraction(0), "0")  # what every denominator must be for a figure to be one
ONE = Interval(1, 1)


class UndecidedError(KaoheError):
    """A version that says nothing by which a subject could be judged."""


class Reckoning(NamedTuple):
    """A verdict, whether it warns, and for `no_data` the counters that are missing or contradictory."""

    verdict: Verdict
    at_risk: bool
    missing: tuple[str, ...]


class Reading(NamedTuple):
    """What of a version decides a verdict."""

    counters: tuple[str, ...]  # those that the figure or the gate needs, in the order of the file
    figure: Figure
    standard: Standard
    gate: tuple[tuple[str, Bound], ...]
    at_risk: Bound | None
    is_part: bool  # the numerator counts some of what the denominator counts, so it can never be more

    @property
    def conditions(self) -> tuple[tuple[str, Bound], ...]:
        """What must hold for a subject to be assessed: the gate, and a denominator that is not 0."""
        return (*self.gate, (self.figure.denominator, SOME)) if self.figure.denominator else self.gate


def reading_of(version: Version) -> Reading:
    """What decides under `version`. Raises UndecidedError for one that is repealed or has no standard."""
    if version.repealed or version.figure is None or version.standard is None:
        state = "is repealed" if version.repealed else "has no figure or no standard"
        raise UndecidedError(f"version {version.key} {state}: no subject can be judged by it")
    figure = version.figure
    by_name = {counter.name: counter for counter in version.counters}
    needed = {figure.numerator, figure.denominator, *(name for name, _ in version.gate)}
    return Reading(
        counters=tuple(name for name in by_name if name in needed),
        figure=figure,
        standard=version.standard,
        gate=version.gate,
        at_risk=version.at_risk,
        is_part=figure.denominator is not None and is_part_of(by_name[figure.numerator], by_name[figure.denominator]),
    )


def verdict_of(version: Version, counters: Mapping[str, int | Interval | None]) -> Reckoning:
    """The verdict on a subject with these counters, by name; an absent counter is a null one.

    Counters that are null or negative, or a numerator above the denominator that it is part of, give
    `no_data` with their names, in the order of the file. A gate not reached, or a denominator of 0, gives
    `not_assessed`. Of intervals every whole number is tried: `undetermined` is where they do not all come to
    one verdict, and `at_risk` where some of them are. Raises UndecidedError.
    """
    reading = reading_of(version)
    spans = {name: span for name in reading.counters if (span := _span(counters.get(name))) is not None}
    if len(spans) < len(reading.counters):
        return Reckoning("no_data", False, tuple(name for name in reading.counters if name not in spans))
    names = reading.figure.numerator, reading.figure.denominator
    if reading.is_part and names[1]:
        both = of_a_part(spans[names[0]], spans[names[1]])
        if both is None:
            return Reckoning("no_data", False, tuple(name for name in reading.counters if name in names))
        spans[names[0]], spans[names[1]] = both
    assessed = _assessed(reading, spans)
    if assessed is None:
        return Reckoning("not_assessed", False, ())
    points = corners(assessed[names[0]], assessed[names[1]] if names[1] else ONE, is_part=reading.is_part)
    complies = {reading.standard.complies.admits(*point) for point in points}
    warns = reading.at_risk is not None and any(reading.at_risk.admits(*point) for point in points)
    if assessed != spans or len(complies) > 1:
        return Reckoning("undetermined", warns or False in complies, ())
    return Reckoning("compliant", warns, ()) if True in complies else Reckoning("violation", True, ())


def corners_of(reading: Reading, numerator: Interval, denominator: Interval) -> tuple[Point, Point] | None:
    """The least and the greatest that a figure with these ends can be; None where its numbers contradict each other."""
    both = of_a_part(numerator, denominator) if reading.is_part else (numerator, denominator)
    return corners(*both, is_part=reading.is_part) if both else None


def points_of(version: Version, numerator: int | Interval, denominator: int | Interval) -> tuple[Point, Point]:
    """The least and the greatest that an assessed figure can be; twice the same where it is exact."""
    is_part = reading_of(version).is_part
    top, bottom = _interval(numerator), _interval(denominator)
    both = of_a_part(top, bottom) if is_part else None
    return corners(*(both or (top, bottom)), is_part=is_part)


def _span(value: int | Interval | None) -> Interval | None:
    """The interval that a counter is, an exact one that of itself alone; None for what nothing can be counted with."""
    span = None if value is None else _interval(value)
    return None if span is None or span.low < 0 else span


def _interval(value: int | Interval) -> Interval:
    return Interval(value, value) if isinstance(value, int) else value


def _assessed(reading: Reading, spans: Mapping[str, Interval]) -> dict[str, Interval] | None:
    """The part of each counter at which a subject is assessed at all; None where it is nowhere."""
    found = dict(spans)
    for name, bound in reading.conditions:
        within = narrowed(found[name], bound)
        if within is None:
            return None
        found[name] = within
    top, bottom = reading.figure.numerator, reading.figure.denominator
    if reading.is_part and bottom and found[top].low > found[bottom].high:
        return None
    return found
