"""What may be felt of a violation as it stands, and what is odd about a decision."""

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
WARNING = Sanction(violation_id="V-1", position=0, kind="warning")
DAMAGES = Sanction(
    violation_id="V-1",
    position=1,
    kind="liquidated_damages",
    amount_min_fen=10_000,
    amount_max_fen=30_000,
    discretionary=True,
)


def violation(**changes):
    told = {"id": "V-1", "state": "confirmed", "severity": "minor", "assessed_on": TUESDAY}
    return Violation(**(told | {"exposure_min_fen": 0, "exposure_max_fen": 0} | changes))


def told(*sanctions, **changes):
    found = ruling(violation(**changes), sanctions)
    return [(s.kind, s.amount_min_fen, s.amount_max_fen) for s in found.sanctions], found.exposure_fen


def test_what_is_on_record_is_told_in_the_order_of_the_ladder():
    measures = [("warning", None, None), ("liquidated_damages", 10_000, 30_000)]
    exposed = {"exposure_min_fen": 10_000, "exposure_max_fen": 30_000}
    assert told(DAMAGES, WARNING, state="open", **exposed) == (measures, (10_000, 30_000))


def test_the_amount_that_was_charged_takes_the_place_of_the_span_and_is_not_added_to_what_it_costs():
    charged = {"amount_fen": 25_000, "exposure_min_fen": 25_000, "exposure_max_fen": 25_000}
    measures, exposure = told(WARNING, DAMAGES, **charged)
    assert (measures[1:], exposure) == ([("liquidated_damages", 25_000, 25_000)], (25_000, 25_000))


def test_an_amount_that_no_measure_foresaw_is_a_measure_of_its_own():
    charged = {"amount_fen": 500_000, "exposure_min_fen": 500_000, "exposure_max_fen": 500_000}
    assert told(WARNING, **charged) == (
        [("warning", None, None), ("liquidated_damages", 500_000, 500_000)],
        (500_000, 500_000),
    )
    assert told(WARNING, amount_fen=0) == ([("warning", None, None)], (0, 0))


def test_a_charge_is_not_discretionary_any_more():
    found = ruling(violation(amount_fen=20_000), [DAMAGES])
    assert [s.discretionary for s in found.sanctions] == [False]
    assert DAMAGES.discretionary


@pytest.mark.parametrize("state", ["overturned", "withdrawn", "waived"])
def test_what_was_let_off_has_no_measure_and_costs_nothing(state):
    assert told(DAMAGES, state=state, amount_fen=25_000, exposure_max_fen=25_000) == ([], (0, 0))


def test_what_is_closed_costs_what_it_cost():
    charged = {"amount_fen": 25_000, "exposure_min_fen": 25_000, "exposure_max_fen": 25_000}
    assert told(DAMAGES, state="closed", **charged) == ([("liquidated_damages", 25_000, 25_000)], (25_000, 25_000))
    assert told(state="closed") == ([], (0, 0))  # closed after it was let off: the ledger has none of it


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
