"""Rosters as evidence: what a row says, what is refused, and that they begin no shop's work."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlmodel import select

from engine.evidence.kinds import SHIFTS
from engine.ledger.actors import Actor, Grant
from engine.ledger.database import reading, transaction
from engine.ledger.people import PersonRow, Served, register_people, served_shops
from engine.ledger.subjects import ShopRow, register_shops, shop
from engine.ledger.tables import Coverage, Subject


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


NOW = datetime(2026, 4, 1, tzinfo=UTC)


def registered(desk, *people):
    """Put people on record: (shop, agent, first day or None, last day or None) each."""
    with transaction(desk.ledger) as session:
        shops = [ShopRow("xiaohongshu", name) for name in ("s1", "s2", "s3")] + [ShopRow("kuaishou", "s1")]
        register_shops(session, shops, NOW, "test")
    rows = [PersonRow(f"p{n}", "xiaohongshu", s, a, None, first, last) for n, (s, a, first, last) in enumerate(people)]
    with transaction(desk.ledger) as session:
        register_people(session, rows, NOW, "test")


def stored(desk):
    return sorted(desk.rows("shop", "agent", "day::VARCHAR"))


def test_a_shift_without_a_shop_is_of_all_shops_at_which_the_agent_works_on_that_day(desk):
    second, third = date(2026, 3, 2), date(2026, 3, 3)
    registered(
        desk, ("s1", "a1", None, second), ("s2", "a1", None, None), ("s3", "a1", third, None), ("s3", "a2", None, None)
    )
    summary = desk.take(desk.csv("a.csv", {"shop": ""}, {"shop": "", "starts_at": "2026-03-03T10:00+08:00"}))
    assert stored(desk) == [
        ("s1", "a1", "2026-03-02"),
        ("s2", "a1", "2026-03-02"),
        ("s2", "a1", "2026-03-03"),
        ("s3", "a1", "2026-03-03"),
    ]
    assert (summary.read, summary.taken, summary.refused) == (2, 4, 0)
    again = desk.take(desk.csv("b.csv", {"shop": ""}, {"shop": "", "starts_at": "2026-03-03T10:00+08:00"}))
    assert (again.taken, again.already_there) == (0, 4)


def test_a_file_without_the_column_is_of_the_shop_that_is_said_or_else_of_all_that_are_served(desk):
    registered(desk, ("s1", "a1", None, None), ("s2", "a1", None, None))
    file = desk.csv("a.csv", {}, columns=["platform", "agent", "starts_at", "ends_at", "state"])
    desk.take(file, shop="s3")
    assert [name for name, *_ in stored(desk)] == ["s3"]
    desk.take(file)
    assert [name for name, *_ in stored(desk)] == ["s1", "s2", "s3"]


def test_a_shift_of_somebody_who_works_nowhere_is_refused_and_may_be_of_any_shop(desk):
    registered(desk, ("s1", "a1", None, None), ("s2", "a2", None, date(2026, 3, 1)))
    summary = desk.take(desk.csv("a.csv", {"shop": ""}, {"shop": "", "agent": "a2"}, {"shop": "", "agent": "a9"}))
    assert [(fault.line, fault.column, fault.code) for fault in summary.faults] == [
        (3, "agent", "unserved"),
        (4, "agent", "unserved"),
    ]
    assert (summary.refused, summary.taken) == (2, 1)
    with reading(desk.ledger) as session:
        assert session.exec(select(Coverage)).all() == []  # what was refused on that day may have been of s1


def test_shops_that_are_served_are_covered_as_if_the_file_named_them(desk):
    registered(desk, ("s1", "a1", None, None), ("s2", "a1", None, None))
    desk.take(desk.csv("a.csv", {"shop": ""}))
    with reading(desk.ledger) as session:
        keys = session.exec(select(Subject.key).join(Coverage, Coverage.subject_id == Subject.id)).all()
    assert sorted(keys) == ["shop:xiaohongshu/s1", "shop:xiaohongshu/s2"]


def test_where_sub_accounts_work_is_read_from_the_register(desk):
    registered(desk, ("s1", "a1", None, date(2026, 3, 1)), ("s2", "a1", date(2026, 3, 2), None))
    with reading(desk.ledger) as session:
        assert served_shops(session) == [
            Served("xiaohongshu", "s1", "a1", date(1970, 1, 1), date(2026, 3, 1)),
            Served("xiaohongshu", "s2", "a1", date(2026, 3, 2), date.max),
        ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.few(2)
def test_rows_without_a_shop_are_taken_as_the_same_rows_with_each_shop_would_be(desk, seed):
    dice = Random(seed)
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(4)]
    people = [
        (s, a, *sorted(dice.sample(days, 2))) for s in ("s1", "s2", "s3") for a in ("a1", "a2") if dice.random() < 0.7
    ]
    registered(desk, *people)
    rows = [
        {
            "shop": dice.choice(["", "", "s1", "s2"]),
            "agent": dice.choice(["a1", "a2"]),
            "starts_at": f"{dice.choice(days)}T{dice.choice(['00:00', '10:00', '23:59'])}+08:00",
        }
        for _ in range(30)
    ]
    expected, refused = [], 0
    for row in rows:
        shops = [row["shop"]] if row["shop"] else served_on(people, row)
        expected += [(name, row["agent"], row["starts_at"][:10]) for name in shops]
        refused += not shops
    summary = desk.take(desk.csv("a.csv", *rows))
    assert stored(desk) == sorted(expected)
    assert summary.refused == refused
    named = [
        row | {"shop": name} for row in rows for name in ([row["shop"]] if row["shop"] else served_on(people, row))
    ]
    spelled = desk.take(desk.csv("b.csv", *named))
    assert (spelled.taken, spelled.already_there) == (0, len(expected))


def served_on(people, row):
    return [s for s, a, first, last in people if a == row["agent"] and str(first) <= row["starts_at"][:10] <= str(last)]


def test_who_may_import_for_one_client_reaches_its_shops_alone(desk):
    registered(desk, ("s1", "a1", None, None), ("s2", "a1", None, None))
    with transaction(desk.ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s2", client="acme")], NOW, "test")
    desk.take(desk.csv("a.csv", {"shop": ""}), allowed=Actor("li", (Grant("operator", "acme"),)))
    assert [name for name, *_ in stored(desk)] == ["s2"]
