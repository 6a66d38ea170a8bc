"""Case rules as JSON: how they reach the child process. Facts and firings describe themselves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.judge.caserules import CaseRule, Comparison, Join, Kind, Pattern, Production, Reference
from engine.judge.ruleset import RuleSet


def data_of(rules: RuleSet) -> dict[str, Any]:
    """The rule set as plain JSON values."""
    return asdict(rules)


def rules_from(data: dict[str, Any]) -> RuleSet:
    """The rule set that `data_of` described, checked again on this side. Raises UnsafeRulesError."""
    return RuleSet(
        kinds=tuple(Kind(kind["name"], _pairs(kind["properties"])) for kind in data["kinds"]),
        rules=tuple(_rule(rule) for rule in data["rules"]),
    )


def _rule(data: dict[str, Any]) -> CaseRule:
    return CaseRule(
        name=data["name"],
        priority=data["priority"],
        when=tuple(_pattern(pattern) for pattern in data["when"]),
        then=tuple(_production(production) for production in data["then"]),
        unless=tuple(_pattern(pattern) for pattern in data["unless"]),
    )


def _pattern(data: dict[str, Any]) -> Pattern:
    tests = tuple(Join(**test) if "alias" in test else Comparison(**test) for test in data["tests"])
    return Pattern(data["alias"], data["kind"], tests)


def _production(data: dict[str, Any]) -> Production:
    values = [(name, Reference(**v) if isinstance(v, dict) else v) for name, v in data["values"]]
    return Production(data["kind"], tuple(values))


def _pairs(pairs: list[list[Any]]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in pairs)
