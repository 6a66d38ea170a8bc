"""Case rules as frozen values: the one part of the rule engine's language that it computes rightly.

durable_rules gives wrong results, or takes its process down, outside a narrow subset. A `RuleSet` of these
values cannot be made outside of it. What the subset has: patterns on facts of a declared kind, comparisons of
a property with a literal, equality with a property of an earlier pattern, negation of kinds that no rule
produces, and produced facts whose values are literals or copied from what was matched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.judge.facts import Value, ValueType

Operator = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact and the type of each of its properties. Every fact of the kind has all of them."""

    name: str
    properties: tuple[tuple[str, ValueType], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A property compared with a literal. Only integers have an order."""

    property: str
    operator: Operator
    literal: Value


@dataclass(frozen=True, slots=True)
class Join:
    """A property that equals property `of` of the fact that an earlier pattern, `alias`, matched."""

    property: str
    alias: str
    of: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A fact of `kind` that passes all tests, known by `alias`. Two patterns never match the same fact."""

    alias: str
    kind: str
    tests: tuple[Comparison | Join, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A value copied from the fact that a pattern matched."""

    alias: str
    property: str


@dataclass(frozen=True, slots=True)
class Production:
    """A fact that a rule produces: every property of its kind, as a literal or a reference."""

    kind: str
    values: tuple[tuple[str, Value | Reference], ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRule:
    """When these facts are there, unless any of those is, then these follow."""

    name: str
    priority: int
    when: tuple[Pattern, ...]
    then: tuple[Production, ...]
    unless: tuple[Pattern, ...] = ()
