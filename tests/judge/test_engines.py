"""The rule engine and the interpreter of the same rules: each is the other's witness."""

from __future__ import annotations

import random
from pathlib import Path

import durable_rules_engine
import pytest

from engine.judge.caserules import CaseRule, Comparison, Join, Kind, Pattern, Production, Reference
from engine.judge.facts import Fact, FactError
from engine.judge.interpreter import interpret
from engine.judge.reasoner import Reasoner
from engine.judge.rete import Rete, RuleEngineError
from engine.judge.ruleset import RuleSet
from engine.judge.trace import RunawayRulesError

COUNT = Kind("count", (("n", "int"),))
MANY = RuleSet(
    (COUNT,),
    tuple(
        CaseRule(
            f"from {i}",
            60 - i,
            (Pattern("c", "count", (Comparison("n", "==", i),)),),
            (Production("count", (("n", i + 1),)),),
        )
        for i in range(60)
    ),
)
CASE = (
    Kind("complaint", (("order", "str"), ("fen", "int"))),
    Kind("apology", (("order", "str"),)),
    Kind("grievance", (("fen", "int"),)),
)
COMPLAINTS = RuleSet(
    CASE,
    (
        CaseRule(
            "two complaints about one order",
            1,
            (
                Pattern("first", "complaint", (Comparison("fen", "<", 100),)),
                Pattern("second", "complaint", (Join("order", "first", "order"), Comparison("fen", ">=", 100))),
            ),
            (Production("grievance", (("fen", Reference("second", "fen")),)),),
            (Pattern("a", "apology", (Join("order", "first", "order"),)),),
        ),
    ),
)


def both(rules, facts, most=200):
    with Rete(rules) as rete:
        by_engine = rete.run(facts, most)
    assert by_engine == interpret(rules, facts, most)
    return by_engine


def test_facts_are_joined_by_equal_properties_and_negation_looks_at_the_same_one():
    complaints = [
        Fact.of("complaint", order="甲", fen=5),
        Fact.of("complaint", order="甲", fen=100),
        Fact.of("complaint", order="乙", fen=5),
        Fact.of("complaint", order="丙", fen=700),
    ]
    assert both(COMPLAINTS, complaints).concluded == (Fact.of("grievance", fen=100),)
    assert both(COMPLAINTS, [*complaints, Fact.of("apology", order="乙")]).concluded
    assert not both(COMPLAINTS, [*complaints, Fact.of("apology", order="甲")]).concluded


def test_one_fact_never_stands_for_two_patterns():
    rules = RuleSet((COUNT,), (CaseRule("pair", 1, (Pattern("a", "count"), Pattern("b", "count")), ()),))
    assert not both(rules, [Fact.of("count", n=1)]).trace
    assert len(both(rules, [Fact.of("count", n=1), Fact.of("count", n=2)]).trace) == 2


def test_rules_feed_rules_and_a_fact_given_twice_is_one_fact():
    found = both(MANY, [Fact.of("count", n=0), Fact.of("count", n=0)])
    assert [firing.rule for firing in found.trace] == [f"from {i}" for i in range(60)]
    assert found.concluded[-1] == Fact.of("count", n=60)


def test_a_produced_fact_that_is_already_there_fires_nothing_again():
    loop = RuleSet((COUNT,), (CaseRule("again", 1, (Pattern("c", "count"),), (Production("count", (("n", 1),)),)),))
    assert len(both(loop, [Fact.of("count", n=1)]).trace) == 1


@pytest.mark.parametrize("engine", ["rule engine", "interpreter"])
def test_rules_that_fire_too_often_are_stopped_and_the_next_case_is_not_disturbed(engine):
    with Rete(MANY) as rete:
        run = rete.run if engine == "rule engine" else lambda *args: interpret(MANY, *args)
        with pytest.raises(RunawayRulesError, match="more than 59 times"):
            run([Fact.of("count", n=0)], 59)
        assert len(run([Fact.of("count", n=1)], 59).trace) == 59


@pytest.mark.parametrize("engine", ["rule engine", "interpreter"])
def test_an_undeclared_fact_is_refused_before_any_rule_sees_it(engine):
    with Rete(MANY) as rete, pytest.raises(FactError, match="no case rule knows facts of kind 'cuont'"):
        (rete.run if engine == "rule engine" else lambda facts: interpret(MANY, facts))([Fact("cuont")])


def test_unloaded_rules_decide_nothing_and_may_be_unloaded_again():
    rete = Rete(MANY)
    rete.close()
    rete.close()
    with pytest.raises(RuleEngineError, match="unloaded"):
        rete.run([])


def test_what_the_engine_refuses_is_an_error_of_ours(monkeypatch):
    def refuse(*_):
        raise durable_rules_engine.error("code 303")

    with Rete(MANY) as rete:
        monkeypatch.setattr(durable_rules_engine, "assert_fact", refuse)
        with pytest.raises(RuleEngineError, match="code 303"):
            rete.run([Fact.of("count", n=0)])
    monkeypatch.setattr(durable_rules_engine, "create_ruleset", refuse)
    with pytest.raises(RuleEngineError, match="refused the case rules"):
        Rete(MANY)


def differing_evaluations(chance, reasoner, seeds, evaluations, most_rules):
    """How many rule sets were evaluated on facts, how many firings they had, and the seeds at which engines differed.

    The rule engine is asked as it is in earnest, in its child process.
    """
    made, firings, differing = 0, 0, []
    for seed in seeds:
        dice = chance(seed)
        rules = dice.rules(most_rules)
        for _ in range(evaluations):
            facts = dice.facts()
            results = [
                outcome(lambda given, r=rules: by_the_rule_engine(reasoner, r, given), facts),
                outcome(lambda given, r=rules: interpret(r, given), facts),
            ]
            made += 1
            if results[0] != results[1]:
                differing.append(seed)
            elif results[0] != "runaway":
                firings += len(results[0].trace)
    return made, firings, differing


def by_the_rule_engine(reasoner, rules, facts):
    conclusion, decided_by = reasoner.conclude(rules, facts)
    assert decided_by == "durable_rules 2.0.28"
    return conclusion


def outcome(run, facts):
    try:
        return run(facts)
    except RunawayRulesError:
        return "runaway"


@pytest.fixture(scope="module")
def reasoner():
    with Reasoner() as shared:
        yield shared


def test_the_rule_engine_and_the_interpreter_come_to_the_same_conclusion(chance, reasoner):
    made, firings, differing = differing_evaluations(chance, reasoner, range(120), 25, 8)
    assert differing == []
    assert made == 3000
    assert firings > 1500


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(8))
def test_they_agree_on_large_rule_sets_and_many_more_cases(chance, reasoner, shard):
    made, firings, differing = differing_evaluations(
        chance, reasoner, range(1000 + 125 * shard, 1125 + 125 * shard), 20, 12
    )
    assert (made, differing) == (2500, [])
    assert firings > 1000
    made, _, differing = differing_evaluations(chance, reasoner, range(3000 + 25 * shard, 3025 + 25 * shard), 16, 24)
    assert (made, differing) == (400, [])


def test_the_order_in_which_facts_are_given_leaves_no_mark(chance):
    dice = chance(7)
    rules = dice.rules(8)
    for _ in range(40):
        facts = dice.facts()
        shuffled = random.Random(1).sample(facts, len(facts))
        assert both(rules, facts) == both(rules, shuffled)


def resident_kib():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def test_loading_and_unloading_rules_gives_the_memory_back():
    def cycle(times):
        for _ in range(times):
            with Rete(MANY) as rete:
                rete.run([Fact.of("count", n=50)])

    cycle(20)
    before = resident_kib()
    cycle(300)
    assert resident_kib() - before < 20_000  # forgotten rule sets would leave more than 100,000 behind


def test_deciding_many_cases_in_one_rule_set_gives_the_memory_back():
    with Rete(COMPLAINTS) as rete:

        def cycle(times):
            for i in range(times):
                rete.run([Fact.of("complaint", order=f"o{i}", fen=i), Fact.of("complaint", order=f"o{i}", fen=100)])

        cycle(200)
        before = resident_kib()
        cycle(3000)
        assert resident_kib() - before < 10_000
