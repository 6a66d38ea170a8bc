"""Rosters as evidence: what a row says, what is refused, and that they begin no shop's work."""

import pytest

from engine.evidence.kinds import SHIFTS
from engine.ledger.database import reading
from engine.ledger.subjects import shop


@pytest.fixture
def desk(house):
    return house.of(SHIFTS)


def test_a_shift_is_filed_under_the_local_day_of_its_beginning(desk):
    content = (
        "平台,店铺,客服,上班时间,下班时间,状态,接待上限\n小红书,s1,小美,2026-03-02 22:00,2026-03-03 06:00,值班,5\n"
    )
    desk.take(desk.file("a.csv", content))
    assert desk.rows("day::VARCHAR", "agent", "state", '"limit"') == [("2026-03-02", "小美", "on_duty", 5)]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"ends_at": "2026-03-02T09:00:00+08:00"}, "shift"),
        ({"state": "asleep"}, "choice"),
        ({"limit": "0"}, "within"),
        ({"agent": ""}, "missing"),
        ({"ends_at": ""}, "missing"),
    ],
)
def test_a_shift_that_cannot_be_is_refused(desk, row, code):
    assert [fault.code for fault in desk.take(desk.csv("a.csv", row)).faults] == [code]


def test_equal_rows_of_two_imports_are_one(desk):
    path = desk.csv("a.csv", {})
    assert (desk.take(path).taken, desk.take(path).already_there) == (1, 1)


def test_a_roster_is_no_beginning_of_a_shops_work(desk):
    desk.take(desk.csv("a.csv", {}))
    with reading(desk.ledger) as session:
        assert shop(session, "s1").first_evidence_on is None
