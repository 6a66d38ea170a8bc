"""A rule's own cases, run through everything that decides: reckoning, rule engine and interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.judge.decide import Decision, decision_from
from engine.judge.interpreter import interpret
from engine.judge.ladder import LadderError, compile_ladder, situation_of
from engine.judge.reasoner import INTERPRETER, Reasoner
from engine.judge.verdict import Reckoning, UndecidedError, reading_of, verdict_of
from engine.rulebook.model import Case, Expectation, Rule, Version


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went. `differences` say what was expected and what came.

    `decided_alike`: the rule engine and the interpreter of the same rules came to one decision.
    """

    version: str
    case: Case
    passed: bool
    differences: tuple[str, ...]
    decided_alike: bool


def run_cases(rule: Rule, reasoner: Reasoner | None = None) -> list[CaseResult]:
    """Every case of every version, in the order of the file. A counter that a case leaves out is missing."""
    if reasoner is None:
        with Reasoner() as own:
            return run_cases(rule, own)
    return [_run(version, case, reasoner) for version in rule.versions for case in version.cases]


def _run(version: Version, case: Case, reasoner: Reasoner) -> CaseResult:
    try:
        reckoned = verdict_of(version, case.given)
        decided = _decide(version, case, reasoner) if reckoned.verdict == "violation" else None
    except (UndecidedError, LadderError) as error:
        return CaseResult(version.key, case, False, (str(error),), True)
    differences = list(_differences(case.expect, reckoned, decided[0] if decided else None))
    disagreement = _disagreement(*decided) if decided else None
    if disagreement:
        differences.append(disagreement)
    return CaseResult(version.key, case, not differences, tuple(differences), disagreement is None)


def _disagreement(decision: Decision, by_interpreter: Decision) -> str | None:
    if decision.decided_by.startswith(INTERPRETER):
        return f"the rule engine did not decide; decided by: {decision.decided_by}"
    if decision != replace(by_interpreter, decided_by=decision.decided_by):
        return "the rule engine and the interpreter of the same rules came to different decisions"
    return None


def _decide(version: Version, case: Case, reasoner: Reasoner) -> tuple[Decision, Decision]:
    names = reading_of(version).figure
    denominator = case.given[names.denominator] if names.denominator else 1
    situation = situation_of(version, case.given[names.numerator], denominator, case.history)
    rules = compile_ladder(version)
    conclusion, decided_by = reasoner.conclude(rules, situation.facts)
    by_interpreter = decision_from(version, interpret(rules, situation.facts), INTERPRETER)
    return decision_from(version, conclusion, decided_by), by_interpreter


def _differences(expected: Expectation, reckoned: Reckoning, decision: Decision | None) -> Iterator[str]:
    got: dict[str, object] = {
        "verdict": reckoned.verdict,
        "at_risk": reckoned.at_risk,
        "missing": tuple(sorted(reckoned.missing)),
        "severity": decision.severity if decision else None,
        "exposure_fen": decision.exposure_fen if decision else (0, 0),
        "sanctions": tuple(sanction.kind for sanction in decision.sanctions) if decision else (),
    }
    for name, value in got.items():
        wanted = getattr(expected, name)
        if name == "missing" and wanted:
            wanted = tuple(sorted(wanted))  # a case need not keep the order of the counters
        if wanted is not None and wanted != value:
            yield f"{name}: expected {_shown(wanted)}, got {_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
