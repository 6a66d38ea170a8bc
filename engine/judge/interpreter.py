"""Case rules in plain Python: decides when the rule engine cannot, and checks it at every other time.

Facts are a set, negated kinds are only ever given, and rules only add facts: so there is one conclusion,
whatever the order of firing, and this module may reach it in the simplest way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import eq, ge, gt, le, lt, ne

from engine.judge.caserules import CaseRule, Join, Pattern, Production, Reference
from engine.judge.facts import Fact
from engine.judge.ruleset import RuleSet
from engine.judge.trace import MOST_FIRINGS, Conclusion, Firing, RunawayRulesError, conclude

_COMPARE = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


def interpret(rules: RuleSet, given: Collection[Fact], most_firings: int = MOST_FIRINGS) -> Conclusion:
    """Everything that follows from the facts `given`.

    Raises FactError for a fact that the rules do not declare, RunawayRulesError past `most_firings` firings.
    """
    rules.check(given)
    known = set(given)
    firings: dict[Firing, None] = {}
    while True:
        new = [f for rule in rules.by_priority for f in _firings_of(rule, known) if f not in firings]
        if not new:
            return conclude(given, firings, [rule.name for rule in rules.by_priority])
        firings.update(dict.fromkeys(new))
        if len(firings) > most_firings:
            raise RunawayRulesError(most_firings)
        known.update(fact for firing in new for fact in firing.produced)


def produce(then: Iterable[Production], matched: Mapping[str, Fact]) -> tuple[Fact, ...]:
    """The facts that a rule's right-hand side makes of what it matched."""
    return tuple(
        Fact.of(
            production.kind,
            **{
                name: matched[value.alias][value.property] if isinstance(value, Reference) else value
                for name, value in production.values
            },
        )
        for production in then
    )


def _firings_of(rule: CaseRule, known: Collection[Fact]) -> Iterator[Firing]:
    for matched in _matches(rule.when, {}, known):
        if not any(_passes(pattern, fact, matched) for pattern in rule.unless for fact in known):
            yield Firing(rule.name, tuple(matched.items()), produce(rule.then, matched))


def _matches(
    patterns: tuple[Pattern, ...], bound: dict[str, Fact], known: Collection[Fact]
) -> Iterator[dict[str, Fact]]:
    if not patterns:
        yield bound
        return
    first, *rest = patterns
    for fact in known:
        if fact not in bound.values() and _passes(first, fact, bound):
            yield from _matches(tuple(rest), {**bound, first.alias: fact}, known)


def _passes(pattern: Pattern, fact: Fact, bound: Mapping[str, Fact]) -> bool:
    return fact.kind == pattern.kind and all(
        fact[test.property] == bound[test.alias][test.of]
        if isinstance(test, Join)
        else _COMPARE[test.operator](fact[test.property], test.literal)
        for test in pattern.tests
    )
