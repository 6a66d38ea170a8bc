"""What a gathered message holds, before a word of it is written: each thing once, and what weighs most first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.states import SETTLED, STATES
from engine.ledger.tables import Notice
from notifier.events import OCCASIONS
from notifier.members import SEVERAL, Member, counted, members_in, spread, weigh
from notifier.routing.model import ALWAYS, Hours

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def member(number, event="violation.opened", state="open", **changes):
    told = {"client": "acme", "contact": "li", "waited": True}
    if event.startswith("violation."):
        told |= {"violation": f"V-{number}", "state": state, "rule": "r.one", "version": "2021", "platform": "kuaishou"}
    return Member(number, event, **(told | changes))


def warning(number, due=DAY, event="warning.at_risk", **told):
    told = {"shop": f"shop:kuaishou/s{number}", "rule": "r.one", "cycle": "2026-W10", "platform": "kuaishou"} | told
    return member(number, event, told=told | {"due_at": (NOW + due).isoformat()})


def order(*members, client="acme"):
    return [item.number for item in weigh(members, client, NOW).in_order]


ANYTHING = st.dictionaries(
    st.sampled_from(["shop", "rule", "cycle", "platform", "version", "due_at", "until", "appeal_until", "x"]),
    st.none() | st.text(max_size=5) | st.integers() | st.floats() | st.lists(st.booleans(), max_size=2)
    | st.sampled_from(["2026-03-11T10:00:00+08:00", "2026-03-11T10:00:00", "9999-12-31T23:59:59+00:00", "\ud800"]),
)  # fmt: skip


@st.composite
def anything(draw, number):
    event = draw(st.sampled_from(sorted(OCCASIONS)) | st.just("something.new"))
    changes = {"told": draw(ANYTHING), "client": draw(st.sampled_from(["acme", "bolt"])), "waited": draw(st.booleans())}
    changes["violation"] = draw(st.sampled_from([None, "V-1", "V-2"]))
    if changes["violation"]:
        changes |= {"state": draw(st.sampled_from([*STATES, "unheard of"]))}
        changes |= {"appeal_until": draw(st.none() | st.sampled_from([NOW + DAY, NOW - DAY]))}
    return Member(number, event, contact=None, **changes)


@given(st.data(), st.integers(0, 12), st.sampled_from([SEVERAL, "acme"]))
def test_every_notice_is_told_by_something_or_counted_as_over_or_astray(data, count, client):
    members = [data.draw(anything(number)) for number in range(count)]
    holding = weigh(members, client, NOW)
    assert sum(item.times for item in holding.in_order) + holding.over == holding.count == count - holding.strays
    assert sum(counted(holding).values()) == len(holding.in_order)
    assert holding.strays == (0 if client == SEVERAL else sum(m.client != client for m in members))
    named = [item.violation for item in holding.matters if item.violation]
    assert len(named) == len(set(named))
    assert not {item.kind for item in holding.matters} & SETTLED


def test_what_can_be_done_soonest_comes_first_then_the_dearest_and_last_what_takes_its_course():
    assert order(
        member(1, exposure_fen=(0, 100)),
        member(2, state="appealed", exposure_fen=(0, 10**9)),
        member(3, state="confirmed", appeal_until=NOW + 3 * DAY),
        member(4, state="confirmed", appeal_until=NOW, exposure_fen=(0, 10**9)),
        warning(5, 2 * DAY),
        member(6, exposure_fen=(0, 200)),
        warning(7, DAY, "warning.certain"),
        member(8, appeal_until=NOW + DAY),
        warning(9, -DAY),
    ) == [8, 5, 3, 6, 1, 2, 4, 7, 9]


def test_of_other_news_what_presses_comes_before_what_it_is_enough_to_know():
    soon, later = ((NOW + n * DAY).isoformat() for n in (1, 3))
    assert order(
        member(1, "rule.announced", told={"until": soon}),
        member(2, "evidence.missing", told={}),
        member(3, "duty.near", told={"until": later}),
        member(4, "penalty.recorded", told={"appeal_until": soon}),
        member(5, "week.listed"),
    ) == [4, 3, 2, 1, 5]


def test_a_violation_that_several_notices_tell_of_is_one_thing():
    told = {"violation": "V-1"}
    holding = weigh([member(1, **told), member(2, "violation.escalated", **told), member(3)], "acme", NOW)
    [both, other] = holding.matters
    assert (both.number, both.times, both.events) == (2, 2, {"violation.opened", "violation.escalated"})
    assert (other.times, holding.count, counted(holding)) == (1, 3, {"open": 2})


def test_of_warnings_about_one_cycle_the_last_one_counts():
    same = {"shop": "shop:kuaishou/s", "cycle": "2026-W10"}
    holding = weigh([warning(1, **same), warning(2, event="warning.certain", **same), warning(3)], "acme", NOW)
    assert counted(holding) == {"warning.at_risk": 1, "warning.certain": 1}
    unknown = {"shop": "shop:kuaishou/s", "cycle": None}
    assert len(weigh([warning(1, **unknown), warning(2, **unknown)], "acme", NOW).matters) == 2


def test_news_told_word_for_word_twice_is_one_thing_but_not_of_two_clients():
    told = {"missing": ["messages 2026-03-04"]}
    same = [member(n, "evidence.missing", told=dict(told)) for n in (1, 2)]
    assert [item.times for item in weigh(same, SEVERAL, NOW).others] == [2]
    theirs = [*same, member(3, "evidence.missing", told=told, client="bolt")]
    assert [item.times for item in weigh(theirs, SEVERAL, NOW).others] == [2, 1]


@pytest.mark.parametrize("state", sorted(SETTLED))
def test_what_was_settled_meanwhile_is_counted_and_nothing_else(state):
    near = member(2, "deadline.near", violation="V-1", state=state)
    holding = weigh([member(1, state=state), near, member(3)], "acme", NOW)
    assert (holding.count, holding.over, [item.number for item in holding.in_order]) == (3, 2, [3])


def test_an_escalated_violation_that_somebody_has_acknowledged_is_still_a_violation():
    holding = weigh([member(1, "violation.escalated", "acknowledged")], "acme", NOW)
    assert (holding.over, counted(holding)) == (0, {"acknowledged": 1})


def test_nothing_of_another_client_is_in_a_message_of_one():
    holding = weigh([member(1), member(2, client="bolt")], "acme", NOW)
    assert (holding.count, holding.strays, [item.number for item in holding.in_order]) == (1, 1, [1])


def test_a_message_is_of_the_morning_only_if_all_of_it_waited():
    assert weigh([member(1), member(2)], "acme", NOW).waited
    assert not weigh([member(1, waited=False), member(2)], "acme", NOW).waited
    assert not weigh([], "acme", NOW).waited


@given(st.lists(st.sampled_from("abcd"), max_size=30), st.integers(0, 5), st.integers(0, 20))
def test_tables_share_the_room_and_none_is_empty(rules, most_groups, most_rows):
    matters = weigh([member(n, rule=rule) for n, rule in enumerate(rules)], "acme", NOW).matters
    shown = spread(matters, most_groups, most_rows)
    first = list(dict.fromkeys(rules))[: min(most_groups, most_rows)]
    assert [group[0].group[2] for group in shown] == first
    lengths = [len(group) for group in shown]
    whole = [rules.count(rule) for rule in first]
    assert sum(lengths) == min(sum(whole), most_rows if first else 0)
    for group, rule, length, all_of_it in zip(shown, first, lengths, whole, strict=True):
        assert [i.number for i in group] == [n for n, r in enumerate(rules) if r == rule][:length], "the weightiest"
        assert length == all_of_it or length >= max(lengths) - 1, "in turns"


def test_members_are_read_a_few_at_a_time_and_only_those_that_are_still_gathered(office, monkeypatch):
    from engine.ledger.database import reading, transaction

    monkeypatch.setattr("notifier.members.AT_ONCE", 2)
    shop = office.shop()
    for number in range(5):
        office.violation(f"V-{number}", shop, cycle=f"c{number}", exposure_max_fen=number)
    times = {"due_at": NOW, "next_attempt_at": NOW, "created_at": NOW - DAY}
    said = {"client": "default", "recipient": "a@b.cn", "channel": "email", "language": "zh-CN", "body": "x", **times}
    said |= {"template": "", "subject": ""}
    with transaction(office.ledger) as session:
        head = Notice(key="gathered:1", event="notices.gathered", state="queued", **said)
        session.add(head)
        session.flush()
        for number in range(5):
            state = "dropped" if number == 3 else "gathered"
            about = {"key": f"V-{number}", "event": "violation.opened", "violation_id": f"V-{number}"}
            session.add(Notice(**about, state=state, within_id=head.id, **said))
        session.add(Notice(key="W", event="week.listed", state="gathered", within_id=head.id, news={"a": 1}, **said))
        number = head.id
    with reading(office.ledger) as session:
        found = list(members_in(session, number, Hours(12 * 60, 20 * 60)))
        at_once = list(members_in(session, number, ALWAYS))
    assert [one.violation for one in found] == ["V-0", "V-1", "V-2", "V-4", None]
    assert [one.exposure_fen[1] for one in found] == [0, 1, 2, 4, 0]
    assert found[-1].told == {"a": 1}
    assert not any(one.waited for one in at_once)
    assert [one.waited for one in found] == [True] * 5
