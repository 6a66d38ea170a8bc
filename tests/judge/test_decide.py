from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import pytest

from engine.judge.decide import Judge, decision_from, situation_of
from engine.judge.facts import Fact
from engine.judge.interpreter import interpret
from engine.judge.ladder import LadderError, Situation, compile_ladder
from engine.judge.reasoner import Reasoner
from engine.rulebook.model import Band, Bound, PastViolation, SanctionSpec, Severity

ENGINE = "durable_rules 2.0.28"


@pytest.fixture(scope="module")
def reasoner():
    with Reasoner() as shared:
        yield shared


@pytest.fixture
def decide(reasoner):
    def decided(version, numerator, denominator, history=(), exempting=()):
        situation = situation_of(version, numerator, denominator, history, exempting)
        decision = Judge(version, reasoner).decide(situation)
        rules = compile_ladder(version)
        assert decision == decision_from(version, interpret(rules, situation.facts), ENGINE)
        return decision

    return decided


def test_a_breach_of_the_weekly_reply_rate_limits_traffic_for_three_days(x1, decide):
    decision = decide(x1, 79, 100)
    assert (decision.outcome, decision.severity, decision.exposure_fen) == ("violation", None, (0, 0))
    assert decision.sanctions == x1.ladder["standard"]
    assert [firing.rule for firing in decision.trace] == [
        "breach is a violation",
        "the one rung",
        "sanctions of standard",
    ]
    assert decision.decided_by == ENGINE


@pytest.mark.parametrize(
    ("earlier", "severity", "exposure"),
    [
        (0, "minor", (0, 0)),
        (1, "serious", (10_000, 30_000)),
        (2, "grave", (50_000, 100_000)),
        (9, "grave", (50_000, 100_000)),
    ],
)
def test_confirmed_violations_lead_up_the_rungs(k2, decide, earlier, severity, exposure):
    decision = decide(k2, 7, 100, [PastViolation(30, "confirmed")] * earlier)
    assert (decision.outcome, decision.severity, decision.exposure_fen) == ("violation", severity, exposure)
    assert decision.sanctions == k2.ladder[severity]


def test_what_the_platform_may_charge_is_exposure_from_nothing_on(p1, decide):
    decision = decide(p1, 49, 100)
    assert decision.exposure_fen == (0, 100_000)
    assert [sanction.kind for sanction in decision.sanctions] == ["liquidated_damages"]


def test_exposure_adds_up_over_the_sanctions_of_a_rung(p1, decide):
    (charge,) = p1.ladder["standard"]
    firm = dataclasses.replace(charge, kind="compensation", discretionary=False)
    version = dataclasses.replace(p1, ladder={"standard": (charge, firm)})
    assert decide(version, 1, 100).exposure_fen == (100_000, 200_000)


def test_sanctions_stand_in_the_order_of_the_ladder_even_beyond_ten(p1, decide):
    (charge,) = p1.ladder["standard"]
    many = tuple(dataclasses.replace(charge, kind=f"kind{i}") for i in range(12))
    assert decide(dataclasses.replace(p1, ladder={"standard": many}), 1, 100).sanctions == many


@pytest.mark.parametrize("name", ["x1", "k2", "p1"])
@pytest.mark.parametrize(
    ("kind", "why"), [("waiver", "waived breach is exempt"), ("exclusion", "excluded breach is exempt")]
)
def test_a_breach_that_is_waived_or_excluded_is_exempt_and_costs_nothing(name, kind, why, request, decide):
    fact = Fact.of(kind, reference="通知 7")
    decision = decide(request.getfixturevalue(name), 1, 100, [PastViolation(3, "confirmed")], [fact])
    assert (decision.outcome, decision.severity, decision.sanctions) == ("exempt", None, ())
    assert decision.exposure_fen == (0, 0)
    (firing,) = decision.trace
    assert (firing.rule, dict(firing.matched)[kind]) == (why, fact)
    assert firing.produced == (Fact.of("exemption", by=kind, reference="通知 7"),)


def test_every_waiver_and_exclusion_of_a_breach_is_named_in_the_trace(k2, decide):
    facts = [Fact.of("waiver", reference="W2"), Fact.of("exclusion", reference="E1"), Fact.of("waiver", reference="W1")]
    decision = decide(k2, 7, 100, exempting=facts)
    assert decision.outcome == "exempt"
    assert [firing.produced[0]["reference"] for firing in decision.trace] == ["W1", "W2", "E1"]


def thrown_ladder(die, version):
    """A version with severities and rungs by the throw of a die."""
    names = [f"rung{n}" for n in range(die.randint(1, 6))]
    decided_by = die.choice(["history", "platform", "metric"])
    ladder = {
        name: tuple(
            SanctionSpec(f"kind{n}", amount_fen=(low := die.randint(0, 50), low + die.randint(0, 50)), discretionary=d)
            for n, d in enumerate(die.choices([True, False], k=die.randint(0, 4)))
        )
        for name in names
    }
    steps = dict(zip(sorted(die.sample(range(2, 12), len(names) - 1)), names[1:], strict=True))
    bands = [Band(name, Bound("below", Fraction(n + 1, 9), "n")) for n, name in enumerate(names[:-1])]
    bands.append(Band(names[-1], Bound("at_least", Fraction(0), "0")))
    severity = (
        Severity("metric", bands=tuple(bands))
        if decided_by == "metric"
        else Severity(decided_by, within_days=die.choice([None, 30]), steps={1: names[0]} | steps)
    )
    return dataclasses.replace(version, severity=severity, ladder=ladder)


def expected_decision(version, numerator, history, exempting):
    """Outcome, severity, sanctions and exposure, reckoned without rules."""
    if exempting:
        return "exempt", None, (), (0, 0)
    severity, window = version.severity, version.severity.within_days
    if severity.bands:
        name = next(band.severity for band in severity.bands if band.when.admits(numerator, 9))
    else:
        counted = [p for p in history if p.state == "confirmed" and (window is None or p.days_ago <= window)]
        name = severity.steps[max(step for step in severity.steps if step <= len(counted) + 1)]
    rung = version.ladder[name]
    low = sum(0 if s.discretionary else s.amount_fen[0] for s in rung)
    return "violation", name, rung, (low, sum(s.amount_fen[1] for s in rung))


def test_ladders_made_by_chance_are_decided_as_a_plain_reckoning_decides(k2, decide):
    die = random.Random(3)
    for _ in range(60):
        version = thrown_ladder(die, k2)
        for _ in range(12):
            numerator = die.randint(0, 9)
            history = [
                PastViolation(die.choice([1, 30, 31, 400]), die.choice(["confirmed", "open", "overturned"]))
                for _ in range(die.randint(0, 15))
            ]
            pardons = [Fact.of(k, reference=f"R{n}") for k in ("waiver", "exclusion") for n in range(2)]
            exempting = die.sample(pardons, die.choice([0, 0, 0, 1, 2, 4]))
            decision = decide(version, numerator, 9, history, exempting)
            found = decision.outcome, decision.severity, decision.sanctions, decision.exposure_fen
            assert found == expected_decision(version, numerator, history, exempting)


def test_a_situation_without_a_breach_is_refused(x1, reasoner):
    with pytest.raises(LadderError, match="holds no breach"):
        Judge(x1, reasoner).decide(Situation((Fact.of("waiver", reference="W1"),)))


def test_a_judge_ends_its_own_reasoner_and_leaves_a_shared_one_running(x1, reasoner):
    situation = situation_of(x1, 1, 10, [])
    with Judge(x1, reasoner) as judge:
        judge.decide(situation)
    pid = reasoner.child_pid
    with Judge(x1) as judge:
        assert judge.decide(situation).decided_by == ENGINE
    assert reasoner.child_pid == pid is not None
