"""A contract's bound over a platform's figure: how it is written, whether it is stricter, whether a figure meets it.

Pure, and the judge's own reckoning: the gate holds as the platform's rule has it, comparisons are of integers, and a
rounded figure is judged at every number that it can be. No result is ever a violation of the platform's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from engine.errors import KaoheError
from engine.judge.verdict import reading_of, verdict_of
from engine.rulebook.model import Bound, Comparison, Interval, Rule, Standard, Text, Version
from engine.rulebook.reading.bounds import covers
from engine.rulebook.values import limit

Result = Literal["met", "missed", "undetermined", "no_figure"]
RESULTS: tuple[Result, ...] = ("met", "missed", "undetermined", "no_figure")

_SIGNS: dict[str, Comparison] = {
    ">=": "at_least", "≥": "at_least", "at_least": "at_least", "不低于": "at_least",
    ">": "above", "above": "above", "高于": "above",
    "<=": "at_most", "≤": "at_most", "at_most": "at_most", "不超过": "at_most", "不高于": "at_most",
    "<": "below", "below": "below", "低于": "below",
}  # fmt: skip
_NUMBER = r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,9})?%?"
_WRITTEN = re.compile(rf"({'|'.join(map(re.escape, sorted(_SIGNS, key=len, reverse=True)))})?\s*({_NUMBER})")
_BY_VERDICT: dict[str, Result] = {"compliant": "met", "violation": "missed", "undetermined": "undetermined"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is on record of a figure: the platform's verdict, and its two numbers, each exact, between ends, or none."""

    verdict: str
    numerator: int | Interval | None
    denominator: int | Interval | None


def read_bound(text: str, platform: Bound) -> Bound:
    """A bound as people write it; one without a sign compares as the platform's standard does.

    Raises KaoheError for what is none.

    >>> from fractions import Fraction
    >>> ours = Bound("at_least", Fraction(4, 5), "80%")
    >>> str(read_bound("85%", ours)), str(read_bound("> 85%", ours)), str(read_bound("不低于 85%", ours))
    ('>= 85%', '> 85%', '>= 85%')
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise KaoheError(
            f"{text[:40]!r} is no bound; write it like 85%, 'at_least 85%' or 'below 5%'",
            zh=f"{text[:40]!r} 不是标准；写成 85%、“不低于85%”或“低于5%”这样",
        )
    return Bound(_SIGNS[found[1]] if found[1] else platform.comparison, limit(found[2]), found[2])


def versions_met(rule: Rule, since: date, until: date | None) -> Iterator[Version]:
    """The versions with a standard that govern cycles which begin in these days (inclusive; None: for ever)."""
    ends = [version.since for version in rule.versions[1:]] + [date.max]
    for version, end in zip(rule.versions, ends, strict=True):
        if version.standard is not None and (until is None or version.since <= until) and since < end:
            yield version


def why_not_stricter(version: Version, bound: Bound) -> Text | None:
    """Why a contract cannot set this bound over the figure of `version`; None where it can."""
    assert version.standard is not None
    ours = version.standard.complies
    if bound.as_written.endswith("%") != ours.as_written.endswith("%"):
        return Text("一个是百分比，一个不是", "one of them is a percentage, the other is not")
    if _rises(bound) != _rises(ours):
        return Text("两者方向不同", "they look in different directions")
    if covers(bound, ours):
        return Text("并不更严", "it is no stricter")
    if reading_of(version).is_part and not any(bound.admits(n, 1) for n in (0, 1)):
        return Text("没有哪个占比能达到", "no share can meet it")
    return None


def _rises(bound: Bound) -> bool:
    return bound.comparison in {"at_least", "above"}


def result_of(version: Version, bound: Bound, recorded: Recorded) -> Result:
    """Whether a figure that was assessed under `version` meets `bound`.

    `no_figure` where the platform's rule assesses none: the gate is not reached, or something is missing. Of a rounded
    figure `undetermined`, where not every number that it can be comes to the same.
    """
    if recorded.verdict in {"no_data", "not_assessed"} or recorded.numerator is None or recorded.denominator is None:
        return "no_figure"
    names = [name for name in (reading_of(version).figure.numerator, reading_of(version).figure.denominator) if name]
    known = tuple((name, gate) for name, gate in version.gate if name in names)
    if len(known) < len(version.gate) and recorded.verdict == "undetermined":
        return "undetermined"  # whether the gate is reached is not told by the figure
    numbers = dict(zip(names, (recorded.numerator, recorded.denominator), strict=False))
    asked = replace(version, standard=Standard(bound, "compliant_when"), at_risk=None, gate=known)
    return _BY_VERDICT.get(verdict_of(asked, numbers).verdict, "no_figure")
