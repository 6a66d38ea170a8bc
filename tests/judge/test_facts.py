from __future__ import annotations

import pytest

from engine.judge.facts import Fact, FactError, fault_of
from engine.judge.trace import Firing, conclude


@pytest.mark.parametrize("value", [0.8, None, ["a"], 2**63, -(2**63) - 1, 'a"b', "a\\b", "a\nb", "\ud800", "x" * 1001])
def test_a_value_that_the_rule_engine_would_misread_makes_no_fact(value):
    with pytest.raises(FactError, match="fact breach, property p"):
        Fact.of("breach", p=value)


@pytest.mark.parametrize("value", [True, 0, -(2**63), 2**63 - 1, "", "一般 'x'", "x" * 1000])
def test_every_other_value_comes_back_from_its_json(value):
    fact = Fact.of("breach", p=value, a=1)
    assert fault_of(value) is None
    assert Fact.from_data(fact.as_data()) == fact


def test_equal_facts_are_equal_whatever_the_order_of_their_properties():
    assert Fact.of("k", b=1, a="x") == Fact.of("k", a="x", b=1)
    assert hash(Fact.of("k", b=1, a="x")) == hash(Fact.of("k", a="x", b=1))


def firing(rule, matched, *produced):
    return Firing(rule, (("x", matched),), produced)


def test_a_trace_shows_causes_before_what_they_caused_in_whatever_order_it_came():
    a, b, c, d = (Fact(name) for name in "abcd")
    firings = [firing("third", c, d), firing("first", b), firing("second", a, c), firing("first", a, c)]
    ways = [conclude([a, b], order, ["first", "second", "third"]) for order in (firings, firings[::-1])]
    assert ways[0] == ways[1]
    assert [(f.rule, f.matched[0][1].kind) for f in ways[0].trace] == [
        ("first", "a"),
        ("first", "b"),
        ("second", "a"),
        ("third", "c"),
    ]
    assert ways[0].concluded == (c, d)


def test_a_firing_on_a_fact_from_nowhere_is_not_put_in_any_order():
    with pytest.raises(ValueError, match="'first' fired on facts that nothing produced"):
        conclude([], [firing("first", Fact("a"))], ["first"])
