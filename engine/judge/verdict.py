"""One subject's counters against one version, reckoned in integers: the reference that the screen equals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.errors import KaoheError
from engine.rulebook.model import Bound, Figure, Standard, Verdict, Version
from engine.rulebook.shares import is_part_of


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


def verdict_of(version: Version, counters: Mapping[str, int | None]) -> Reckoning:
    """The verdict on a subject with these counters, by name; an absent counter is a null one.

    Counters that are null or negative, or a numerator above the denominator that it is part of, give
    `no_data` with their names, in the order of the file. A gate not reached, or a denominator of 0, gives
    `not_assessed`. Raises UndecidedError.
    """
    reading = reading_of(version)
    values = {name: value for name in reading.counters if (value := counters.get(name)) is not None and value >= 0}
    if len(values) < len(reading.counters):
        return Reckoning("no_data", False, tuple(name for name in reading.counters if name not in values))
    names = reading.figure.numerator, reading.figure.denominator
    numerator, denominator = values[names[0]], values[names[1]] if names[1] else 1
    if reading.is_part and numerator > denominator:
        return Reckoning("no_data", False, tuple(name for name in reading.counters if name in names))
    if denominator == 0 or not all(bound.admits(values[name], 1) for name, bound in reading.gate):
        return Reckoning("not_assessed", False, ())
    if not reading.standard.complies.admits(numerator, denominator):
        return Reckoning("violation", True, ())
    warns = reading.at_risk is not None and reading.at_risk.admits(numerator, denominator)
    return Reckoning("compliant", warns, ())
