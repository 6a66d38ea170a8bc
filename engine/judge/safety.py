"""The guard of the safe subset: every way in which case rules could leave it, said in a sentence each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

from engine.judge.caserules import CaseRule, Comparison, Join, Kind, Pattern, Production, Reference
from engine.judge.facts import Value, ValueType, fault_of, type_of

MOST_RULES = 60
MOST_PATTERNS = 15  # a frame of the engine holds 16 messages
MOST_PATTERNS_OF_A_KIND = 60  # the engine walks them on a stack of 64
MOST_TESTS = 15  # a sequence of the engine holds 32 expressions, its own included
HIGHEST_PRIORITY = 65_535

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = frozenset({"id", "sid", "kind"})

Types = dict[str, dict[str, ValueType]]


def faults_in(kinds: Sequence[Kind], rules: Sequence[CaseRule]) -> list[str]:
    """Everything in these case rules that lies outside the safe subset; empty where all is well."""
    types: Types = {kind.name: dict(kind.properties) for kind in kinds}
    faults = [*_faults_of_kinds(kinds), *_faults_of_the_whole(rules)]
    for rule in rules:
        faults += [f"rule {rule.name!r}: {fault}" for fault in _faults_of_rule(rule, types)]
    return faults


def _faults_of_kinds(kinds: Sequence[Kind]) -> Iterator[str]:
    for name in _repeated(kind.name for kind in kinds):
        yield f"kind {name!r} is declared twice"
    for kind in kinds:
        yield from _faults_of_name("kind", kind.name)
        for name in _repeated(name for name, _ in kind.properties):
            yield f"kind {kind.name!r} declares property {name!r} twice"
        for name, value_type in kind.properties:
            yield from _faults_of_name(f"property of {kind.name!r}", name)
            if name in _RESERVED:
                yield f"kind {kind.name!r}: property {name!r} is the engine's own; choose another name"
            if value_type not in ("bool", "str", "int"):
                yield f"kind {kind.name!r}: property {name!r} has type {value_type!r}; known: bool, str, int"


def _faults_of_the_whole(rules: Sequence[CaseRule]) -> Iterator[str]:
    if len(rules) > MOST_RULES:
        yield f"{len(rules)} rules; the engine is sound up to {MOST_RULES}, so split them"
    for name in _repeated(rule.name for rule in rules):
        yield f"rule {name!r} is there twice"
    for priority in _repeated(rule.priority for rule in rules):
        names = " and ".join(repr(rule.name) for rule in rules if rule.priority == priority)
        yield f"rules {names} share priority {priority}; each needs its own"
    patterns = Counter(pattern.kind for rule in rules for pattern in (*rule.when, *rule.unless))
    for kind, times in sorted(patterns.items()):
        if times > MOST_PATTERNS_OF_A_KIND:
            yield f"{times} patterns are about kind {kind!r}; at most {MOST_PATTERNS_OF_A_KIND} are sound"
    negated = {pattern.kind for rule in rules for pattern in rule.unless}
    produced = {production.kind for rule in rules for production in rule.then}
    for kind in sorted(negated & produced):
        yield f"kind {kind!r} is both negated and produced, so the outcome would hang on the order of firing"
    for rule in rules:
        for kind in sorted(negated & {pattern.kind for pattern in rule.when}) if rule.unless else ():
            # The engine looks for negated facts when the others arrive, so those must all go in before.
            yield f"rule {rule.name!r} negates something and asks for kind {kind!r}, which is negated too"


def _faults_of_rule(rule: CaseRule, types: Types) -> Iterator[str]:
    if not rule.name or fault_of(rule.name):
        yield "its name is empty or holds a quote, a backslash or a control character"
    if not 1 <= rule.priority <= HIGHEST_PRIORITY:
        yield f"priority {rule.priority} is not within 1 and {HIGHEST_PRIORITY}"
    if not rule.when:
        yield "it has no pattern to begin with"
    if len(rule.when) + len(rule.unless) > MOST_PATTERNS:
        yield f"it has more than {MOST_PATTERNS} patterns"
    for alias in _repeated(pattern.alias for pattern in (*rule.when, *rule.unless)):
        yield f"alias {alias!r} is given twice"
    bound: dict[str, str] = {}
    for pattern in rule.when:
        yield from _faults_of_pattern(pattern, bound, types)
        bound[pattern.alias] = pattern.kind
    for pattern in rule.unless:
        yield from _faults_of_pattern(pattern, bound, types)
    for production in rule.then:
        yield from _faults_of_production(production, bound, types)


def _faults_of_pattern(pattern: Pattern, bound: dict[str, str], types: Types) -> Iterator[str]:
    yield from _faults_of_name("alias", pattern.alias)
    if pattern.kind not in types:
        yield f"pattern {pattern.alias!r} asks for kind {pattern.kind!r}, which is not declared"
        return
    if len(pattern.tests) > MOST_TESTS:
        yield f"pattern {pattern.alias!r} has more than {MOST_TESTS} tests"
    for test in pattern.tests:
        where = f"pattern {pattern.alias!r}, property {test.property!r}"
        own = types[pattern.kind].get(test.property)
        if own is None:
            yield f"{where}: kind {pattern.kind!r} has no such property"
        elif isinstance(test, Join):
            yield from (f"{where}: {fault}" for fault in _faults_of_reference(test.alias, test.of, own, bound, types))
        else:
            yield from (f"{where}: {fault}" for fault in _faults_of_test(test, own))


def _faults_of_test(test: Comparison, own: ValueType) -> Iterator[str]:
    if test.operator not in ("==", "!=", "<", "<=", ">", ">="):
        yield f"unknown comparison {test.operator!r}; known: == != < <= > >="
    elif test.operator not in ("==", "!=") and own != "int":
        yield f"{test.operator} needs an integer, and this is {own}"
    yield from _faults_of_literal(test.literal, own)


def _faults_of_literal(literal: Value, own: ValueType) -> Iterator[str]:
    fault = fault_of(literal)
    if fault:
        yield fault
    elif type_of(literal) != own:
        yield f"{literal!r} is {type_of(literal)}, and the property is {own}"


def _faults_of_reference(alias: str, name: str, own: ValueType, bound: dict[str, str], types: Types) -> Iterator[str]:
    if alias not in bound:
        yield f"{alias!r} is no earlier pattern of this rule"
        return
    theirs = types.get(bound[alias], {}).get(name)
    if theirs is None:
        yield f"kind {bound[alias]!r} has no property {name!r}"
    elif theirs != own:
        yield f"{alias}.{name} is {theirs}, and the property is {own}"


def _faults_of_production(production: Production, bound: dict[str, str], types: Types) -> Iterator[str]:
    if production.kind not in types:
        yield f"it produces kind {production.kind!r}, which is not declared"
        return
    expected = types[production.kind]
    given = [name for name, _ in production.values]
    if sorted(given) != sorted(expected):
        yield f"it produces {production.kind!r} with {sorted(given)}, and the kind has {sorted(expected)}"
    for name, value in production.values:
        if name not in expected:
            continue
        faults = (
            _faults_of_reference(value.alias, value.property, expected[name], bound, types)
            if isinstance(value, Reference)
            else _faults_of_literal(value, expected[name])
        )
        yield from (f"produced {production.kind!r}, property {name!r}: {fault}" for fault in faults)


def _faults_of_name(what: str, name: str) -> Iterator[str]:
    if not _IDENTIFIER.fullmatch(name):
        yield f"{what} {name!r} is no plain name (small letters, digits and _, up to 40, a letter first)"


def _repeated(values: Iterable[Hashable]) -> list[Hashable]:
    return [value for value, times in Counter(values).items() if times > 1]
