from datetime import UTC, date, datetime, timedelta

import pytest

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Actor
from engine.ledger.database import reading, transaction
from engine.ledger.journal import entries, verify
from engine.ledger.platform_notice import PlatformNotice
from engine.ledger.states import TRANSITIONS
from engine.ledger.subjects import ShopRow, agent_key, ensure_agents, register_shops, shop, shop_key
from engine.ledger.tables import Violation
from engine.ledger.violation_ids import violation_id
from engine.ledger.violation_lists import find
from engine.ledger.violations import by, record

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TUESDAY = date(2026, 3, 10)
ZHANG = Actor.unbounded("zhang")
END_OF_17TH = datetime(2026, 3, 17, 16, tzinfo=UTC)
REPLY, RATING = "xiaohongshu.reply-rate", "kuaishou.good-rating"


def violate(session, rule, subject, subject_id, client="default", state="open", days=0, severity=None):
    platform = subject.split(":")[1].split("/")[0]
    cycle = f"2026-W{10 + days // 7}"
    monday = date(2026, 3, 2) + timedelta(days=days)
    row = Violation(
        id=violation_id(rule, subject, cycle),
        rule=rule,
        version="2021-01-01",
        subject_id=subject_id,
        client=client,
        platform=platform,
        cycle=cycle,
        cycle_start=monday,
        cycle_end=monday + timedelta(days=6),
        assessed_on=TUESDAY + timedelta(days=days),
        state=state,
        severity=severity,
        exposure_min_fen=10000,
        exposure_max_fen=30000,
        numerator=79,
        denominator=100,
        opened_at=NOW,
        changed_at=NOW,
    )
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def five(ledger):
    """Five violations of two shops and an agent; their ids by a short name."""
    with transaction(ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s1", client="a"), ShopRow("kuaishou", "k1")], NOW, "zhang")
        seen = {("xiaohongshu", "s1", "early"): TUESDAY}
        agent = ensure_agents(session, seen)["xiaohongshu", "s1", "early"]
        s1, k1 = ((key, shop(session, key).id) for key in ("shop:xiaohongshu/s1", "shop:kuaishou/k1"))
        return {
            "s1": violate(session, REPLY, *s1, client="a"),
            "s1 later": violate(session, REPLY, *s1, client="a", days=7, state="confirmed", severity="minor"),
            "early": violate(session, REPLY, agent_key("xiaohongshu", "s1", "early"), agent, client="a"),
            "k1": violate(session, RATING, *k1, severity="serious"),
            "k1 later": violate(session, RATING, *k1, days=14, state="waived"),
        }


def recorded(engine, violation, state, **said):
    with transaction(engine) as session:
        return record(session, violation, state, ZHANG, "because", LATER, PlatformNotice(**said))


def test_a_recorded_state_is_on_the_violation_and_in_the_journal(ledger, five):
    recorded(
        ledger,
        five["s1"],
        "confirmed",
        severity="serious",
        amount_fen=50000,
        reference="KS-77",
        appeal_until=END_OF_17TH,
    )
    with reading(ledger) as session:
        found = by(session, five["s1"])
        assert (found.state, found.severity, found.changed_at) == ("confirmed", "serious", LATER)
        told = entries(session, object_id=five["s1"])[-1]
        assert (told.actor, told.event, told.object_kind, told.at) == (
            "zhang",
            "violation.confirmed",
            "violation",
            LATER,
        )
        assert told.payload == {
            "why": "because",
            "before": {"state": "open", "severity": None},
            "after": {
                "state": "confirmed",
                "severity": "serious",
                "amount_fen": 50000,
                "reference": "KS-77",
                "appeal_until": "2026-03-17T16:00:00+00:00",
            },
        }
        assert verify(session) == []


def test_what_the_platform_decided_stands_on_the_violation_and_stays_there(ledger, five):
    recorded(ledger, five["s1"], "confirmed", amount_fen=50000, reference="KS-77", appeal_until=END_OF_17TH)
    recorded(ledger, five["s1"], "appealed")
    with reading(ledger) as session:
        listed = next(row for row in find(session) if row.id == five["s1"])
    assert (listed.amount_fen, listed.reference, listed.appeal_until) == (50000, "KS-77", END_OF_17TH)


def test_a_record_can_be_corrected_in_the_state_that_it_has(ledger, five):
    recorded(ledger, five["s1"], "confirmed", amount_fen=50000)
    recorded(ledger, five["s1"], "confirmed", amount_fen=30000, reference="KS-77")
    with reading(ledger) as session:
        assert (by(session, five["s1"]).amount_fen, by(session, five["s1"]).reference) == (30000, "KS-77")
        told = entries(session, object_id=five["s1"])[-1]
    assert (told.event, told.payload) == (
        "violation.amended",
        {
            "why": "because",
            "before": {"state": "confirmed", "severity": None, "amount_fen": 50000},
            "after": {"state": "confirmed", "severity": None, "amount_fen": 30000, "reference": "KS-77"},
        },
    )
    with pytest.raises(KaoheError, match="all of this is on record already"):
        recorded(ledger, five["s1"], "confirmed", reference="KS-77")
    with pytest.raises(KaoheError, match="is confirmed and cannot become confirmed"):
        recorded(ledger, five["s1"], "confirmed")


def test_violations_go_with_their_shop_and_its_agents_to_another_client(ledger, five):
    with transaction(ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s1", client="b")], LATER, "zhang")
    with reading(ledger) as session:
        assert {row.id for row in find(session, client="b")} == {five["s1"], five["s1 later"], five["early"]}
        assert {row.id for row in find(session, client="default")} == {five["k1"], five["k1 later"]}
        told = entries(session, object_id="shop:xiaohongshu/s1")[-1]
        assert (told.event, told.payload) == (
            "shop.changed",
            {"before": {"client": "a"}, "after": {"client": "b"}, "violations_moved": 3},
        )
        with pytest.raises(UnknownNameError, match="unknown client 'a'; known: b, default"):
            find(session, client="a")


def test_a_severity_stays_where_none_is_given(ledger, five):
    assert recorded(ledger, five["k1"], "appealed").severity == "serious"
    with reading(ledger) as session:
        after = entries(session, object_id=five["k1"])[-1].payload["after"]
    assert after == {"state": "appealed", "severity": "serious"}


def test_every_state_can_be_followed_by_exactly_the_states_that_may_follow(sqlite_ledger):
    with transaction(sqlite_ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s1")], NOW, "zhang")
        key = shop_key("xiaohongshu", "s1")
        wanted = violate(session, REPLY, key, 1)
    for state, may_follow in TRANSITIONS.items():
        for new_state in TRANSITIONS:
            with transaction(sqlite_ledger) as session:
                by(session, wanted).state = state
                if new_state in may_follow:
                    assert record(session, wanted, new_state, ZHANG, "because", NOW).state == new_state
                    continue
                with pytest.raises(KaoheError) as caught:
                    record(session, wanted, new_state, ZHANG, "because", NOW)
                names = ", ".join(may_follow) or "nothing"
                assert str(caught.value) == (
                    f"violation {wanted} is {state} and cannot become {new_state}; what may follow: {names}"
                )
                assert by(session, wanted).state == state


def test_the_promised_transitions_are_allowed():
    for state in ("open", "acknowledged"):
        assert {"confirmed", "appealed", "waived", "withdrawn"} <= set(TRANSITIONS[state])
    assert set(TRANSITIONS["appealed"]) == {"overturned", "confirmed"}
    assert set(TRANSITIONS) == {
        *("open", "acknowledged", "confirmed", "appealed", "overturned", "waived", "withdrawn", "closed")
    }


def test_every_state_can_be_reached_from_the_first():
    reached, left = {"open"}, ["open"]
    while left:
        for state in TRANSITIONS[left.pop()]:
            if state not in reached:
                reached.add(state)
                left.append(state)
    assert reached == set(TRANSITIONS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("confirmd", "because"), "unknown state 'confirmd'; did you mean 'confirmed'"),
        (("confirmed", "  "), "cannot become confirmed without a reason; say why"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(ledger, five, arguments, message):
    state, why = arguments
    with transaction(ledger) as session, pytest.raises(KaoheError, match=message):
        record(session, five["s1"], state, ZHANG, why, NOW)


def test_a_negative_amount_is_refused(ledger, five):
    with pytest.raises(KaoheError, match="an amount cannot be negative: -1 fen"):
        recorded(ledger, five["s1"], "confirmed", amount_fen=-1)


def test_an_unknown_violation_is_answered_with_ids_near_it(ledger, five):
    wanted = five["s1"]
    wrong_at_the_end = wanted[:-1] + ("A" if wanted[-1] != "A" else "B")
    wrong_at_the_start = "V-" + ("A" if wanted[2] != "A" else "B") + wanted[3:]
    with reading(ledger) as session:
        for wrong in (wrong_at_the_end, wrong_at_the_start):
            with pytest.raises(UnknownNameError, match=rf"unknown violation '{wrong}'; did you mean '{wanted}'\?;"):
                by(session, wrong)
        assert by(session, f" {wanted.lower()}").id == wanted
        for wrong in ("", "V-", "V-%"):
            with pytest.raises(UnknownNameError, match=rf"^unknown violation '{wrong}'; `kaohe violations list` shows"):
                by(session, wrong)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["k1", "s1", "early", "s1 later", "k1 later"]),
        ({"client": "a"}, ["s1", "early", "s1 later"]),
        ({"platform": "kuaishou"}, ["k1", "k1 later"]),
        ({"shop": "s1"}, ["s1", "early", "s1 later"]),
        ({"shop": "early"}, []),
        ({"rule": RATING}, ["k1", "k1 later"]),
        ({"state": "open"}, ["k1", "s1", "early"]),
        ({"severity": "minor"}, ["s1 later"]),
        ({"first": TUESDAY + timedelta(days=7)}, ["s1 later", "k1 later"]),
        ({"last": TUESDAY + timedelta(days=7)}, ["k1", "s1", "early", "s1 later"]),
        ({"client": "a", "state": "open", "last": TUESDAY}, ["s1", "early"]),
    ],
)
def test_lists_hold_what_fits_all_filters_in_one_order(ledger, five, filters, expected):
    names = {number: name for name, number in five.items()}
    with reading(ledger) as session:
        assert [names[listed.id] for listed in find(session, **filters)] == expected


def test_a_list_shows_whom_a_violation_is_about(ledger, five):
    with reading(ledger) as session:
        of_shop, agent = find(session, shop="s1", last=TUESDAY)
    assert (of_shop.shop, of_shop.agent, of_shop.person) == ("s1", None, None)
    assert (agent.shop, agent.agent, agent.person) == ("s1", "early", None)
    assert (of_shop.exposure_fen, of_shop.assessed_on, of_shop.cycle) == ((10000, 30000), TUESDAY, "2026-W10")


def test_a_list_by_an_unknown_state_is_refused(ledger):
    with reading(ledger) as session, pytest.raises(UnknownNameError, match="did you mean 'waived'"):
        find(session, state="waved")
