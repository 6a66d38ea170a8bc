"""Case rules that are known to be safe: a rule set with a fault cannot exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from engine.errors import KaoheError
from engine.judge.caserules import CaseRule, Kind
from engine.judge.facts import Fact, FactError, ValueType, type_of
from engine.judge.safety import faults_in


class UnsafeRulesError(KaoheError):
    """Case rules outside the safe subset; `faults` says each."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("case rules outside what the rule engine can be trusted with:\n  " + "\n  ".join(self.faults))


@dataclass(frozen=True)
class RuleSet:
    """Case rules and the kinds of fact they speak of. Raises UnsafeRulesError with every fault found."""

    kinds: tuple[Kind, ...]
    rules: tuple[CaseRule, ...]

    def __post_init__(self) -> None:
        if faults := faults_in(self.kinds, self.rules):
            raise UnsafeRulesError(faults)

    @cached_property
    def by_priority(self) -> tuple[CaseRule, ...]:
        """The rules in ascending priority: the order in which they are tried and shown."""
        return tuple(sorted(self.rules, key=lambda rule: rule.priority))

    @cached_property
    def negated(self) -> frozenset[str]:
        """Kinds whose absence a rule asks for. They are only ever given, never produced."""
        return frozenset(pattern.kind for rule in self.rules for pattern in rule.unless)

    @cached_property
    def _types(self) -> dict[str, dict[str, ValueType]]:
        return {kind.name: dict(kind.properties) for kind in self.kinds}

    def check(self, facts: Iterable[Fact]) -> None:
        """Raise FactError unless every fact is of a declared kind, with all its properties and types."""
        for fact in facts:
            expected = self._types.get(fact.kind)
            if expected is None:
                raise FactError(f"no case rule knows facts of kind {fact.kind!r}; known: {', '.join(self._types)}")
            actual = {name: type_of(value) for name, value in fact.properties}
            if actual != expected:
                raise FactError(f"a fact of kind {fact.kind!r} has properties {expected}, not {actual}")
