"""A version's consequences as case rules, and exactly the facts that they read.

breach, unless waived or excluded → violation → severity → rung → sanctions; else → exemption. Whatever needs
arithmetic (the band of a figure, the count of earlier violations) is worked out before the rules are asked
and handed to them as a property, so that many subjects share one situation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

from engine.errors import KaoheError
from engine.judge.box import Point
from engine.judge.caserules import CaseRule, Comparison, Kind, Pattern, Production, Reference
from engine.judge.facts import Fact, Value, canonical, order_of
from engine.judge.ruleset import RuleSet
from engine.judge.verdict import points_of
from engine.rulebook.model import Interval, PastViolation, Severity, Version

KINDS = (
    Kind("breach"),
    Kind("waiver", (("reference", "str"),)),  # this one was let off
    Kind("exclusion", (("reference", "str"),)),  # what happened then does not count at all
    Kind("band", (("severity", "str"),)),  # the severity whose band the figure lies in
    Kind("history", (("ordinal", "int"),)),  # this violation is the n-th within the window
    Kind("violation"),
    Kind("exemption", (("by", "str"), ("reference", "str"))),
    Kind("severity", (("name", "str"),)),
    Kind("rung", (("name", "str"),)),
    Kind("sanction", (("position", "int"), ("rung", "str"))),  # position on the rung, from 0
)
EXEMPTING = ("waiver", "exclusion")
_BREACH, _VIOLATION = Pattern("breach", "breach"), Pattern("violation", "violation")
_PARDONS = tuple(Pattern(kind, kind) for kind in EXEMPTING)


class LadderError(KaoheError):
    """A version whose severities and rungs do not fit together."""


@dataclass(frozen=True)
class Situation:
    """The facts of a case, as far as the ladder reads them. Equal situations have one decision.

    `facts` stand in a fixed order; make one with `situation_of`.
    """

    facts: tuple[Fact, ...]

    @cached_property
    def digest(self) -> str:
        """The sha256 that names this situation."""
        return sha256(canonical([fact.as_data() for fact in self.facts]).encode()).hexdigest()


def situation_of(
    version: Version,
    numerator: int | Interval,
    denominator: int | Interval,
    history: Sequence[PastViolation],
    exempting: Collection[Fact] = (),
) -> Situation:
    """What the ladder of `version` must know of a breach with this figure.

    `exempting` are facts of the kinds `waiver` and `exclusion`: where there is one, nothing else matters. The
    history counts earlier violations that were confirmed within the version's window, and this one; it is
    capped at the highest step, beyond which nothing changes. A figure between ends lies in the mildest band
    that it may lie in. Raises LadderError if no band admits it, or for a fact that exempts nobody.
    """
    if exempting:
        if strange := {fact.kind for fact in exempting} - {*EXEMPTING}:
            raise LadderError(f"a fact of kind {min(strange)!r} exempts nobody; those that do: {', '.join(EXEMPTING)}")
        return _situation(frozenset({_BREACH_FACT, *exempting}))
    severity = version.severity
    if severity and severity.decided_by == "metric":
        band = _mildest_band(version, severity, numerator, denominator)
        return _situation(frozenset({_BREACH_FACT, _fact("band", "severity", band)}))
    if severity and severity.steps:
        ordinal = _ordinal(severity, history)
        return _situation(frozenset({_BREACH_FACT, _fact("history", "ordinal", ordinal)}))
    return _situation(frozenset({_BREACH_FACT}))


def situation_as_decided(severity: str) -> Situation:
    """What the ladder must know of a breach whose severity was decided elsewhere: neither bands nor history matter."""
    return _situation(frozenset({_BREACH_FACT, _fact("severity", "name", severity)}))


# Of many breaches few differ: what two have in common is made once.
_BREACH_FACT = Fact("breach")


@lru_cache(maxsize=1024)
def _fact(kind: str, name: str, value: Value) -> Fact:
    return Fact.of(kind, **{name: value})


@lru_cache(maxsize=1024)
def _situation(facts: frozenset[Fact]) -> Situation:
    return Situation(tuple(sorted(facts, key=order_of)))


def _mildest_band(version: Version, severity: Severity, numerator: int | Interval, denominator: int | Interval) -> str:
    bands = [_band(version, severity, point) for point in set(points_of(version, numerator, denominator))]
    order = [*version.ladder, *(band.severity for band in severity.bands)]  # a ladder begins with the mildest
    return min(bands, key=order.index)


def _band(version: Version, severity: Severity, point: Point) -> str:
    for band in severity.bands:
        if band.when.admits(*point):
            return band.severity
    raise LadderError(f"version {version.key}: no band of its severity admits {point[0]}/{point[1]}; add one")


def _ordinal(severity: Severity, history: Sequence[PastViolation]) -> int:
    window = severity.within_days
    confirmed = sum(past.state == "confirmed" and (window is None or past.days_ago <= window) for past in history)
    return min(confirmed + 1, max(severity.steps))


def compile_ladder(version: Version) -> RuleSet:
    """The case rules of a version. Raises LadderError where severities and rungs do not match."""
    _check(version)
    rules = [
        ("breach is a violation", (_BREACH,), _PARDONS, (Production("violation"),)),
        *(_exemption(pardon) for pardon in _PARDONS),
        *_severity_rules(version),
        *_rung_rules(version),
    ]
    return RuleSet(
        KINDS,
        tuple(
            CaseRule(name, priority, when, then, unless)
            for priority, (name, when, unless, then) in enumerate(rules, start=1)
        ),
    )


_Parts = tuple[str, tuple[Pattern, ...], tuple[Pattern, ...], tuple[Production, ...]]


def _exemption(pardon: Pattern) -> _Parts:
    values = (("by", pardon.kind), ("reference", Reference(pardon.alias, "reference")))
    said = {"waiver": "waived breach is exempt", "exclusion": "excluded breach is exempt"}[pardon.kind]
    return said, (_BREACH, pardon), (), (Production("exemption", values),)


def _severity_rules(version: Version) -> Iterator[_Parts]:
    severity = version.severity
    if severity is None:
        return
    if severity.decided_by == "metric":
        of_band = Production("severity", (("name", Reference("band", "severity")),))
        yield "severity by band", (_VIOLATION, Pattern("band", "band")), (), (of_band,)
        return
    what = "forecast" if severity.decided_by == "platform" else "severity"
    steps = sorted(severity.steps.items())
    for (ordinal, name), following in zip(steps, [*steps[1:], None], strict=True):
        tests = [Comparison("ordinal", ">=", ordinal)]
        if following:
            tests.append(Comparison("ordinal", "<", following[0]))
        when = (_VIOLATION, Pattern("history", "history", tuple(tests)))
        yield f"{what} from violation {ordinal} on", when, (), (Production("severity", (("name", name),)),)


def _rung_rules(version: Version) -> Iterator[_Parts]:
    if version.severity is None:
        for name in version.ladder:
            yield "the one rung", (_VIOLATION,), (), (Production("rung", (("name", name),)),)
    elif version.ladder:
        of_severity = Production("rung", (("name", Reference("severity", "name")),))
        yield "rung of the severity", (Pattern("severity", "severity"),), (), (of_severity,)
    for name, sanctions in version.ladder.items():
        produced = tuple(
            Production("sanction", (("position", position), ("rung", name))) for position in range(len(sanctions))
        )
        yield (
            f"sanctions of {name}",
            (Pattern("rung", "rung", (Comparison("name", "==", name),)),),
            (),
            produced,
        )


def _check(version: Version) -> None:
    severity, rungs = version.severity, list(version.ladder)
    if severity is None:
        if len(rungs) > 1:
            raise LadderError(
                f"version {version.key}: its ladder has rungs {', '.join(rungs)}, and no severity chooses one"
            )
        return
    named = {*severity.steps.values(), *(band.severity for band in severity.bands)}
    if rungs and not named <= set(rungs):
        raise LadderError(
            f"version {version.key}: no rung for severity {', '.join(sorted(named - set(rungs)))}; "
            f"the ladder has {', '.join(rungs)}"
        )
