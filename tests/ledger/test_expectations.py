"""What is expected of a shop is said, journalled, said again without a change, and ended."""

from datetime import UTC, date, datetime

import pytest

from engine.calendar.spans import FOR_EVER
from engine.errors import KaoheError
from engine.ledger.database import reading, transaction
from engine.ledger.expectations import expected_of, expected_on
from engine.ledger.journal import entries
from engine.ledger.lookup import shop
from engine.ledger.subjects import Registered, ShopRow, Wish, register_shops

NOW = datetime(2026, 3, 10, 17, tzinfo=UTC)  # already the 11th in Shanghai


def day(number, month=3):
    return date(2026, month, number)


@pytest.fixture
def say(ledger):
    def said(*kinds, since=None, until=None, name="s1", now=NOW):
        with transaction(ledger) as session:
            row = ShopRow("xiaohongshu", name, expects=Wish(kinds, since, until))
            return register_shops(session, [row], now, "zhang")

    return said


@pytest.fixture
def expected(ledger):
    def of(name="s1"):
        with reading(ledger) as session:
            found = shop(session, name)
            by_shop = expected_of(session, [found.id])
            assert expected_on(session, "xiaohongshu").get(found.id) == by_shop.get(found.id)
            return by_shop.get(found.id, {})

    return of


def test_without_a_day_it_is_expected_from_today_at_the_platform_on(say, expected):
    assert say("messages") == Registered(1, 0, 0)
    assert expected() == {"messages": ((day(11), FOR_EVER),)}


def test_what_is_said_again_changes_nothing_and_is_not_journalled(ledger, say, expected):
    say("messages", "ratings", since=day(2))
    for since in (day(2), day(9), None):
        assert say("messages", since=since, now=datetime(2026, 5, 1, tzinfo=UTC)) == Registered(0, 0, 1)
    assert expected() == {kind: ((day(2), FOR_EVER),) for kind in ("messages", "ratings")}
    with reading(ledger) as session:
        told = [e for e in entries(session, object_id="shop:xiaohongshu/s1") if e.event == "shop.expects"]
    assert [e.payload for e in told] == [
        {
            "before": {"messages": [], "ratings": []},
            "after": {"messages": ["2026-03-02.."], "ratings": ["2026-03-02.."]},
        }
    ]


def test_one_that_begins_later_is_not_begun_today_when_it_is_said_again(say, expected):
    say("messages", since=day(1, 6))
    say("messages")
    assert expected() == {"messages": ((day(1, 6), FOR_EVER),)}


def test_it_can_begin_earlier_end_and_begin_again(say, expected):
    say("messages", since=day(9))
    assert say("messages", since=day(2)) == Registered(0, 1, 0)
    say("messages", until=day(31))
    assert expected() == {"messages": ((day(2), day(31)),)}
    say("messages", since=day(1, 6))
    assert expected() == {"messages": ((day(2), day(31)), (day(1, 6), FOR_EVER))}
    say("messages", until=day(15))
    assert expected() == {"messages": ((day(2), day(15)),)}


def test_one_that_ends_before_it_begins_is_taken_back(say, expected):
    say("messages", "counts", since=day(2))
    say("messages", until=day(1))
    assert expected() == {"counts": ((day(2), FOR_EVER),)}


def test_it_can_be_expected_for_a_time(say, expected):
    say("ratings", since=day(2), until=day(8))
    assert expected() == {"ratings": ((day(2), day(8)),)}


def test_what_is_not_expected_cannot_end(say):
    with pytest.raises(KaoheError, match="is not expected to bring messages, so there is nothing to end"):
        say("messages", until=day(8))
    with pytest.raises(KaoheError, match="would be expected until 2026-03-01, before it begins on 2026-03-02"):
        say("messages", since=day(2), until=day(1))


def test_shops_are_expected_to_bring_what_is_said_of_them_alone(say, expected):
    say("messages", since=day(2))
    say("sessions", since=day(3), name="s2")
    assert expected("s2") == {"sessions": ((day(3), FOR_EVER),)}
    assert expected() == {"messages": ((day(2), FOR_EVER),)}
