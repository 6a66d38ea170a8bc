"""How often practice bore a rule out: what the platform confirmed, took back, or punished and we had not seen.

A pure function over what was judged. Shares are exact and always said with their counts: three of four is not 75 % of
anything. Where practice contradicts a version, the claims that may be wrong are named: those that rest on an
assumption, and, of what was taken back, those that a source disputes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from engine.assessment.outcome import dated, exposure_fen
from engine.rulebook.model import Version

Came = Literal["confirmed", "overturned", "ours_only"]
# The claims that may be why we saw no breach where the platform did, by our verdict.
_WHY_MISSED: Mapping[str, frozenset[str]] = {
    "compliant": frozenset({"figure", "counters", "hours", "cut_off", "compliant_when", "violates_when"}),
    "not_assessed": frozenset({"gate", "counters", "hours", "cut_off"}),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One of our violations, and what came of it. `forecast` is our severity, `severity` and `amount_fen` are theirs.

    `name` is what it is told by: the number of the notice, or the violation.
    """

    rule: str
    version: str
    name: str
    came: Came
    assessed_on: date
    forecast: str | None = None
    severity: str | None = None
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """A penalty under a rule of which we have no violation; `verdict` is ours for its cycle, where there is one."""

    rule: str
    version: str
    name: str
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A claim of the version that practice speaks against, and by which notices."""

    claim: str
    basis: Literal["assumed", "disputed"]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One version of a rule in practice. `severities` and `amounts`: how many differed, of how many compared."""

    rule: str
    version: str
    confirmed: int
    overturned: int
    ours_only: int
    missed: int
    severities: tuple[int, int]
    amounts: tuple[int, int]
    contradicted: tuple[Contradicted, ...]

    @property
    def judged(self) -> int:
        """How many of our violations practice has judged."""
        return self.confirmed + self.overturned + self.ours_only

    @property
    def borne_out(self) -> Fraction | None:
        """The share of our violations that was confirmed; None where none was judged."""
        return Fraction(self.confirmed, self.judged) if self.judged else None

    @property
    def foreseen(self) -> Fraction | None:
        """The share of the platform's penalties that we had a violation for; None where there was none."""
        theirs = self.confirmed + self.missed
        return Fraction(self.confirmed, theirs) if theirs else None


def accuracy(
    judged: Iterable[Judged], missed: Iterable[Missed], versions: Mapping[tuple[str, str], Version]
) -> list[Accuracy]:
    """The accuracy of each rule and version that practice says anything about, in their order.

    Of a version that is not among `versions` the counts are told, and no claims.
    """
    ours: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    theirs: dict[tuple[str, str], list[Missed]] = defaultdict(list)
    for one in judged:
        ours[one.rule, one.version].append(one)
    for penalty in missed:
        theirs[penalty.rule, penalty.version].append(penalty)
    return [
        _of_version(key, ours.get(key, []), theirs.get(key, []), versions.get(key)) for key in sorted({*ours, *theirs})
    ]


def _of_version(
    key: tuple[str, str], judged: Sequence[Judged], missed: Sequence[Missed], version: Version | None
) -> Accuracy:
    came = [one.came for one in judged]
    graded = [one for one in judged if one.forecast is not None and one.severity is not None]
    regraded = [one for one in graded if one.forecast != one.severity]
    priced = [(one, spans) for one in judged if (spans := _spans(one, version))]
    repriced = [one for one, spans in priced if not any(low <= (one.amount_fen or 0) <= high for low, high in spans)]
    against: dict[tuple[str, Literal["assumed", "disputed"]], set[str]] = defaultdict(set)
    if version is not None:
        assumed, disputed = version.claims("assumed"), version.disputed()
        for claim, found in (("severity", regraded), ("ladder", repriced)):
            if claim in assumed:
                against[claim, "assumed"] |= {one.name for one in found}
        for penalty in missed:
            for claim in assumed:
                if claim in _WHY_MISSED.get(penalty.verdict or "", ()):
                    against[claim, "assumed"].add(penalty.name)
        for claim in disputed:
            against[claim, "disputed"] |= {one.name for one in judged if one.came == "overturned"}
    order = [claim.name for claim in version.provenance] if version else []
    return Accuracy(
        *key,
        confirmed=came.count("confirmed"),
        overturned=came.count("overturned"),
        ours_only=came.count("ours_only"),
        missed=len(missed),
        severities=(len(regraded), len(graded)),
        amounts=(len(repriced), len(priced)),
        contradicted=tuple(
            Contradicted(claim, basis, tuple(sorted(by)))
            for (claim, basis), by in sorted(against.items(), key=lambda one: (order.index(one[0][0]), one[0][1]))
            if by
        ),
    )


def _spans(one: Judged, version: Version | None) -> list[tuple[int, int]]:
    """What the rungs that may apply can cost: that of the platform's severity, else all; none if there is nothing."""
    if version is None or one.amount_fen is None or one.came == "overturned":
        return []
    rung = version.ladder.get(one.severity or "")
    return [exposure_fen(dated(r, one.assessed_on)) for r in ([rung] if rung is not None else version.ladder.values())]
