"""A version's consequences as case rules, and exactly the facts that they read.

breach, unless waived → violation → severity → rung → sanctions; a waived breach → exemption. Whatever needs
arithmetic (the band of a figure, the count of earlier violations) is worked out before the rules are asked
and handed to them as a property, so that many subjects share one situation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from engine.errors import KaoheError
from engine.judge.caserules import CaseRule, Comparison, Kind, Pattern, Production, Reference
from engine.judge.facts import Fact, canonical, order_of
from engine.judge.ruleset import RuleSet
from engine.rulebook.model import PastViolation, Severity, Version

KINDS = (
    Kind("breach"),
    Kind("waiver"),
    Kind("band", (("severity", "str"),)),  # the severity whose band the figure lies in
    Kind("history", (("ordinal", "int"),)),  # this violation is the n-th within the window
    Kind("violation"),
    Kind("exemption"),
    Kind("severity", (("name", "str"),)),
    Kind("rung", (("name", "str"),)),
    Kind("sanction", (("position", "int"), ("rung", "str"))),  # position on the rung, from 0
)
_BREACH, _VIOLATION, _WAIVER = (
    Pattern("breach", "breach"),
    Pattern("violation", "violation"),
    Pattern("waiver", "waiver"),
)


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
    version: Version, numerator: int, denominator: int, history: Sequence[PastViolation], waived: bool
) -> Situation:
    """What the ladder of `version` must know of a breach with this figure, or of a waived one.

    The history counts earlier violations that were confirmed within the version's window, and this one; it is
    capped at the highest step, beyond which nothing changes. Raises LadderError if no band admits the figure.
    """
    if waived:
        return Situation((Fact("breach"), Fact("waiver")))
    severity = version.severity
    facts = [Fact("breach")]
    if severity and severity.decided_by == "metric":
        facts.append(Fact.of("band", severity=_band(version, severity, numerator, denominator)))
    elif severity and severity.steps:
        facts.append(Fact.of("history", ordinal=_ordinal(severity, history)))
    return Situation(tuple(sorted(facts, key=order_of)))


def _band(version: Version, severity: Severity, numerator: int, denominator: int) -> str:
    for band in severity.bands:
        if band.when.admits(numerator, denominator):
            return band.severity
    raise LadderError(f"version {version.key}: no band of its severity admits {numerator}/{denominator}; add one")


def _ordinal(severity: Severity, history: Sequence[PastViolation]) -> int:
    window = severity.within_days
    confirmed = sum(past.state == "confirmed" and (window is None or past.days_ago <= window) for past in history)
    return min(confirmed + 1, max(severity.steps))


def compile_ladder(version: Version) -> RuleSet:
    """The case rules of a version. Raises LadderError where severities and rungs do not match."""
    _check(version)
    rules = [
        ("breach is a violation", (_BREACH,), (_WAIVER,), (Production("violation"),)),
        ("waived breach is exempt", (_BREACH, _WAIVER), (), (Production("exemption"),)),
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
