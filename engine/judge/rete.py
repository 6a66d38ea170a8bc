"""durable_rules 2.0.28, driven the one way that neither crashes, leaks nor loses an error.

Its own host is not used: it runs timer threads and takes the process down when a state is deleted. Here the C
module is called directly, with one state at a time under one private id. A first fact fires a rule of ours
that sets the state up; only after that can the state be deleted. Negated facts go in before all others. What
the engine answers are the ids of the matched facts; the facts themselves never come back through its parser.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import durable_rules_engine

from engine.errors import KaoheError
from engine.judge.caserules import CaseRule, Join, Pattern
from engine.judge.facts import Fact, order_of
from engine.judge.interpreter import produce
from engine.judge.ruleset import RuleSet
from engine.judge.trace import MOST_FIRINGS, Conclusion, Firing, RunawayRulesError, conclude

_STATE = "w"  # the engine's buffer for a state's id holds one character
_ALREADY_THERE = 2
_OPERATORS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class RuleEngineError(KaoheError):
    """The rule engine refused rules or facts that should be safe."""


class Rete:
    """A loaded rule set. Use it in `with`, or close it: a forgotten one never gives its memory back."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._ordered = rules.by_priority
        try:
            self._handle: int | None = durable_rules_engine.create_ruleset("case", _json(_compiled(self._ordered)))
        except durable_rules_engine.error as error:
            raise RuleEngineError(f"durable_rules refused the case rules: {error}") from error

    def __enter__(self) -> Rete:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unload the rules. Closing twice does nothing."""
        if self._handle is not None:
            durable_rules_engine.delete_ruleset(self._handle)
            self._handle = None

    def run(self, given: Collection[Fact], most_firings: int = MOST_FIRINGS) -> Conclusion:
        """Everything that follows from the facts `given`.

        Raises FactError for a fact that the rules do not declare, RunawayRulesError past `most_firings`
        firings, RuleEngineError where the engine refuses a fact.
        """
        if self._handle is None:
            raise RuleEngineError("these case rules are unloaded; load them again before deciding a case")
        self._rules.check(given)
        try:
            firings = _Session(self._handle, self._ordered, most_firings).run(
                sorted(set(given), key=lambda fact: (fact.kind not in self._rules.negated, order_of(fact)))
            )
        except durable_rules_engine.error as error:
            raise RuleEngineError(f"durable_rules refused a fact of the case: {error}") from error
        return conclude(given, firings, [rule.name for rule in self._ordered])


class _Session:
    """One case in a loaded rule set: asserted fact by fact, fired to the end, and its state deleted."""

    def __init__(self, handle: int, ordered: tuple[CaseRule, ...], most_firings: int) -> None:
        self._handle, self._ordered, self._most = handle, ordered, most_firings
        self._facts: dict[Fact, str] = {}  # each fact once, with the id under which the engine knows it
        self._by_id: dict[str, Fact] = {}

    def run(self, facts: list[Fact]) -> list[Firing]:
        handle = self._handle
        _, state = durable_rules_engine.assert_fact(handle, _json({"__begin__": 1, "sid": _STATE}))
        durable_rules_engine.start_action_for_state(handle, state)
        durable_rules_engine.complete_and_start_action(handle, state)
        try:
            for fact in facts:
                self._put(fact)
            started = durable_rules_engine.start_action_for_state(handle, state)
            return self._fire(state, started[1] if started else None)
        finally:
            durable_rules_engine.delete_state(handle, _STATE)

    def _fire(self, state: int, message: str | None) -> list[Firing]:
        firings: list[Firing] = []
        while message:
            firings.append(self._firing(json.loads(message)))
            if len(firings) > self._most:
                raise RunawayRulesError(self._most)
            for fact in firings[-1].produced:
                self._put(fact)
            message = durable_rules_engine.complete_and_start_action(self._handle, state)
        return firings

    def _firing(self, message: dict[str, Any]) -> Firing:
        ((name, frame),) = message.items()
        rule = self._ordered[int(name[1:])]
        matched = {p.alias: self._by_id[frame[f"a{i}"]["id"]] for i, p in enumerate(rule.when)}
        return Firing(rule.name, tuple(matched.items()), produce(rule.then, matched))

    def _put(self, fact: Fact) -> None:
        if fact in self._facts:
            return
        key = f"f{len(self._facts)}"
        self._facts[fact], self._by_id[key] = key, fact
        answer, _ = durable_rules_engine.assert_fact(self._handle, _json({**fact.as_data(), "sid": _STATE, "id": key}))
        if answer == _ALREADY_THERE:
            raise RuleEngineError(f"durable_rules takes {fact.as_data()} for a fact it has already seen")


def _compiled(ordered: tuple[CaseRule, ...]) -> dict[str, Any]:
    """The rules in the engine's form. They go by position, so no name of ours meets one of its own."""
    rules: dict[str, Any] = {"__begin__": {"all": [{"m": {"__begin__": 1}}], "pri": 0}}
    for i, rule in enumerate(ordered):
        place = {pattern.alias: f"a{j}" for j, pattern in enumerate(rule.when)}
        patterns = [{place[p.alias]: _conditions(p, place)} for p in rule.when]
        patterns += [{f"n{j}$not": _conditions(p, place)} for j, p in enumerate(rule.unless)]
        rules[f"r{i}"] = {"all": patterns, "pri": rule.priority}
    return rules


def _conditions(pattern: Pattern, place: dict[str, str]) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [{"kind": pattern.kind}]
    for test in pattern.tests:
        if isinstance(test, Join):
            conditions.append({test.property: {place[test.alias]: test.of}})
        elif test.operator == "==":
            conditions.append({test.property: test.literal})
        else:
            conditions.append({_OPERATORS[test.operator]: {test.property: test.literal}})
    return {"$and": conditions} if len(conditions) > 1 else conditions[0]
