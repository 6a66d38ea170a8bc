"""Every term of a measure that a ladder can state is recorded, read back, and printed."""

from datetime import date
from fractions import Fraction

import pytest

from engine.assessment.outcome import dated
from engine.ledger.tables import Sanction
from engine.ledger.violation_ids import violation_id
from engine.rulebook.model import SanctionSpec

BREACH = violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", "2026-W10")
TUESDAY = date(2026, 3, 10)
RUNG = (
    SanctionSpec("points", points=2),
    SanctionSpec("bonus_cut", share=Fraction(1, 10)),
    SanctionSpec("listing_ban", days=(1, 3)),
    SanctionSpec("traffic_limit", days=(3, 3), scope="public_domain"),
    SanctionSpec("liquidated_damages", amount_fen=(500, 900), discretionary=True, accounts=("deposit", "payments")),
    SanctionSpec("warning"),
)
LINES = [
    {"kind": "points", "points": 2},
    {"kind": "bonus_cut", "share": "0.100000"},
    {"kind": "listing_ban", "days": [1, 3], "starts": "2026-03-10", "ends": "2026-03-12"},
    {"kind": "traffic_limit", "scope": "public_domain", "starts": "2026-03-10", "ends": "2026-03-12"},
    {
        "kind": "liquidated_damages",
        "amount_fen": [500, 900],
        "discretionary": True,
        "accounts": ["deposit", "payments"],
    },
    {"kind": "warning"},
]


@pytest.fixture
def told(office, like_x1, week_of, at):
    """On each database: a violation under a rule whose one rung has a measure of every sort."""
    office.rules = [like_x1(ladder={"standard": RUNG}, sha256="e" * 64)]
    office.take(*week_of("s1", "2026-W10", 7, 10))
    office.assess(at("2026-03-10T10:00"))
    return office


def test_all_terms_of_a_measure_come_back_from_the_ledger(told):
    assert told.outcome().sanctions == dated(RUNG, TUESDAY)


def test_they_are_printed_alike_before_and_after_they_were_recorded(told):
    assert [s.as_json() for s in dated(RUNG, TUESDAY)] == LINES
    assert told.outcome().as_json()["sanctions"] == LINES
    ((event, _, after),) = told.events(BREACH)
    assert (event, after["sanctions"]) == ("violation.opened", LINES)


def test_a_span_of_days_ends_with_the_longest(told):
    (row,) = told.rows(Sanction, kind="listing_ban")
    assert (row.starts, row.days_min, row.ends) == (TUESDAY, 1, date(2026, 3, 12))


def test_a_sanction_of_before_its_terms_were_kept_lasts_as_long_as_it_did(told):
    from engine.assessment.archive import dated_sanction

    old = Sanction(violation_id=BREACH, position=9, kind="delisting", starts=TUESDAY, ends=date(2026, 3, 16))
    assert dated_sanction(old).spec == SanctionSpec("delisting", days=(7, 7))
    assert "days" not in dated_sanction(old).as_json()
