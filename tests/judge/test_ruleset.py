from __future__ import annotations

import dataclasses
import json

import pytest

from engine.judge.caserules import CaseRule, Comparison, Join, Kind, Pattern, Production, Reference
from engine.judge.facts import Fact, FactError
from engine.judge.ruleset import RuleSet, UnsafeRulesError
from engine.judge.wire import data_of, rules_from

KINDS = (
    Kind("breach", (("metric", "str"), ("rate", "int"))),
    Kind("waiver", (("metric", "str"),)),
    Kind("violation", (("metric", "str"), ("nth", "int"))),
    Kind("note", (("late", "bool"),)),
)
BREACH = Pattern("b", "breach")
WAIVER = Pattern("w", "waiver", (Join("metric", "b", "metric"),))
VIOLATION = Production("violation", (("metric", Reference("b", "metric")), ("nth", 1)))
SOUND = CaseRule("violation", 1, (BREACH,), (VIOLATION,), (WAIVER,))


def rule(**parts):
    return dataclasses.replace(SOUND, **parts)


def when(*tests):
    return rule(when=(Pattern("b", "breach", tests),))


def then(kind, **values):
    return rule(then=(Production(kind, tuple(values.items())),))


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ([rule(name="")], "its name is empty"),
        ([rule(name='say "no"')], "holds a quote, a backslash or a control character"),
        ([rule(name="a\\b")], "holds a quote, a backslash or a control character"),
        ([SOUND, rule(priority=2)], "rule 'violation' is there twice"),
        ([SOUND, rule(name="other")], "rules 'violation' and 'other' share priority 1"),
        ([rule(priority=0)], "priority 0 is not within 1 and 65535"),
        ([rule(priority=65_536)], "priority 65536 is not within"),
        ([rule(name=f"r{i}", priority=i + 1) for i in range(61)], "61 rules; the engine is sound up to 60"),
        ([rule(when=(), then=(), unless=())], "it has no pattern to begin with"),
        (
            [rule(when=tuple(Pattern(f"b{i}", "breach") for i in range(16)), then=(), unless=())],
            "more than 15 patterns",
        ),
        (
            [rule(name=f"r{i}", priority=i + 1, when=(BREACH, Pattern("c", "breach")), unless=()) for i in range(31)],
            "62 patterns are about kind 'breach'",
        ),
        ([rule(when=(BREACH, Pattern("b", "note")))], "alias 'b' is given twice"),
        ([rule(when=(Pattern("B-1", "breach"),), then=(), unless=())], "alias 'B-1' is no plain name"),
        ([rule(when=(Pattern("b", "brech"),), then=(), unless=())], "kind 'brech', which is not declared"),
        (
            [rule(when=(BREACH, Pattern("v", "waiver")))],
            "rule 'violation' negates something and asks for kind 'waiver', which is negated too",
        ),
        (
            [SOUND, rule(name="x", priority=2, then=(Production("waiver", (("metric", "m"),)),))],
            "both negated and produced",
        ),
        ([when(Comparison("rates", ">", 1))], "kind 'breach' has no such property"),
        ([when(Comparison("rate", "=~", 1))], "unknown comparison '=~'"),
        ([when(Comparison("metric", "<", "m"))], "< needs an integer, and this is str"),
        ([when(Comparison("rate", "==", "1"))], "'1' is str, and the property is int"),
        ([when(Comparison("rate", "==", True))], "True is bool, and the property is int"),
        ([when(Comparison("rate", "==", 0.5))], "0.5 is float; a fact holds bool, str or int"),
        ([when(Comparison("rate", "==", 2**63))], "does not fit in 64 bits"),
        ([when(Comparison("metric", "==", 'a"b'))], "holds a quote"),
        ([when(*[Comparison("rate", ">", i) for i in range(16)])], "more than 15 tests"),
        ([when(Join("metric", "z", "metric"))], "'z' is no earlier pattern"),
        ([when(Join("metric", "b", "metric"))], "'b' is no earlier pattern"),
        (
            [rule(when=(BREACH, Pattern("c", "breach", (Join("rate", "b", "metric"),))))],
            "b.metric is str, and the property is int",
        ),
        (
            [rule(when=(BREACH, Pattern("c", "breach", (Join("rate", "b", "id"),))))],
            "kind 'breach' has no property 'id'",
        ),
        (
            [rule(unless=(WAIVER, Pattern("n", "note", (Join("late", "w", "metric"),))))],
            "'w' is no earlier pattern",
        ),
        ([then("fine", amount=1)], "produces kind 'fine', which is not declared"),
        (
            [then("violation", metric="m")],
            "produces 'violation' with ['metric'], and the kind has ['metric', 'nth']",
        ),
        ([then("violation", metric="m", nth="1")], "produced 'violation', property 'nth': '1' is str"),
        ([then("violation", metric="m", nth=Reference("w", "metric"))], "'w' is no earlier pattern"),
        (
            [then("violation", metric="m", nth=Reference("b", "metric"))],
            "b.metric is str, and the property is int",
        ),
    ],
)
def test_rules_outside_the_safe_subset_are_refused_with_what_is_wrong(rules, fault):
    with pytest.raises(UnsafeRulesError) as refused:
        RuleSet(KINDS, tuple(rules))
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("kinds", "fault"),
    [
        ((Kind("a"), Kind("a")), "kind 'a' is declared twice"),
        ((Kind("A"),), "kind 'A' is no plain name"),
        ((Kind("$m"),), "kind '$m' is no plain name"),
        ((Kind("a", (("p", "int"), ("p", "str"))),), "declares property 'p' twice"),
        ((Kind("a", (("p", "float"),)),), "property 'p' has type 'float'"),
        ((Kind("a", (("$or", "int"),)),), "'$or' is no plain name"),
        *(((Kind("a", ((name, "int"),)),), f"property '{name}' is the engine's own") for name in ("id", "sid", "kind")),
    ],
)
def test_kinds_that_the_engine_would_misread_are_refused(kinds, fault):
    with pytest.raises(UnsafeRulesError) as refused:
        RuleSet(kinds, ())
    assert fault in str(refused.value)


def test_all_faults_are_told_at_once_and_name_their_rule():
    with pytest.raises(UnsafeRulesError) as refused:
        RuleSet(KINDS, (when(Comparison("metric", "<", 1)), rule(name="other", priority=0)))
    assert refused.value.faults == (
        "rule 'violation': pattern 'b', property 'metric': < needs an integer, and this is str",
        "rule 'violation': pattern 'b', property 'metric': 1 is int, and the property is str",
        "rule 'other': priority 0 is not within 1 and 65535",
    )


@pytest.mark.parametrize(
    "fact",
    [Fact("fine"), Fact("breach"), Fact.of("note", late=1), Fact.of("note", late=True, more=1)],
)
def test_a_fact_that_the_rules_do_not_declare_so_is_refused(fact):
    with pytest.raises(FactError, match=fact.kind):
        RuleSet(KINDS, (SOUND,)).check([fact])


def test_rules_come_back_from_their_json(chance):
    for seed in range(30):
        rules = chance(seed).rules()
        assert rules_from(json.loads(json.dumps(data_of(rules)))) == rules
