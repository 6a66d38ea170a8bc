"""Which parts of a rule no case reaches: rungs, verdicts, the two sides of the standard by one unit."""

from __future__ import annotations

from engine.judge.verdict import verdict_of
from engine.rulebook.model import Rule, Version


def uncovered(rule: Rule) -> list[str]:
    """What the cases of `rule` leave untried, version by version; empty where they try all."""
    return [f"{v.key}: {what}" for v in rule.versions if not v.repealed for what in _uncovered(v)]


def _uncovered(version: Version) -> list[str]:
    verdicts = {verdict_of(version, case.given).verdict for case in version.cases}
    missing = [f"verdict {v}" for v in ("compliant", "violation", "no_data") if v not in verdicts]
    if version.gate and "not_assessed" not in verdicts:
        missing.append("verdict not_assessed")
    severities = {case.expect.severity for case in version.cases if case.expect.verdict == "violation"}
    if version.severity is not None:
        missing += [f"rung {rung}" for rung in version.ladder if rung not in severities]
    missing += [side for side, reached in _sides(version).items() if not reached]
    return missing + [
        f"gate {name} {bound}, one below"
        for name, bound in version.gate
        if not _below_gate(version, name, int(bound.limit))
    ]


def _sides(version: Version) -> dict[str, bool]:
    """Whether some case lies on each side of the standard so that one unit more or less would change sides."""
    figure, standard = version.figure, version.standard
    if figure is None or standard is None or figure.denominator is None:
        return {}
    reached = {"the complying side of the standard, by one unit": False, "its failing side, by one unit": False}
    for case in version.cases:
        top, bottom = case.given.get(figure.numerator), case.given.get(figure.denominator)
        if not isinstance(top, int) or not isinstance(bottom, int) or bottom == 0:
            continue  # an interval lies on no side by one unit
        here = standard.complies.admits(top, bottom)
        if any(standard.complies.admits(top + step, bottom) != here for step in (-1, 1)):
            reached[list(reached)[0 if here else 1]] = True
    return reached


def _below_gate(version: Version, counter: str, least: int) -> bool:
    return any(case.given.get(counter) == least - 1 for case in version.cases)
