"""Which days are covered: noted once, put together, and by several processes at once."""

import json
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from engine.ledger.coverage import cover, covered_of_expecting, covered_on, uncover
from engine.ledger.database import reading, transaction
from engine.ledger.presence import ensure_shops
from engine.ledger.subjects import ShopRow, Wish, register_shops
from engine.ledger.tables import Coverage

NOW = datetime(2026, 3, 10, tzinfo=UTC)
MARCH = date(2026, 3, 1), date(2026, 3, 31)


def span(first, last):
    return date(2026, 3, first), date(2026, 3, last)


@pytest.fixture
def shop_id(ledger):
    with transaction(ledger) as session:
        return ensure_shops(session, {("xiaohongshu", "s1"): MARCH[0]})["xiaohongshu", "s1"]


@pytest.fixture
def noted(ledger, shop_id):
    def note(*spans, kind="messages", now=NOW):
        with transaction(ledger) as session:
            return cover(session, kind, {shop_id: spans}, now).get(shop_id, ())

    return note


@pytest.fixture
def rows(ledger):
    def found():
        with reading(ledger) as session:
            live = [r for r in session.exec(select(Coverage)) if r.until is None]
        return sorted((r.kind, r.first_day.day, r.last_day.day) for r in live)

    return found


def test_a_span_that_is_known_or_lies_within_one_adds_nothing(ledger, noted, rows):
    assert noted(span(2, 8)) == (span(2, 8),)
    assert noted(span(2, 8)) == noted(span(3, 3), span(7, 8)) == ()
    assert rows() == [("messages", 2, 8)]
    with reading(ledger) as session:
        assert len(session.exec(select(Coverage)).all()) == 1


def test_spans_that_touch_become_one_and_the_old_rows_say_since_when_they_do_not_count(ledger, noted, rows):
    for one in (span(2, 3), span(6, 7), span(10, 11), span(4, 5)):
        noted(one)
    assert rows() == [("messages", 2, 7), ("messages", 10, 11)]
    noted(span(1, 31), now=datetime(2026, 4, 1, tzinfo=UTC))
    assert rows() == [("messages", 1, 31)]
    with reading(ledger) as session:
        closed = [r for r in session.exec(select(Coverage)) if r.until]
    assert {r.until for r in closed if (r.first_day.day, r.last_day.day) == (2, 7)} == {
        datetime(2026, 4, 1, tzinfo=UTC)
    }


def test_kinds_are_covered_apart(noted, rows):
    noted(span(2, 3))
    noted(span(4, 5), kind="sessions")
    assert rows() == [("messages", 2, 3), ("sessions", 4, 5)]


def test_it_is_read_by_platform_and_days_or_of_those_who_are_waited_for(ledger, shop_id, noted):
    noted(span(2, 3), span(20, 21))
    with reading(ledger) as session:
        assert covered_on(session, "xiaohongshu", *MARCH) == {shop_id: {"messages": (span(2, 3), span(20, 21))}}
        assert covered_on(session, "xiaohongshu", *span(1, 2)) == {shop_id: {"messages": (span(2, 3),)}}
        assert covered_on(session, "kuaishou", *MARCH) == covered_of_expecting(session, "xiaohongshu") == {}
    with transaction(ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s1", expects=Wish(("messages",)))], NOW, "zhang")
    with reading(ledger) as session:
        found = covered_of_expecting(session, "xiaohongshu")
    assert found == {shop_id: {"messages": (span(2, 3), span(20, 21))}}


RACE = """
from datetime import UTC, date, datetime, timedelta
from engine.ledger.coverage import cover
from engine.ledger.database import open_ledger, transaction
from engine.ledger.presence import ensure_shops, hold

FIRST = date(2026, 3, 1)

def work(number, url):
    ledger = open_ledger(url)
    for step in range(6):
        with transaction(ledger) as session:
            names = [f"s{n}" for n in range(4)]
            hold(session, [f"shop:xiaohongshu/{name}" for name in names])
            ids = ensure_shops(session, {("xiaohongshu", name): FIRST for name in names})
            first = FIRST + timedelta(days=4 * step + number)
            cover(session, "messages", {i: [(first, first)] for i in ids.values()}, datetime(2026, 4, 1, tzinfo=UTC))
    ledger.dispose()
    return "done"
"""


def test_processes_that_cover_days_at_once_lose_none_of_them(ledger, ledger_url, race):
    assert race(RACE, 4, ledger_url) == ["done"] * 4
    with reading(ledger) as session:
        found = covered_on(session, "xiaohongshu", *MARCH)
    assert json.dumps(sorted(found.values(), key=str), default=str) == json.dumps(
        [{"messages": [span(1, 24)]}] * 4, default=str
    )


def test_what_is_not_covered_any_more_was_covered_before_and_may_be_again(ledger, shop_id, noted, rows):
    with transaction(ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s1", expects=Wish(("messages",)))], NOW, "zhang")
    noted(span(2, 8))
    noted(span(2, 8), kind="ratings")
    later, again = datetime(2026, 3, 11, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)
    with transaction(ledger) as session:
        assert uncover(session, "messages", shop_id, date(2026, 3, 5), date(2026, 3, 20), later) == (span(5, 8),)
        assert uncover(session, "messages", shop_id, date(2026, 3, 5), None, later) == ()
    assert rows() == [("messages", 2, 4), ("ratings", 2, 8)]
    assert noted(span(2, 8), now=again) == (span(2, 8),)
    assert rows() == [("messages", 2, 8), ("ratings", 2, 8)]
    with reading(ledger) as session:
        known = [covered_of_expecting(session, "xiaohongshu", at)[shop_id]["messages"] for at in (NOW, later, again)]
    assert known == [(span(2, 8),), (span(2, 4),), (span(2, 8),)]
