"""What follows from a violation once the platform's word is on record."""

from datetime import date

import pytest

from engine.assessment.ruling import doubts, ruling
from engine.ledger.tables import Sanction, Violation
from engine.rulebook.model import SanctionSpec, Severity, Version

TUESDAY = date(2026, 3, 10)
LADDER = {
    "minor": (SanctionSpec("warning"),),
    "serious": (SanctionSpec("warning"), SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000))),
    "grave": (SanctionSpec("listing_ban", days=(1, 3)),),
}
GRADED = Version(date(2021, 1, 1), (), "0" * 64, severity=Severity("platform", steps={1: "minor"}), ladder=LADDER)
UNGRADED = Version(date(2021, 1, 1), (), "0" * 64, ladder={"standard": LADDER["serious"]})
FORECAST = [Sanction(violation_id="V-1", position=0, kind="warning")]


def violation(**changes):
    told = {"id": "V-1", "state": "confirmed", "severity": "minor", "assessed_on": TUESDAY}
    return Violation(**(told | {"exposure_min_fen": 0, "exposure_max_fen": 0} | changes))


def told(version=GRADED, forecast=FORECAST, **changes):
    found = ruling(violation(**changes), forecast, version)
    return [(s.kind, s.amount_min_fen, s.amount_max_fen) for s in found.sanctions], found.exposure_fen


def test_until_somebody_speaks_the_forecast_is_told():
    assert told(state="open") == ([("warning", None, None)], (0, 0))


def test_the_recorded_severity_brings_the_measures_of_its_rung():
    damages = ("liquidated_damages", 10_000, 30_000)
    assert told(severity="serious") == ([("warning", None, None), damages], (10_000, 30_000))


def test_the_days_of_a_rung_run_from_the_assessment_day():
    (ban,) = ruling(violation(severity="grave"), FORECAST, GRADED).sanctions
    assert (ban.starts, ban.days_min, ban.ends) == (TUESDAY, 1, date(2026, 3, 12))


def test_the_amount_that_was_charged_takes_the_place_of_the_span():
    measures, exposure = told(severity="serious", amount_fen=25_000)
    assert (measures[1], exposure) == (("liquidated_damages", 25_000, 25_000), (25_000, 25_000))


def test_an_amount_that_no_measure_foresaw_is_a_measure_of_its_own():
    measures, exposure = told(amount_fen=500_000)
    assert measures == [("warning", None, None), ("liquidated_damages", 500_000, 500_000)]
    assert exposure == (500_000, 500_000)
    assert told(amount_fen=0) == ([("warning", None, None)], (0, 0))


def test_a_charge_is_not_discretionary_any_more():
    damages = Sanction(
        violation_id="V-1",
        position=0,
        kind="liquidated_damages",
        amount_max_fen=100_000,
        amount_min_fen=100_000,
        discretionary=True,
    )
    found = ruling(violation(severity=None, amount_fen=100_000), [damages], None)
    assert [s.discretionary for s in found.sanctions] == [False]
    assert damages.discretionary


@pytest.mark.parametrize("state", ["overturned", "withdrawn", "waived", "closed"])
def test_a_settled_violation_has_no_measure_and_costs_nothing(state):
    assert told(state=state, severity="serious", amount_fen=25_000) == ([], (0, 0))


def test_without_its_version_a_violation_keeps_the_measures_on_record():
    assert told(version=None, severity="serious", exposure_max_fen=700) == ([("warning", None, None)], (0, 700))


@pytest.mark.parametrize(
    ("version", "severity", "amount", "found"),
    [
        (GRADED, "serious", 10_000, ()),
        (GRADED, "serious", 30_000, ()),
        (GRADED, "serious", 30_001, ("off the ladder",)),
        (GRADED, "serious", 9_999, ("off the ladder",)),
        (GRADED, "minor", 10_000, ("off the ladder",)),
        (GRADED, None, None, ()),
        (GRADED, "lethal", None, ("no such rung",)),
        (UNGRADED, "serious", 20_000, ("ungraded",)),
        (UNGRADED, None, 20_000, ()),
    ],
)
def test_what_lies_outside_the_ladder_is_doubtful(version, severity, amount, found):
    assert doubts(violation(severity=severity or "serious"), version, severity, amount) == found
