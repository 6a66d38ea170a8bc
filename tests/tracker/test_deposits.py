"""Deposits: the latest balance, and what is left when what stands is charged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.ledger.actors import Actor, Grant, NotAllowedError
from engine.ledger.database import reading, transaction
from engine.ledger.journal import entries
from engine.ledger.subjects import ShopRow, register_shops, shop
from engine.ledger.tables import Deposit, Subject
from engine.tracker.charges import charges, summed
from engine.tracker.charges import entries as charge_lines
from engine.tracker.deposits import deposits, reckoned, record_deposit
from engine.tracker.matches import link

from .test_charges import CLIENTS, penalty, violation

NOW = datetime(2026, 4, 2, tzinfo=UTC)
AT = datetime(2026, 4, 1, tzinfo=UTC)
LIN = Actor.unbounded("lin")
SHOP = Subject(key="shop:kuaishou/k1", kind="shop", platform="kuaishou", external_id="k1", client="a")


def balance(fen=1_000_000, minimum=None):
    return Deposit(
        subject_id=1, balance_fen=fen, minimum_fen=minimum, at=AT, why="x", recorded_at=NOW, recorded_by="lin"
    )


def left(violations=(), penalties=(), said=(), **more):
    return reckoned(SHOP, balance(**more), charges(violations, penalties, dict(said)))


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


LATE = AT + timedelta(days=1)
NOTICE = penalty(noticed_at=LATE)


@pytest.mark.parametrize(
    ("violations", "said"),
    [
        ([violation(reference="KS-1", amount=20000)], {}),
        ([violation(reference="KS-1", amount=20000), violation("V-2", reference="KS-1", amount=20000)], {}),
        ([violation(state="open")], {NOTICE.key: "V-1"}),
        ([violation(reference="KS-1", amount=20000)], {NOTICE.key: None}),
        ([violation(reference="KS-1", amount=20000), violation("V-2", "open")], {NOTICE.key: "V-2"}),
        ([violation(reference="KS-1", amount=20000, state="overturned")], {}),
        ([violation(state="waived")], {NOTICE.key: "V-1"}),
    ],
)
def test_deposits_and_charges_speak_of_the_same_money(violations, said):
    of = [replace(one, noticed_at=LATE) for one in violations]
    found = left(of, [NOTICE], said)
    (sums,) = summed(charge_lines(of, [NOTICE], [], CLIENTS, said), ()).values()
    assert (found.taken_fen, found.open_fen) == (sums.charged_fen, sums.open_fen)
    assert found.taken_fen in (0, 20000)


def test_what_a_person_says_it_was_taken_from_counts_where_the_notice_names_nothing():
    by_hand = violation(reference="KS-1", amount=20000, account="balance")
    assert left([by_hand], [NOTICE]).taken_fen == 0
    assert left([by_hand], [replace(NOTICE, account="deposit")]).taken_fen == 20000


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


def test_what_a_person_links_and_what_is_taken_back_is_read_for_all_shops_at_once(tracker, week_of, at):
    office = tracker.office
    office.take(*(row for name in ("s1", "s2") for row in week_of(name, "2026-W10", 5, 10)))
    office.assess(at("2026-03-10T10:00"))
    first, second = (office.outcome(name).violation for name in ("s1", "s2"))
    of_week = {"kind": "x", "amount_fen": "500"}
    tracker.penalise({"reference": "A", **of_week}, {"reference": "B", "shop": "s2", **of_week})
    with transaction(office.ledger) as session:
        for name in ("s1", "s2"):
            of = shop(session, f"shop:xiaohongshu/{name}")
            record_deposit(session, LIN, of, 100_000, datetime(2026, 3, 9, tzinfo=UTC), "read", NOW)
    tracker.do(link, "A", first)
    tracker.do(link, "B", second)

    def standings():
        with reading(office.ledger) as session:
            asked.clear()
            found = deposits(session, LIN, office.lake)
        return {s.shop.external_id: (s.taken_fen, s.open_fen) for s in found}, len(asked)

    asked = []
    event.listen(office.ledger, "before_cursor_execute", lambda _c, _cur, statement, *_: asked.append(statement))

    assert standings()[0] == {"s1": (500, (0, 0)), "s2": (500, (0, 0))}
    office.say(second, "withdrawn")
    told, statements = standings()
    assert told == {"s1": (500, (0, 0)), "s2": (0, (0, 0))}
    with transaction(office.ledger) as session:
        for name in ("s3", "s4"):
            register_shops(session, [ShopRow("xiaohongshu", name)], NOW, "lin")
            record_deposit(session, LIN, shop(session, f"shop:xiaohongshu/{name}"), 1, AT, "read", NOW)
    more, again = standings()
    assert (len(more), again) == (4, statements)
