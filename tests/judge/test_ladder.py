from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from engine.judge.facts import Fact
from engine.judge.interpreter import interpret
from engine.judge.ladder import LadderError, Situation, compile_ladder, situation_of
from engine.rulebook.model import Band, Bound, PastViolation, SanctionSpec, Severity


def confirmed(*days_ago):
    return [PastViolation(days, "confirmed") for days in days_ago]


def concluded(version, *facts):
    return interpret(compile_ladder(version), facts).concluded


@pytest.fixture
def by_band(make_version):
    return make_version(
        severity=Severity(
            "metric",
            bands=(
                Band("minor", Bound("at_least", Fraction(7, 10), "70%")),
                Band("serious", Bound("at_least", Fraction(6, 10), "60%")),
                Band("grave", Bound("below", Fraction(6, 10), "60%")),
            ),
        ),
        ladder={
            "minor": (SanctionSpec("warning"),),
            "serious": (SanctionSpec("points", points=2),),
            "grave": (SanctionSpec("delisting", days=3),),
        },
    )


def test_without_severity_all_breaches_share_one_situation(x1):
    one = situation_of(x1, 3, 10, confirmed(1, 2))
    assert one == situation_of(x1, 0, 5000, [])
    assert one.facts == (Fact("breach"),)


def test_a_waived_breach_is_one_situation_whatever_else_is_so(k2):
    waiver = Fact.of("waiver", reference="W1")
    assert situation_of(k2, 9, 10, confirmed(1), [waiver]) == situation_of(k2, 1, 10, [], [waiver, waiver])
    assert situation_of(k2, 9, 10, [], [waiver]) != situation_of(k2, 9, 10, [])


def test_a_fact_that_exempts_nobody_is_refused(k2):
    with pytest.raises(LadderError, match="kind 'history' exempts nobody; those that do: waiver, exclusion"):
        situation_of(k2, 9, 10, [], [Fact.of("history", ordinal=1)])


@pytest.mark.parametrize(
    ("history", "ordinal"),
    [
        ([], 1),
        (confirmed(31), 2),
        (confirmed(180), 2),
        (confirmed(181), 1),
        (confirmed(1, 2), 3),
        (confirmed(1, 2, 3, 4), 3),
        (
            [PastViolation(31, state) for state in ("open", "appealed", "overturned", "waived", "withdrawn")],
            1,
        ),
    ],
)
def test_history_counts_confirmed_violations_within_the_window_up_to_the_highest_step(k2, history, ordinal):
    assert Fact.of("history", ordinal=ordinal) in situation_of(k2, 9, 10, history).facts


def test_without_a_window_every_confirmed_violation_counts(k2):
    version = dataclasses.replace(k2, severity=dataclasses.replace(k2.severity, within_days=None))
    assert Fact.of("history", ordinal=2) in situation_of(version, 9, 10, confirmed(9999)).facts


@pytest.mark.parametrize(
    ("figure", "severity"),
    [((79, 100), "minor"), ((7, 10), "minor"), ((699, 1000), "serious"), ((0, 9), "grave")],
)
def test_the_first_band_that_admits_the_figure_gives_the_severity(by_band, figure, severity):
    situation = situation_of(by_band, *figure, [])
    assert situation.facts == (Fact.of("band", severity=severity), Fact("breach"))
    assert Fact.of("severity", name=severity) in concluded(by_band, *situation.facts)


def test_a_figure_in_no_band_is_an_error_and_not_a_mild_case(by_band):
    gap = dataclasses.replace(by_band, severity=dataclasses.replace(by_band.severity, bands=by_band.severity.bands[:1]))
    with pytest.raises(LadderError, match="no band of its severity admits 1/2"):
        situation_of(gap, 1, 2, [])


def test_a_digest_names_a_situation_and_nothing_else(k2):
    first, second = (situation_of(k2, 9, 10, history) for history in ([], confirmed(3)))
    assert first.digest != second.digest
    assert first.digest == Situation(first.facts).digest
    assert len({first, situation_of(k2, 8, 9, [])}) == 1


def test_a_breach_leads_to_a_violation_its_rung_and_each_of_its_sanctions(x1):
    assert concluded(x1, Fact("breach")) == (
        Fact("violation"),
        Fact.of("rung", name="standard"),
        Fact.of("sanction", rung="standard", position=0),
    )


def test_a_waiver_takes_everything_but_the_exemption_away(k2):
    waiver = Fact.of("waiver", reference="W1")
    assert concluded(k2, Fact("breach"), waiver, Fact.of("history", ordinal=3)) == (
        Fact.of("exemption", by="waiver", reference="W1"),
    )


@pytest.mark.parametrize(("ordinal", "severity"), [(1, "minor"), (2, "serious"), (3, "grave")])
def test_each_step_of_history_has_its_severity_and_one_fact_a_sanction(k2, ordinal, severity):
    found = concluded(k2, Fact("breach"), Fact.of("history", ordinal=ordinal))
    assert [fact for fact in found if fact.kind == "severity"] == [Fact.of("severity", name=severity)]
    assert [fact for fact in found if fact.kind == "sanction"] == [
        Fact.of("sanction", rung=severity, position=position) for position in range(3)
    ]


def test_a_step_holds_until_the_next_one(k2):
    version = dataclasses.replace(k2, severity=Severity("history", within_days=180, steps={1: "minor", 4: "grave"}))
    for ordinal, severity in [(1, "minor"), (3, "minor"), (4, "grave")]:
        found = concluded(version, Fact("breach"), Fact.of("history", ordinal=ordinal))
        assert Fact.of("severity", name=severity) in found


def test_a_forecast_is_called_a_forecast_in_the_trace(k2):
    names = [rule.name for rule in compile_ladder(k2).rules]
    assert "forecast from violation 2 on" in names
    history = dataclasses.replace(k2, severity=dataclasses.replace(k2.severity, decided_by="history"))
    assert "severity from violation 2 on" in [rule.name for rule in compile_ladder(history).rules]


def test_a_rule_without_a_ladder_knows_violations_without_sanctions(make_version):
    assert concluded(make_version(), Fact("breach")) == (Fact("violation"),)


def test_severities_without_a_ladder_are_graded_all_the_same(k2):
    found = concluded(dataclasses.replace(k2, ladder={}), Fact("breach"), Fact.of("history", ordinal=2))
    assert found == (Fact("violation"), Fact.of("severity", name="serious"))


def test_rungs_that_no_severity_chooses_are_refused(k2):
    with pytest.raises(LadderError, match="rungs minor, serious, grave, and no severity chooses one"):
        compile_ladder(dataclasses.replace(k2, severity=None))


def test_a_severity_without_a_rung_is_refused(k2):
    with pytest.raises(LadderError, match="no rung for severity grave; the ladder has minor, serious"):
        compile_ladder(dataclasses.replace(k2, ladder={name: k2.ladder[name] for name in ("minor", "serious")}))
