"""Sessions that nobody imported are derived from messages, and step back where they are imported after all."""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow.parquet as pq
import pytest

from engine.evidence.kinds import MESSAGES
from engine.ledger import day_files
from engine.ledger.database import transaction

from .test_messages import at, said


@pytest.fixture
def chat(house):
    return house.of(MESSAGES)


def derived(house):
    """session → (opened by, opened at, first reply, agent), times as clocks, of the derived rows."""
    rows = house.rows("session", "opened_by", "opened_at", "first_human_reply_at", "agent", "derived", "closed_at")
    assert all(closed is None for *_, is_derived, closed in rows if is_derived)
    return {row[0]: (row[1], _clock(row[2]), _clock(row[3]), row[4]) for row in rows if row[5]}


def _clock(instant):
    return instant and (instant + timedelta(hours=8)).strftime("%d %H:%M")


def shadowed(house):
    return house.rows("session", "derived", "shadowed")


def test_the_first_buyer_opens_unless_an_agent_wrote_strictly_before(house, chat):
    rows = [
        *(said("buyer", "10:00", session=name) for name in ("before", "same", "after")),
        said("agent", "09:59", "x", session="before"),
        said("agent", "10:00", "x", session="same"),
        said("agent", "10:01", "x", session="after"),
        said("agent", "10:01", "x", session="only agent"),
        said("buyer", "10:01", session="only buyer"),
    ]
    chat.take(chat.csv("a.csv", *rows))
    assert derived(house) == {
        "before": ("agent", "02 09:59", "02 09:59", "x"),
        "same": ("buyer", "02 10:00", "02 10:00", "x"),
        "after": ("buyer", "02 10:00", "02 10:01", "x"),
        "only agent": ("agent", "02 10:01", "02 10:01", "x"),
        "only buyer": ("buyer", "02 10:01", None, None),
    }


def test_bots_and_the_system_open_nothing_and_reply_to_nobody(house, chat):
    rows = [said("bot", "09:00", "a"), said("system", "09:30", "a"), said("bot", "10:30", "a")]
    chat.take(chat.csv("a.csv", *rows))
    assert house.rows() == []
    chat.take(chat.csv("b.csv", said("buyer", "10:00")))
    assert derived(house) == {"c": ("buyer", "02 10:00", None, None)}


def test_the_agent_is_who_replied_first_else_the_smallest_that_its_messages_name(house, chat):
    rows = [
        *(said("agent", "10:01", agent, session="tie") for agent in (None, "y", "x")),
        said("agent", "10:00", session="unnamed"),
        said("buyer", "10:01", "z", session="unnamed"),
        said("agent", "10:02", "y", session="unnamed"),
        said("buyer", "10:01", "z", session="asked for"),
    ]
    chat.take(chat.csv("a.csv", *rows))
    assert {name: row[3] for name, row in derived(house).items()} == {"tie": "x", "unnamed": "y", "asked for": "z"}


def test_a_conversation_without_a_session_is_named_by_its_buyers_seal(house, chat):
    rows = [said("buyer", "10:00", session="", buyer=buyer) for buyer in ("b1", "b2")]
    chat.take(chat.csv("a.csv", *rows, said("agent", "10:05", "x", session="", buyer="b1")))
    rows = house.rows("session", "buyer", "first_human_reply_at IS NOT NULL")
    assert sorted(rows) == sorted((f"buyer:{buyer.hex()[:16]}", buyer, replied) for _, buyer, replied in rows)
    assert sorted(replied for *_, replied in rows) == [False, True]


def test_later_imports_combine_with_what_is_stored_in_any_order(new_house):
    """Also across midnight, and where an earlier message moves the opening to another day."""
    rows = [
        said("buyer", "23:58", "z"),
        said("agent", "23:59"),
        said("agent", "00:10", "x", day=3),
        said("buyer", "09:00", day=3),
        said("agent", "23:57", "y", day=1),
    ]
    found = set()
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]):
        house = new_house()
        chat = house.of(MESSAGES)
        for n in order:
            chat.take(chat.csv(f"{n}.csv", rows[n]))
        assert derived(house) == {"c": ("agent", "01 23:57", "01 23:57", "y")}
        assert list(house.live()) == [("xiaohongshu", "2026-03-01")]
        found.add((*chat.live().values(), *house.live().values()))
    assert len(found) == 1


def test_an_earlier_import_that_names_nobody_still_knows_who_was_named(house, chat):
    """Of the reply that is first in the end nobody is named: then the smallest of all counts, stored or new."""
    chat.take(chat.csv("a.csv", said("agent", "10:05", "y"), said("buyer", "10:06", "b")))
    assert derived(house)["c"][3] == "y"
    chat.take(chat.csv("b.csv", said("agent", "10:04"), said("buyer", "10:07", "c")))
    assert derived(house)["c"][3] == "b"
    chat.take(chat.csv("c.csv", said("agent", "10:04", "x")))
    assert derived(house)["c"][3] == "x"


def test_the_imported_session_decides_whichever_came_first_and_on_whatever_day(new_house):
    for sessions_first in (True, False):
        house = new_house()
        chat = house.of(MESSAGES)
        works = [
            lambda h=house: h.take(h.csv("s.csv", {"session": "c", "opened_at": at("10:00", 5)})),
            lambda c=chat: c.take(c.csv("m.csv", said("buyer", "10:00"), said("buyer", "10:00", session="other"))),
        ]
        for work in works if sessions_first else works[::-1]:
            work()
        assert shadowed(house) == [("c", False, False), ("c", True, True), ("other", True, False)]


def test_a_session_that_replace_removes_bares_the_derived_one_and_never_removes_it(house, chat):
    chat.take(chat.csv("m.csv", said("buyer", "10:00"), said("buyer", "10:00", session="d")))
    house.take(house.csv("s.csv", {"session": "c", "opened_at": at("10:00", 3)}, {"session": "d"}))
    assert shadowed(house) == [("c", False, False), ("c", True, True), ("d", False, False), ("d", True, True)]
    summary = house.take(house.csv("r.csv", {"session": "e", "opened_at": at("10:00", 3)}), replace=True)
    assert (summary.taken, summary.removed) == (1, 1)
    assert shadowed(house) == [("c", True, False), ("d", False, False), ("d", True, True), ("e", False, False)]
    summary = house.take(house.csv("r.csv", {"session": "f"}), replace=True)
    assert (summary.taken, summary.removed) == (1, 1)
    assert shadowed(house)[:2] == [("c", True, False), ("d", True, False)]


def test_replaced_messages_derive_their_sessions_again_from_all_that_is_stored(house, chat):
    rows = [said("agent", "23:50", "y"), said("buyer", "00:10", day=3), said("agent", "09:00", "x", day=4)]
    gone = said("buyer", "10:00", session="gone")
    chat.take(chat.csv("a.csv", *rows, gone, said("buyer", "10:00", session="far", shop="s2")))
    assert derived(house)["c"] == ("agent", "02 23:50", "02 23:50", "y")
    chat.take(chat.csv("b.csv", said("buyer", "12:00", session="new")), replace=True)
    assert derived(house) == {
        "c": ("buyer", "03 00:10", "04 09:00", "x"),
        "new": ("buyer", "02 12:00", None, None),
        "far": ("buyer", "02 10:00", None, None),
    }


def test_days_of_messages_and_of_sessions_are_switched_in_one_entry_of_the_journal(house, chat):
    chat.take(chat.csv("a.csv", said("buyer", "10:00")))
    [entry] = chat.journal()
    key = ["xiaohongshu", "2026-03-02", None]
    assert entry.payload["after"]["days"] == [[*key, *chat.live().values()]]
    assert entry.payload["after"]["sessions_days"] == [[*key, *house.live().values()]]


def test_a_day_file_from_before_there_were_derived_sessions_is_read_as_one_without(house, chat):
    old = pq.read_table(_stored(house))
    for file in house.live_files():
        file.unlink()
    draft = house.folder / "old.parquet"
    pq.write_table(old.drop_columns(["derived", "shadowed", "replied_by", "named"]), draft)
    day = old["day"][0].as_py()
    generation = house.lake.keep(draft, "sessions", "xiaohongshu", day)
    change = day_files.Change("sessions", "xiaohongshu", day, *house.live().values(), generation, 2)
    with transaction(house.ledger) as session:
        day_files.switch(session, [change], datetime(2026, 4, 2, tzinfo=UTC))
    again = house.csv("s.csv", {"session": "c"}, {"session": "d"})
    summary = house.take(again)
    assert (summary.already_there, summary.days) == (2, ())
    chat.take(chat.csv("m.csv", said("buyer", "10:00")))
    house.take(house.csv("t.csv", {"session": "d", "agent": "x"}))
    assert shadowed(house) == [("c", False, False), ("c", True, True), ("d", False, False)]


def _stored(house):
    house.take(house.csv("s.csv", {"session": "c"}, {"session": "d"}))
    [file] = house.live_files()
    return file


def test_the_opening_is_filed_under_its_local_day_and_second(house, chat):
    chat.take(
        chat.csv("a.csv", {"sent_at": datetime(2026, 3, 2, 0, 0, 7, tzinfo=timezone(timedelta(hours=8))).isoformat()})
    )
    assert house.rows("day::VARCHAR", "second") == [("2026-03-02", 7)]
