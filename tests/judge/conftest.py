"""Versions like those that ship, and rule sets made by chance within the safe subset."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from engine.judge.caserules import CaseRule, Comparison, Join, Kind, Pattern, Production, Reference
from engine.judge.facts import Fact
from engine.judge.ruleset import RuleSet
from engine.rulebook.model import (
    Bound,
    Counter,
    Figure,
    SanctionSpec,
    Severity,
    Standard,
    Version,
)


def version(**parts: Any) -> Version:
    whole = Counter("asked", "sessions", "opened_by = 'buyer'")
    part = Counter("answered", "sessions", "opened_by = 'buyer' AND replied_before_close")
    defaults: dict[str, Any] = {
        "since": date(2021, 1, 1),
        "provenance": (),
        "sha256": "0" * 64,
        "counters": (whole, part),
        "figure": Figure("answered", "asked"),
        "standard": Standard(Bound("at_least", Fraction(4, 5), "80%"), "compliant_when"),
    }
    return Version(**defaults | parts)


@pytest.fixture
def make_version() -> Callable[..., Version]:
    return version


@pytest.fixture
def x1() -> Version:
    """A weekly reply rate with a gate, and one rung for everybody."""
    return version(
        gate=(("asked", Bound("at_least", Fraction(5), "5")),),
        at_risk=Bound("below", Fraction(85, 100), "85%"),
        ladder={"standard": (SanctionSpec("traffic_limit", days=3, scope="public_domain"),)},
    )


@pytest.fixture
def k2() -> Version:
    """A monthly share of poor ratings whose severity the platform decides; three rungs."""
    return version(
        counters=(Counter("poor", "ratings"), Counter("bad_attitude", "ratings", "bad_attitude")),
        figure=Figure("bad_attitude", "poor"),
        standard=Standard(Bound("at_most", Fraction(6, 100), "6%"), "compliant_when"),
        at_risk=Bound("above", Fraction(48, 1000), "4.8%"),
        severity=Severity("platform", within_days=180, steps={1: "minor", 2: "serious", 3: "grave"}),
        ladder={
            "minor": (
                SanctionSpec("warning"),
                SanctionSpec("mandatory_study"),
                SanctionSpec("mandatory_exam"),
            ),
            "serious": (
                SanctionSpec("warning"),
                SanctionSpec("mandatory_exam"),
                SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000)),
            ),
            "grave": (
                SanctionSpec("warning"),
                SanctionSpec("mandatory_exam"),
                SanctionSpec("liquidated_damages", amount_fen=(50_000, 100_000)),
            ),
        },
    )


@pytest.fixture
def p1() -> Version:
    """A daily rate below which the platform may, but need not, charge."""
    return version(
        gate=(("asked", Bound("at_least", Fraction(100), "100")),),
        standard=Standard(Bound("at_least", Fraction(1, 2), "50%"), "violates_when"),
        ladder={"standard": (SanctionSpec("liquidated_damages", amount_fen=(100_000, 100_000), discretionary=True),)},
    )


VALUES: dict[str, list[Any]] = {
    "bool": [True, False],
    "str": ["", "a", "ab", "一般", "a'b", "true", "1"],
    "int": [-(2**63), -1, 0, 1, 2, 10, 2**63 - 1],
}
NEGATABLE = (Kind("pardon", (("of", "int"), ("why", "str"))), Kind("truce"))


class Chance:
    """Rule sets and facts by the throw of a die that a seed fixes."""

    def __init__(self, seed: int) -> None:
        self.die = random.Random(seed)
        self.kinds = tuple(
            Kind(f"k{i}", tuple((f"p{j}", self.die.choice(["bool", "str", "int"])) for j in range(i % 4)))
            for i in range(5)
        )
        self.types = {kind.name: dict(kind.properties) for kind in (*self.kinds, *NEGATABLE)}

    def rules(self, most: int = 8) -> RuleSet:
        rules = tuple(self._rule(i) for i in range(self.die.randint(1, most)))
        return RuleSet((*self.kinds, *NEGATABLE), rules)

    def facts(self) -> list[Fact]:
        found = [
            Fact.of(kind.name, **{name: self.die.choice(VALUES[type_]) for name, type_ in kind.properties})
            for kind in (*self.kinds, *NEGATABLE)
            for _ in range(self.die.choice([0, 0, 1] if kind in NEGATABLE else [0, 1, 1, 2]))
        ]
        self.die.shuffle(found)
        return found

    def _rule(self, number: int) -> CaseRule:
        negated = self.die.sample([kind.name for kind in NEGATABLE], self.die.choice([0, 0, 1, 1, 2]))
        wanted = [kind.name for kind in (self.kinds if negated else (*self.kinds, *NEGATABLE))]
        bound: dict[str, str] = {}
        when = []
        for place in range(self.die.choice([1, 1, 2, 2, 3])):
            kind = self.die.choice(wanted)
            when.append(Pattern(f"x{place}", kind, self._tests(kind, bound)))
            bound[f"x{place}"] = kind
        unless = [Pattern(f"n{i}", kind, self._tests(kind, bound)) for i, kind in enumerate(negated)]
        then = [self._production(bound) for _ in range(self.die.choice([0, 1, 1, 2]))]
        return CaseRule(f"rule {number}", number + 1, tuple(when), tuple(then), tuple(unless))

    def _tests(self, kind: str, bound: dict[str, str]) -> tuple[Comparison | Join, ...]:
        tests: list[Comparison | Join] = []
        for name, type_ in (*self.types[kind].items(), *self.types[kind].items()):
            theirs = self._of_type(type_, bound)
            if self.die.random() < 0.3:
                operators = ["==", "!=", "<", "<=", ">", ">="] if type_ == "int" else ["==", "!="]
                tests.append(Comparison(name, self.die.choice(operators), self.die.choice(VALUES[type_])))
            elif theirs and self.die.random() < 0.4:
                tests.append(Join(name, *self.die.choice(theirs)))
        self.die.shuffle(tests)
        return tuple(tests)

    def _production(self, bound: dict[str, str]) -> Production:
        kind = self.die.choice(self.kinds)
        values = []
        for name, type_ in kind.properties:
            theirs = self._of_type(type_, bound)
            copied = theirs and self.die.random() < 0.6
            values.append((name, Reference(*self.die.choice(theirs)) if copied else self.die.choice(VALUES[type_])))
        return Production(kind.name, tuple(values))

    def _of_type(self, wanted: str, bound: dict[str, str]) -> list[tuple[str, str]]:
        return [
            (alias, name)
            for alias, kind in bound.items()
            for name, type_ in self.types[kind].items()
            if type_ == wanted
        ]


@pytest.fixture
def chance() -> Callable[[int], Chance]:
    return Chance
