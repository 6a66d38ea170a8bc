from __future__ import annotations

import dataclasses

import pytest

from engine.judge import cases as cases_module
from engine.judge.cases import run_cases
from engine.judge.reasoner import Reasoner
from engine.rulebook.model import Case, Expectation, Interval, PastViolation, Rule, Text


@pytest.fixture(scope="module")
def reasoner():
    with Reasoner() as shared:
        yield shared


def rule_of(*versions):
    text = Text("规则", "rule")
    return Rule("test.rule", "kuaishou", "shop", "Asia/Shanghai", text, {}, versions, (), "rule.yaml", "")


def case(given, verdict, history=(), **expected):
    return Case(f"{given} is {verdict}", given, tuple(history), Expectation(verdict, **expected), line=1)


def run(version, one_case, reasoner):
    (result,) = run_cases(rule_of(dataclasses.replace(version, cases=(one_case,))), reasoner)
    assert result.passed is (not result.differences)
    return result


CONFIRMED = [PastViolation(31, "confirmed")]


@pytest.mark.parametrize(
    "sound",
    [
        case({"poor": 100, "bad_attitude": 6}, "compliant", at_risk=True, exposure_fen=(0, 0), sanctions=()),
        case({"poor": 100, "bad_attitude": 7}, "violation", severity="minor", missing=()),
        case(
            {"poor": 100, "bad_attitude": 7},
            "violation",
            CONFIRMED,
            severity="serious",
            exposure_fen=(10_000, 30_000),
            sanctions=("warning", "mandatory_exam", "liquidated_damages"),
        ),
        case({"poor": 100, "bad_attitude": 7}, "violation", [PastViolation(31, "overturned")], severity="minor"),
        case({"poor": 0, "bad_attitude": 0}, "not_assessed"),
        case({"poor": 100}, "no_data", missing=("bad_attitude",), at_risk=False),
        case({}, "no_data", missing=("bad_attitude", "poor")),
        case({"poor": Interval(90, 110), "bad_attitude": 6}, "undetermined", at_risk=True, sanctions=()),
        case({"poor": Interval(90, 110), "bad_attitude": Interval(7, 8)}, "violation", severity="minor"),
    ],
    ids=lambda one: one.name,
)
def test_a_case_that_holds_passes_by_both_engines(k2, sound, reasoner):
    result = run(k2, sound, reasoner)
    assert (result.differences, result.passed, result.decided_alike) == ((), True, True)
    assert (result.version, result.case) == ("2021-01-01", sound)


@pytest.mark.parametrize(
    ("wrong", "differences"),
    [
        (case({"poor": 100, "bad_attitude": 6}, "violation"), ["verdict: expected violation, got compliant"]),
        (
            case(
                {"poor": 100, "bad_attitude": 7},
                "violation",
                severity="grave",
                exposure_fen=(50_000, 100_000),
            ),
            ["severity: expected grave, got minor", "exposure_fen: expected 50000, 100000, got 0, 0"],
        ),
        (
            case({"poor": 100, "bad_attitude": 7}, "violation", sanctions=("warning",)),
            ["sanctions: expected warning, got warning, mandatory_study, mandatory_exam"],
        ),
        (
            case({"poor": 100}, "no_data", missing=("poor",), at_risk=True),
            ["at_risk: expected True, got False", "missing: expected poor, got bad_attitude"],
        ),
        (
            case({"poor": 1, "bad_attitude": 0}, "compliant", sanctions=("warning",)),
            ["sanctions: expected warning, got none"],
        ),
    ],
)
def test_a_case_that_fails_says_what_was_expected_and_what_came(k2, wrong, differences, reasoner):
    result = run(k2, wrong, reasoner)
    assert (list(result.differences), result.decided_alike) == (differences, True)


def test_every_case_of_every_version_runs_in_the_order_of_the_file(x1, k2, p1):
    first = dataclasses.replace(
        p1, cases=(case({"asked": 100, "answered": 49}, "violation", exposure_fen=(0, 100_000)),)
    )
    second = dataclasses.replace(
        x1,
        cases=(
            case({"asked": 4, "answered": 0}, "not_assessed"),
            case({"asked": 5, "answered": 0}, "violation", sanctions=("traffic_limit",)),
        ),
    )
    results = run_cases(rule_of(first, k2, second))
    assert [result.case for result in results] == [*first.cases, *second.cases]
    assert all(result.passed for result in results)


def test_a_figure_over_one_needs_no_denominator_in_its_case(make_version, reasoner):
    from fractions import Fraction

    from engine.rulebook.model import Bound, Counter, Figure, Standard

    version = make_version(
        counters=(Counter("incidents", "incidents"),),
        figure=Figure("incidents", None),
        standard=Standard(Bound("below", Fraction(1), "1"), "violates_when"),
    )
    assert run(version, case({"incidents": 1}, "compliant"), reasoner).differences


def test_a_case_of_a_version_that_judges_nobody_fails_with_the_reason(make_version, reasoner):
    result = run(make_version(repealed=True), case({}, "no_data"), reasoner)
    assert "is repealed" in result.differences[0]


def test_a_case_fails_when_the_two_engines_disagree(x1, reasoner, monkeypatch):
    monkeypatch.setattr(cases_module, "interpret", lambda rules, facts: reasoner.conclude(rules, (*facts, waiver()))[0])

    def waiver():
        from engine.judge.facts import Fact

        return Fact.of("waiver", reference="W1")

    result = run(x1, case({"asked": 10, "answered": 1}, "violation"), reasoner)
    assert not result.decided_alike
    assert "came to different decisions" in result.differences[0]


def test_a_case_fails_when_only_the_interpreter_could_decide_it(x1):
    def refuse():
        from engine.judge.process import ChildLostError

        raise ChildLostError("could not be started")

    with Reasoner(refuse) as lame:
        result = run(x1, case({"asked": 10, "answered": 1}, "violation"), lame)
    assert not result.decided_alike
    assert "could not be started" in result.differences[0]
