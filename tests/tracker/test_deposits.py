"""Deposits: the latest balance, and what is left when what stands is charged."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.ledger.actors import Actor, Grant, NotAllowedError
from engine.ledger.database import reading, transaction
from engine.ledger.journal import entries
from engine.ledger.subjects import ShopRow, register_shops, shop
from engine.ledger.tables import Deposit, Subject
from engine.tracker.deposits import deposits, reckoned, record_deposit

from .test_charges import penalty, violation

NOW = datetime(2026, 4, 2, tzinfo=UTC)
AT = datetime(2026, 4, 1, tzinfo=UTC)
LIN = Actor.unbounded("lin")
SHOP = Subject(key="shop:kuaishou/k1", kind="shop", platform="kuaishou", external_id="k1", client="a")


def balance(fen=1_000_000, minimum=None):
    return Deposit(
        subject_id=1, balance_fen=fen, minimum_fen=minimum, at=AT, why="x", recorded_at=NOW, recorded_by="lin"
    )


def left(violations=(), penalties=(), **more):
    return reckoned(SHOP, balance(**more), list(violations), penalties)


def test_what_stands_may_still_be_taken():
    found = left([violation(state="open"), violation("V-2", state="appealed")])
    assert (found.taken_fen, found.open_fen, found.left_fen) == (0, (20000, 60000), (940000, 980000))


@pytest.mark.parametrize(("days", "taken"), [(1, 20000), (0, 0), (-1, 0)])
def test_a_charge_is_in_the_balance_unless_its_notice_came_after_it_was_read(days, taken):
    of = violation(amount=20000, reference="KS-1")
    assert left([of], [penalty(noticed_at=AT + timedelta(days=days))]).taken_fen == taken
    assert left([], [penalty(noticed_at=AT + timedelta(days=days))]).taken_fen == taken
    assert left([violation(amount=20000, noticed_at=AT + timedelta(days=days))]).taken_fen == taken


def test_what_is_taken_from_elsewhere_leaves_the_deposit_alone():
    later = AT + timedelta(days=1)
    assert left([], [penalty(account="balance", noticed_at=later)]).taken_fen == 0
    assert left([], [penalty(account="deposit", noticed_at=later)]).taken_fen == 20000
    assert left([], [penalty(status="overturned", noticed_at=later)]).taken_fen == 0


@pytest.mark.parametrize(("minimum", "short"), [(None, None), (970_000, False), (970_001, True)])
def test_a_deposit_falls_short_where_it_may_end_below_its_minimum(minimum, short):
    assert left([violation(state="open")], minimum=minimum).falls_short is short


def say(ledger, fen, at, actor=LIN, minimum=None, why="read in the back office"):
    with transaction(ledger) as session:
        record_deposit(session, actor, shop(session, "shop:kuaishou/k1"), fen, at, why, NOW, minimum)


@pytest.fixture
def shops(ledger):
    with transaction(ledger) as session:
        rows = [ShopRow("kuaishou", "k1", client="a"), ShopRow("kuaishou", "k2", client="b")]
        register_shops(session, rows, NOW, "lin")
    return ledger


def listed(ledger, tmp_path, actor=LIN, client=None):
    with reading(ledger) as session:
        return [one.as_json() for one in deposits(session, actor, Lake(tmp_path / "lake"), client)]


def test_the_latest_balance_counts_and_the_minimum_stays(shops, tmp_path):
    say(shops, 500_000, AT, minimum=300_000)
    say(shops, 200_000, AT + timedelta(hours=1))
    say(shops, 900_000, AT - timedelta(days=9))  # an older look, recorded later
    (row,) = listed(shops, tmp_path)
    assert (row["shop"], row["balance_fen"], row["minimum_fen"], row["falls_short"]) == ("k1", 200_000, 300_000, True)
    with reading(shops) as session:
        assert len(session.exec(select(Deposit)).all()) == 3
        told = [e for e in entries(session) if e.event == "deposit.recorded"][1]
    assert (told.payload["before"]["balance_fen"], told.payload["after"]["balance_fen"]) == (500_000, 200_000)


def test_balances_are_for_those_who_may_read_the_shop(shops, tmp_path):
    say(shops, 1, AT)
    stranger, viewer = (
        Actor("wu", (Grant(role, client=client),)) for role, client in (("manager", "b"), ("viewer", "a"))
    )
    assert listed(shops, tmp_path, stranger) == []
    assert len(listed(shops, tmp_path, viewer)) == 1
    for actor in (stranger, viewer):
        with pytest.raises(NotAllowedError):
            say(shops, 2, AT, actor)


@pytest.mark.parametrize(
    ("fen", "at", "why", "said"),
    [(-1, AT, "x", "negative"), (1, NOW + timedelta(1), "x", "still to come"), (1, AT, " ", "--why")],
)
def test_what_cannot_be_is_refused(shops, fen, at, why, said):
    with pytest.raises(KaoheError, match=said):
        say(shops, fen, at, why=why)
