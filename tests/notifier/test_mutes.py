from datetime import timedelta

import pytest

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.actors import Scope
from engine.ledger.database import reading, transaction
from engine.ledger.journal import entries, verify
from engine.ledger.tables import Mute
from notifier.events import ROUTED
from notifier.routing.model import News
from notifier.routing.mutes import LONGEST, all_mutes, end_mute, muted, mutes_at, set_mute

HOUR = timedelta(hours=1)
PARTS = {"client": "acme", "platform": "kuaishou", "shop": "shop:kuaishou/s1", "rule": "kuaishou.good-rating"}
NEWS = News("violation.opened", severity="minor", **PARTS)


def mute(now, **about):
    times = {"starts_at": now, "ends_at": now + HOUR, "set_at": now}
    return Mute(**({"why": "the platform is down", "set_by": "zhang"} | times | about))


@pytest.mark.parametrize("part", [*PARTS, "event", "contact"])
def test_a_mute_silences_what_it_names_and_nothing_else(now, part):
    named = PARTS | {"event": "violation.opened", "contact": "li"}
    assert muted(NEWS, "li", [mute(now, **{part: named[part]})])
    assert not muted(NEWS, "li", [mute(now, **{part: "another"})])


def test_a_mute_that_names_several_things_silences_only_what_is_all_of_them(now):
    both = mute(now, client="acme", rule="kuaishou.good-rating")
    assert muted(NEWS, None, [both])
    assert not muted(News("violation.opened", client="acme", rule="another"), None, [both])


def test_a_mute_of_a_contact_leaves_the_shops_own_contact_alone(now):
    assert not muted(NEWS, None, [mute(now, contact="li")])


@pytest.mark.parametrize(("pattern", "told"), [("warning.*", False), ("violation.*", True), ("*.opened", True)])
def test_events_may_be_a_pattern(now, pattern, told):
    assert bool(muted(NEWS, None, [mute(now, event=pattern)])) is told


def test_of_several_mutes_the_one_that_ends_last_is_told_whatever_their_order(now):
    late, early = mute(now, client="acme", ends_at=now + 3 * HOUR), mute(now, client="acme")
    assert muted(NEWS, None, [late, early]) is muted(NEWS, None, [early, late]) is late


def held(ledger, now):
    with reading(ledger) as session:
        return [m.id for m in mutes_at(session, now)]


def put(ledger, made, now):
    with transaction(ledger) as session:
        return set_mute(session, made, now).id


def test_a_mute_is_kept_journalled_and_holds_between_its_two_instants(ledger, now):
    number = put(ledger, mute(now, client="acme", starts_at=now + HOUR, ends_at=now + 2 * HOUR), now)
    second = timedelta(seconds=1)
    moments = [now, now + HOUR - second, now + HOUR, now + 2 * HOUR - second, now + 2 * HOUR]
    assert [held(ledger, at) for at in moments] == [[], [], [number], [number], []]
    with reading(ledger) as session:
        [entry] = [e for e in entries(session) if e.object_kind == "mute"]
        verify(session)
        assert [m.id for m in all_mutes(session, now)] == [number]
        assert all_mutes(session, now + 2 * HOUR) == []
        assert len(all_mutes(session, now + 2 * HOUR, over=True)) == 1
    assert (entry.actor, entry.event, entry.object_id) == ("zhang", "mute.set", f"M-{number}")
    assert entry.payload["why"] == "the platform is down"
    assert entry.payload["after"]["client"] == "acme"


def test_a_mute_that_was_ended_holds_no_more_and_cannot_be_ended_again(ledger, now):
    number = put(ledger, mute(now, contact="li"), now)
    with transaction(ledger) as session:
        end_mute(session, number, "mended", "wang", now + HOUR / 2)
    assert held(ledger, now + HOUR / 2) == []
    with reading(ledger) as session:
        last = [e for e in entries(session) if e.object_kind == "mute"][-1]
    assert (last.actor, last.event, last.payload["why"]) == ("wang", "mute.ended", "mended")
    for again in (number, number + 1, 0, -1, 10**30):
        with pytest.raises(KaoheError, match=r"no mute .* that could end") as error, transaction(ledger) as session:
            end_mute(session, again, "mended", "wang", now + HOUR / 2)
        assert "kaohe mutes list" in error.value.in_language("zh-CN")


def test_a_mute_that_is_over_cannot_be_ended(sqlite_ledger, now):
    number = put(sqlite_ledger, mute(now, contact="li"), now)
    with pytest.raises(KaoheError), transaction(sqlite_ledger) as session:
        end_mute(session, number, "mended", "wang", now + HOUR)


def test_a_mute_that_is_still_to_come_can_be_ended(sqlite_ledger, now):
    number = put(sqlite_ledger, mute(now, contact="li", starts_at=now + HOUR, ends_at=now + 2 * HOUR), now)
    with transaction(sqlite_ledger) as session:
        end_mute(session, number, "not needed", "wang", now)
    assert held(sqlite_ledger, now + HOUR) == []


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({"why": " \n"}, "needs a reason", "原因"),
        ({"client": None}, "must be about something", "写明对象"),
        ({"client": None, "event": "*"}, "must be about something", "写明对象"),
        ({"client": None, "event": "*.*"}, "must be about something", "写明对象"),
        ({"ends_at": timedelta(0)}, "must end after it begins", "要晚于开始"),
        ({"starts_at": -2 * HOUR, "ends_at": -HOUR}, "and after now", "也要晚于现在"),
        ({"starts_at": 2 * HOUR, "ends_at": HOUR}, "must end after it begins", "要晚于开始"),
        ({"ends_at": LONGEST + HOUR}, "at most 92 days", "最长 92 天"),
    ],
)
def test_a_mute_needs_an_end_a_reason_and_something_that_it_is_about(sqlite_ledger, now, changes, english, chinese):
    values = {name: now + value if name.endswith("_at") else value for name, value in changes.items()}
    with pytest.raises(KaoheError) as error:
        put(sqlite_ledger, mute(now, **({"client": "acme"} | values)), now)
    assert english in error.value.in_language("en")
    assert chinese in error.value.in_language("zh-CN")
    assert held(sqlite_ledger, now) == []
    with reading(sqlite_ledger) as session:
        assert [*entries(session)] == []


@pytest.mark.parametrize("event", ["warning", "violation.open", "notices.*", ""])
def test_a_mute_of_what_is_never_told_is_refused(sqlite_ledger, now, event):
    with pytest.raises(UnknownNameError, match="unknown event"):
        put(sqlite_ledger, mute(now, event=event), now)


@pytest.mark.parametrize("event", ROUTED)
def test_every_event_can_be_muted(sqlite_ledger, now, event):
    put(sqlite_ledger, mute(now, event=event), now)
    assert muted(News(event), "li", [mute(now, event=event)])


def test_ending_a_mute_needs_a_reason(sqlite_ledger, now):
    number = put(sqlite_ledger, mute(now, contact="li"), now)
    with pytest.raises(KaoheError, match="reason"), transaction(sqlite_ledger) as session:
        end_mute(session, number, " ", "wang", now)
    assert held(sqlite_ledger, now) == [number]


def test_all_mutes_hold_whatever_part_of_the_ledger_a_session_may_see(ledger, now):
    number = put(ledger, mute(now, client="acme"), now)
    with reading(ledger, Scope(clients=frozenset({"brill"}))) as session:
        assert [m.id for m in mutes_at(session, now)] == [number]
