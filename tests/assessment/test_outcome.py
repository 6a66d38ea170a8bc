"""An outcome as it is printed: the keys, their order, and numbers that are exact."""

import doctest
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

import engine.assessment.outcome as outcome_module
from engine.assessment.outcome import Outcome, dated, exposure_fen, gate_words, six_decimals, standard_words
from engine.rulebook.model import Bound, Interval, SanctionSpec, Standard

KEYS = [
    *("rule", "version", "rule_sha256", "platform", "client", "shop", "agent"),
    *("cycle", "cycle_start", "cycle_end", "assessed_on"),
    *("numerator", "denominator", "value", "standard", "gate", "verdict", "at_risk", "severity"),
    *("sanctions", "exposure_fen", "assumed", "disputed", "violation"),
]
TUESDAY = date(2026, 3, 10)


@pytest.fixture
def outcome(x1):
    def make(**changes):
        version = x1.versions[0]
        told = {
            "rule": x1,
            "version": version,
            "client": "default",
            "shop": "s1",
            "agent": None,
            "cycle": "2026-W10",
            "cycle_start": date(2026, 3, 2),
            "cycle_end": date(2026, 3, 8),
            "assessed_on": TUESDAY,
            "numerator": 79,
            "denominator": 100,
            "verdict": "violation",
            "at_risk": True,
            "severity": None,
            "sanctions": dated(version.ladder["standard"], TUESDAY),
            "missing": (),
            "violation": "V-SNLIWC3TZOEK",
        }
        return Outcome(**told | changes)

    return make


def test_a_line_has_the_promised_keys_in_the_promised_order_with_the_promised_values(outcome, x1):
    line = outcome().as_json()
    assert list(line) == KEYS
    assert line == {
        "rule": "xiaohongshu.reply-rate",
        "version": "2021-01-01",
        "rule_sha256": x1.versions[0].sha256,
        "platform": "xiaohongshu",
        "client": "default",
        "shop": "s1",
        "agent": None,
        "cycle": "2026-W10",
        "cycle_start": "2026-03-02",
        "cycle_end": "2026-03-08",
        "assessed_on": "2026-03-10",
        "numerator": 79,
        "denominator": 100,
        "value": "0.790000",
        "standard": ">= 80%",
        "gate": "sessions >= 5",
        "verdict": "violation",
        "at_risk": True,
        "severity": None,
        "sanctions": [
            {"kind": "traffic_limit", "scope": "public_domain", "starts": "2026-03-10", "ends": "2026-03-12"}
        ],
        "exposure_fen": [0, 0],
        "assumed": ["effective", "assessed", "cut_off", "sanction_start"],
        "disputed": ["cut_off"],
        "violation": "V-SNLIWC3TZOEK",
    }
    assert list(line["sanctions"][0]) == ["kind", "scope", "starts", "ends"]


def test_the_numbers_that_a_figure_lies_between_are_told_where_there_are_some(outcome):
    line = outcome(verdict="undetermined", denominator_range=Interval(95, 105)).as_json()
    assert list(line) == [*KEYS, "denominator_range"]
    assert (line["value"], line["denominator"], line["denominator_range"]) == ("0.790000", 100, [95, 105])


def test_what_is_missing_is_named_where_something_is(outcome):
    line = outcome(verdict="no_data", numerator=None, denominator=None, missing=("sessions",)).as_json()
    assert (line["missing"], line["value"]) == (["sessions"], None)
    assert list(line) == [*KEYS, "missing"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"),
    [
        (79, 100, "0.790000"),
        (863, 1079, "0.799815"),
        (2, 3, "0.666667"),
        (1, 3, "0.333333"),
        (1, 2_000_000, "0.000001"),  # half up: 0.0000005
        (3, 2_000_000, "0.000002"),
        (1, 2_000_001, "0.000000"),
        (1_999_999, 2_000_000, "1.000000"),  # and yet it may break a standard of 100 %: the value never decides
        (7, 1, "7.000000"),
        (0, 5, "0.000000"),
        (10**17 + 1, 10**17, "1.000000"),
        (0, 0, None),
        (None, 5, None),
        (5, None, None),
        (-1, 2, "-0.500000"),
        (-3, 2, "-1.500000"),
        (1, -2, None),
    ],
)
def test_a_value_has_six_decimals_rounded_half_up(numerator, denominator, value):
    assert six_decimals(numerator, denominator) == value


def test_the_examples_of_the_module_are_true():
    assert doctest.testmod(outcome_module) == (0, 1)


def test_sanctions_begin_on_the_day_of_the_assessment_and_last_whole_days():
    day, week, warning = dated(
        (SanctionSpec("delisting", days=(1, 1)), SanctionSpec("listing_ban", days=(7, 7)), SanctionSpec("warning")),
        TUESDAY,
    )
    assert (day.starts, day.ends) == (TUESDAY, TUESDAY)
    assert (week.starts, week.ends) == (TUESDAY, date(2026, 3, 16))
    assert (warning.starts, warning.ends, warning.as_json()) == (None, None, {"kind": "warning"})


def test_exposure_is_what_all_sanctions_together_can_cost_and_may_is_not_must():
    sanctions = dated(
        (
            SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000)),
            SanctionSpec("liquidated_damages", amount_fen=(100_000, 100_000), discretionary=True),
            SanctionSpec("warning"),
        ),
        TUESDAY,
    )
    assert exposure_fen(sanctions) == (10_000, 130_000)
    assert sanctions[1].as_json() == {
        "kind": "liquidated_damages",
        "amount_fen": [100_000, 100_000],
        "discretionary": True,
    }
    assert exposure_fen(()) == (0, 0)


def test_standards_and_gates_are_told_as_comparisons(x1, like_x1):
    (version,) = like_x1(
        gate=(("sessions", Bound("at_least", Fraction(5), "5")), ("replied", Bound("above", Fraction(0), "0"))),
        standard=Standard(Bound("at_most", Fraction(6, 100), "6%"), "violates_when"),
    ).versions
    assert (standard_words(version), gate_words(version)) == ("<= 6%", "sessions >= 5 and replied > 0")
    assert gate_words(like_x1(gate=()).versions[0]) is None


def test_outcomes_are_listed_by_day_platform_shop_rule_and_cycle(outcome, x1, like_x1):
    other = like_x1("xiaohongshu.a")
    ordered = [
        outcome(assessed_on=date(2026, 3, 3), shop="z"),
        outcome(rule=other, cycle="2026-W10"),
        outcome(cycle="2026-W09"),
        outcome(),
        outcome(shop="s2"),
    ]
    backwards = ordered[::-1]
    assert sorted(backwards, key=Outcome.sort_key) == ordered


def test_a_rounded_figure_is_shown_with_its_ends(small_office, week_of, at):
    small_office.take(week_of("s1", "2026-W10", 3, 5))
    small_office.assess(at("2026-03-10T10:00"))
    found = small_office.outcome()
    assert found.figure_words() == "3/5"
    assert replace(found, numerator_range=Interval(2, 4)).figure_words() == "2..4/5"
    assert replace(found, numerator=None, denominator_range=Interval(5, 6)).figure_words() == "-/5..6"
    assert replace(found, denominator=None).figure_words() == "-"
