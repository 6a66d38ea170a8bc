"""Lists of violations: one order on both databases, whole or page by page, and never by looking at every row."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from engine.calendar.cycles import parse_cycle
from engine.errors import UnknownNameError
from engine.ledger import violation_lists
from engine.ledger.database import reading, transaction
from engine.ledger.subjects import ShopRow, agent_key, ensure_agents, register_shops, shop, shop_key
from engine.ledger.tables import Violation
from engine.ledger.violation_ids import violation_id
from engine.ledger.violation_lists import Wanted, every, find, newest, one
from tests.ready import ready_ledger

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
NAMES = ("a", "B", "_c", "Z", "é", "店", "a b", "10", "9", "😀")  # which each locale puts in an order of its own
RULES = ("xiaohongshu.reply-rate", "xiaohongshu.Other")


@pytest.fixture
def many(ledger):
    """Violations of ten shops, of an agent of each, in four weeks, under two rules."""

    def build():
        chance = random.Random(3)
        with transaction(ledger) as session:
            register_shops(session, [ShopRow("xiaohongshu", n, client="ab"[len(n) % 2]) for n in NAMES], NOW, "lin")
            agents = ensure_agents(session, {("xiaohongshu", n, "Early"): MONDAY for n in NAMES})
            for name in NAMES:
                key = shop_key("xiaohongshu", name)
                own = shop(session, key)
                for week in range(4):
                    for rule in RULES:
                        whom = [
                            (key, own.id),
                            (agent_key("xiaohongshu", name, "Early"), agents["xiaohongshu", name, "Early"]),
                        ]
                        for subject, id_ in whom:
                            session.add(
                                violation(rule, subject, id_, own.client, week, chance.choice(["open", "closed"]))
                            )

    ready_ledger(ledger, build)
    return ledger


def violation(rule, subject, subject_id, client, week, state):
    first = MONDAY + timedelta(weeks=week)
    cycle = f"2026-W{10 + week}"
    return Violation(
        id=violation_id(rule, subject, cycle),
        rule=rule,
        version="2021-01-01",
        subject_id=subject_id,
        client=client,
        platform="xiaohongshu",
        cycle=cycle,
        cycle_start=first,
        cycle_end=first + timedelta(days=6),
        assessed_on=first + timedelta(days=8),
        state=state,
        exposure_min_fen=0,
        exposure_max_fen=0,
        numerator=1,
        denominator=2,
        opened_at=NOW,
        changed_at=NOW,
    )


def place(row):
    return row.platform, row.shop, row.agent or "", row.person or "", row.rule, row.cycle, row.id


FILTERS = [
    {},
    {"client": "a"},
    {"shop": "店"},
    {"shop": "B", "platform": "xiaohongshu"},
    {"rule": RULES[1]},
    {"state": "open"},
    {"client": "b", "state": "closed"},
    {"cycle": parse_cycle("2026-W11")},
    {"first": date(2026, 3, 17), "last": date(2026, 3, 24)},
]


@pytest.mark.parametrize("wanted", FILTERS)
def test_the_order_is_that_of_code_points_on_every_database(many, wanted):
    with reading(many) as session:
        found = find(session, **wanted)
    assert found == sorted(found, key=lambda row: (row.assessed_on, *place(row)))
    assert len(found) > 3


@pytest.mark.parametrize("wanted", FILTERS)
@pytest.mark.parametrize("limit", [7, 1000])
def test_pages_put_together_are_the_whole_list_the_newest_day_first(many, wanted, limit):
    seen, after = [], None
    with reading(many) as session:
        whole = sorted(find(session, **wanted), key=lambda row: (-row.assessed_on.toordinal(), *place(row)))
        while True:
            page = newest(session, Wanted(**wanted), limit, after)
            seen += page.rows
            assert (page.more, page.at_least) == (len(whole) - len(seen), False)
            if not page.more:
                break
            after = page.rows[-1].id
    assert seen == whole


def test_what_is_left_is_counted_up_to_a_bound(many, monkeypatch):
    monkeypatch.setattr(violation_lists, "COUNTED", 10)
    with reading(many) as session:
        first = newest(session, Wanted(), 5)
        assert (first.more, first.at_least) == (10, True)


def test_an_unknown_place_or_client_is_refused_before_the_first_row(many):
    with reading(many) as session:
        with pytest.raises(UnknownNameError, match="unknown violation"):
            newest(session, Wanted(), 5, "V-AAAAAAAAAAAA")
        with pytest.raises(UnknownNameError, match="unknown client"):
            every(session, Wanted(client="c"))
        assert newest(session, Wanted(shop="nobody"), 5).rows == ()
        some = find(session)[3]
        assert one(session, some.id.lower()) == some


def test_rows_are_read_as_they_are_asked_for(many, monkeypatch):
    monkeypatch.setattr(violation_lists, "AT_ONCE", 10)
    with reading(many) as session:
        rows = every(session, Wanted())
        first = [next(rows) for _ in range(3)]
        rows.close()
        assert first == find(session)[:3]


@pytest.mark.parametrize("wanted", [w for w in FILTERS if "first" not in w])
def test_sqlite_finds_a_page_by_an_index_and_sorts_only_its_days(sqlite_ledger, wanted):
    plans = []

    @event.listens_for(sqlite_ledger, "before_cursor_execute")
    def explain(connection, cursor, statement, parameters, *_):
        if statement.startswith("SELECT") and "ORDER BY" in statement:
            plans.extend(row[-1] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    with transaction(sqlite_ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", n, client="ab"[len(n) % 2]) for n in NAMES], NOW, "lin")
    with reading(sqlite_ledger) as session:
        newest(session, Wanted(**wanted), 5)
    of_violations = [plan for plan in plans if "violation " in plan]
    assert of_violations
    assert all("USING" in plan and "INDEX" in plan for plan in of_violations)
    assert all("assessed_on" in plan for plan in of_violations)
