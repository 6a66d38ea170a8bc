"""What the platform decides takes the place of what we reckoned: severity, measures, what it costs."""

import pytest

from engine.ledger.tables import Assessment, Sanction, Situation
from engine.ledger.violation_ids import violation_id
from engine.rulebook.model import SanctionSpec, Severity
from tests.ready import ready_office

W10, TUESDAY = "2026-W10", "2026-03-10T10:00"
BREACH = violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", W10)
GRAVE = [("liquidated_damages", 50_000, 100_000), ("traffic_limit", None, None)]


@pytest.fixture
def court(sqlite_ledger, open_office, like_x1, week_of, at):
    """An office whose platform grades: one violation is on record, 1 of 10, forecast as minor."""
    rule = like_x1(
        severity=Severity("platform", within_days=180, steps={1: "minor", 2: "serious", 3: "grave"}),
        ladder={
            "minor": (SanctionSpec("warning"),),
            "serious": (SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000)),),
            "grave": (
                SanctionSpec("liquidated_damages", amount_fen=(50_000, 100_000)),
                SanctionSpec("traffic_limit", days=(3, 3)),
            ),
        },
    )
    office = open_office(sqlite_ledger, [rule])

    def build():
        office.take(*week_of("s1", W10, 1, 10))
        office.assess(at(TUESDAY))

    ready_office(office, build)
    return office


def stands(office):
    """Severity, kinds of measures and exposure, wherever they are told: alike in all places."""
    violation, outcome = office.violation(BREACH), office.outcome()
    told = office.explain(BREACH).outcome
    assert outcome == told
    exposure = list(outcome.exposure_fen())
    assert [violation.exposure_min_fen, violation.exposure_max_fen] == exposure == outcome.as_json()["exposure_fen"]
    assert violation.severity == outcome.severity
    kinds = [s.spec.kind for s in outcome.sanctions]
    assert [kind for kind, _, _ in office.sanctions(BREACH)] == kinds
    return outcome.severity, kinds, exposure


def test_the_severity_that_was_decided_brings_the_measures_of_its_rung(court):
    assert stands(court) == ("minor", ["warning"], [0, 0])
    court.say(BREACH, "confirmed", severity="grave")
    assert stands(court) == ("grave", ["liquidated_damages", "traffic_limit"], [50_000, 100_000])
    assert court.sanctions(BREACH) == GRAVE
    (limit,) = court.rows(Sanction, kind="traffic_limit")
    assert (str(limit.starts), str(limit.ends)) == ("2026-03-10", "2026-03-12")


def test_a_charge_is_the_exposure(court):
    court.say(BREACH, "confirmed", severity="grave", amount_fen=80_000)
    assert stands(court) == ("grave", ["liquidated_damages", "traffic_limit"], [80_000, 80_000])
    court.say(BREACH, "confirmed", amount_fen=60_000)
    assert stands(court)[2] == [60_000, 60_000]
    court.say(BREACH, "confirmed", severity="serious")  # the charge remains what was charged
    assert stands(court) == ("serious", ["liquidated_damages"], [60_000, 60_000])


@pytest.mark.parametrize("way", [["appealed", "overturned"], ["waived"], ["withdrawn"]])
def test_what_was_let_off_brings_nothing_and_stays_so_when_it_is_closed(court, way):
    court.say(BREACH, "acknowledged", severity="grave", amount_fen=80_000)
    for state in [*way, "closed"]:
        court.say(BREACH, state)
    assert stands(court) == ("grave", [], [0, 0])
    court.say(BREACH, "closed", reference="KS-1")
    assert stands(court) == ("grave", [], [0, 0])


def test_a_confirmed_case_that_is_closed_costs_what_it_cost(court):
    court.say(BREACH, "confirmed", severity="serious", amount_fen=20_000)
    court.say(BREACH, "closed")
    assert stands(court) == ("serious", ["liquidated_damages"], [20_000, 20_000])


def test_what_a_person_takes_back_and_opens_again_is_as_it_was_reckoned(court):
    court.say(BREACH, "withdrawn")
    assert stands(court) == ("minor", [], [0, 0])
    court.say(BREACH, "open")
    assert stands(court) == ("minor", ["warning"], [0, 0])


def test_new_evidence_corrects_the_figure_and_not_what_the_platform_said_before_it_was_confirmed(court, week_of, at):
    court.say(BREACH, "acknowledged", severity="grave", amount_fen=80_000)
    court.take(*week_of("s1", W10, 2, 10), replace_days=True)
    (told,) = court.assess(at(TUESDAY)).changed
    assert told == court.outcome()
    assert (told.numerator, *stands(court)) == (2, "grave", ["liquidated_damages", "traffic_limit"], [80_000, 80_000])
    court.take(*week_of("s1", W10, 9, 10), replace_days=True)
    court.assess(at(TUESDAY))
    assert court.violation(BREACH).state == "acknowledged"
    assert court.events(BREACH)[-1][0] == "violation.contradicted"


def test_a_breach_that_evidence_takes_back_costs_nothing_and_costs_again_when_it_is_back(court, week_of, at):
    court.take(*week_of("s1", W10, 9, 10), replace_days=True)
    court.assess(at(TUESDAY))
    assert (court.violation(BREACH).state, court.sanctions(BREACH)) == ("withdrawn", [])
    court.take(*week_of("s1", W10, 3, 10), replace_days=True)
    court.assess(at(TUESDAY))
    assert stands(court) == ("minor", ["warning"], [0, 0])


def test_to_confirm_what_we_forecast_is_a_decision_too(court, week_of, at):
    court.say(BREACH, "acknowledged")
    court.say(BREACH, "acknowledged", severity="minor")
    assert court.explain(BREACH).decided_severity == "minor"


def test_the_forecast_is_told_beside_the_decision(court):
    court.say(BREACH, "confirmed", severity="grave", amount_fen=80_000)
    found = court.explain(BREACH)
    assert (found.decided_severity, found.forecast["severity"], found.forecast["exposure_fen"]) == (
        "grave",
        "minor",
        [0, 0],
    )


def test_a_severity_that_the_ladder_does_not_know_is_recorded_and_leaves_the_measures(court):
    court.say(BREACH, "confirmed", severity="grave")
    court.say(BREACH, "confirmed", severity="critical")
    assert stands(court) == ("critical", ["warning"], [0, 0])


def test_a_breach_that_was_waived_is_exempt_once_it_is_assessed_again(court, week_of, at):
    court.take(*week_of("s2", W10, 1, 10))
    court.assess(at(TUESDAY))
    court.say(BREACH, "waived")
    court.say(BREACH, "closed")
    court.take(*week_of("s1", W10, 2, 10), *week_of("s2", W10, 2, 10), replace_days=True)
    court.assess(at(TUESDAY))
    assert {o.shop: (o.verdict, o.severity, o.sanctions) for o in court.outcomes()}["s1"] == ("exempt", None, ())
    assert court.outcome("s2").verdict == "violation"
    violation = court.violation(BREACH)
    assert (violation.state, violation.numerator, violation.exposure_max_fen) == ("closed", 2, 0)
    assert [event for event, _, _ in court.events(BREACH)][-1] == "violation.corrected"
    row = next(a for a in court.rows(Assessment) if a.verdict == "exempt")
    (situation,) = court.rows(Situation, id=row.situation_id)
    assert {"kind": "waiver", "reference": BREACH} in situation.facts
    found = court.explain(BREACH)
    assert (found.outcome.verdict, found.outcome.numerator, found.outcome.violation) == ("exempt", 2, BREACH)
    court.take(*week_of("s1", W10, 3, 10), replace_days=True)  # once more: the figure follows
    court.assess(at(TUESDAY))
    assert (court.violation(BREACH).numerator, court.outcome().verdict) == (3, "exempt")


def test_a_waiver_of_one_week_says_nothing_about_another(court, week_of, at):
    court.say(BREACH, "waived")
    court.take(*week_of("s1", "2026-W11", 1, 10))
    court.assess(at("2026-03-17T10:00"))
    assert court.outcome("s1", "2026-W11").verdict == "violation"
