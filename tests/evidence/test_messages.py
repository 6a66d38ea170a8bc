"""Messages: what is stored of them, what their place in the conversation tells, and how each is known again."""

from datetime import datetime, timedelta

import pyarrow.parquet as pq
import pytest

from engine.evidence.kinds import MESSAGES


@pytest.fixture
def chat(house):
    return house.of(MESSAGES)


def at(clock, day=2):
    return f"2026-03-{day:02}T{clock}"


def said(sender, clock, agent=None, day=2, **more):
    return {"session": "c", "sender": sender, "sent_at": at(clock, day)} | ({"agent": agent} if agent else {}) | more


def counts(summary):
    return summary.taken, summary.already_there, summary.replaced, summary.removed


def answers(chat):
    """(clock, answered at, by, previous) of the buyers' messages, in the order of the file."""
    [file] = chat.live_files()
    rows = pq.read_table(file).to_pylist()
    found = [row for row in rows if row["sender"] == "buyer"]
    assert all(
        (row["answered_at"], row["answered_by"], row["previous"]) == (None, None, None)
        for row in rows
        if row not in found
    )
    return [
        (clock(row["sent_at"]), row["answered_at"] and clock(row["answered_at"]), row["answered_by"], row["previous"])
        for row in found
    ]


def clock(instant):
    return (instant + timedelta(hours=8)).strftime("%H:%M:%S")


def test_a_message_is_answered_by_the_first_agent_at_or_after_it(chat):
    rows = [
        said("buyer", "10:00:00"),
        said("buyer", "10:01:00"),
        said("agent", "10:01:00", "x"),
        said("buyer", "10:02"),
    ]
    chat.take(chat.csv("a.csv", *rows[::-1]))
    assert answers(chat) == [
        ("10:00:00", "10:01:00", "x", None),
        ("10:01:00", "10:01:00", "x", "buyer"),
        ("10:02:00", None, None, "agent"),
    ]


def test_bots_and_the_system_never_answer_and_are_nobody_who_spoke_before(chat):
    rows = [
        said("bot", "09:00", "robot"),
        said("buyer", "10:00"),
        said("bot", "10:00", "robot"),
        said("system", "10:01"),
    ]
    chat.take(chat.csv("a.csv", *rows, said("buyer", "10:02")))
    assert answers(chat) == [("10:00:00", None, None, None), ("10:02:00", None, None, "buyer")]


def test_of_agents_at_one_instant_the_smallest_id_answers_and_the_unnamed_last(chat):
    rows = [said("buyer", "10:00"), *(said("agent", "10:05", agent) for agent in (None, "y", "x"))]
    chat.take(chat.csv("a.csv", *rows))
    assert answers(chat) == [("10:00:00", "10:05:00", "x", None)]
    chat.take(chat.csv("b.csv", said("agent", "10:04"), said("buyer", "10:05")))
    assert answers(chat) == [("10:00:00", "10:04:00", None, None), ("10:05:00", "10:05:00", "x", "agent")]


def test_an_answer_in_another_session_or_to_another_buyer_answers_nothing(chat):
    rows = [
        said("buyer", "10:00", session="c1"),
        said("agent", "10:01", "x", session="c2"),
        said("buyer", "10:00", session="", buyer="b1"),
        said("agent", "10:01", "x", session="", buyer="b2"),
        said("agent", "10:01", "x", session="", buyer="b1", shop="s2"),
    ]
    chat.take(chat.csv("a.csv", *rows))
    assert [row[1] for row in answers(chat)] == [None, None]


def test_without_a_session_a_shop_and_a_buyer_have_one_conversation(chat):
    rows = [said("buyer", "10:00", session="", buyer="b1"), said("agent", "11:00", "x", session="", buyer="b1")]
    chat.take(chat.csv("a.csv", *rows))
    assert answers(chat) == [("10:00:00", "11:00:00", "x", None)]


def test_the_next_day_answers_nothing_and_knows_nothing_of_the_day_before(chat):
    rows = [said("buyer", "23:59:59"), said("agent", "00:00:00", "x", day=3), said("buyer", "00:00:01", day=3)]
    chat.take(chat.csv("a.csv", *rows))
    assert chat.rows("day::VARCHAR", "second", "sender", "answered_at", "previous") == [
        ("2026-03-02", 86399, "buyer", None, None),
        ("2026-03-03", 0, "agent", None, None),
        ("2026-03-03", 1, "buyer", None, "agent"),
    ]


def test_two_messages_of_one_second_are_two_and_stay_two_however_often_they_come(chat):
    twice, once = chat.csv("twice.csv", {}, {}), chat.csv("once.csv", {})
    assert counts(chat.take(once)) == (1, 0, 0, 0)
    assert counts(chat.take(twice)) == (1, 1, 0, 0)
    before = chat.state()
    for files in ([once], [twice], [once, twice], [twice, once, twice]):
        for replace in (False, True):
            if files != [once] or not replace:
                summary = chat.take(*files, replace=replace)
                assert (counts(summary), summary.days) == ((0, summary.read, 0, 0), ())
    assert chat.state() == before
    assert chat.rows("nth") == [(1,), (2,)]
    assert counts(chat.take(once, replace=True)) == (0, 1, 0, 1)


def test_what_differs_in_any_column_is_another_message(chat):
    others = {"shop": "s2", "session": "c", "buyer": "B", "agent": "x", "sender": "bot", "platform": "jd"}
    others["sent_at"] = "2026-03-02T10:00:00.000001+08:00"
    rows = [{}, *({column: value} for column, value in others.items())]
    assert chat.take(chat.csv("a.csv", *rows)).taken == 8
    assert set(chat.rows("nth")) == {(1,)}


def test_all_forms_and_all_cuttings_give_the_same_bytes(new_house):
    rows = [
        said(sender, f"10:{minute:02}:00", agent, session=session, buyer=buyer)
        for minute in range(4)
        for sender, agent in (("buyer", None), ("agent", "x"), ("agent", None), ("bot", "x"))
        for session, buyer in (("c", "b1"), ("", "b1"), ("", "b2"))
    ]
    found = set()
    for form in ("csv", "ndjson", "parquet"):
        house = new_house()
        chat = house.of(MESSAGES)
        parts = [getattr(chat, form)(f"{n}.{form}", *rows[::-1][n::3]) for n in range(3)]
        chat.take(*parts[:2])
        chat.take(parts[2], parts[0])
        found.add((*chat.live().values(), *house.live().values()))
        assert chat.sound() and house.sound()
    assert len(found) == 1


def test_a_day_is_emptied_of_the_shops_in_the_file_alone(chat):
    rows = [said("buyer", "10:00", shop=shop, day=day) for shop in ("s1", "s2") for day in (2, 3)]
    chat.take(chat.csv("a.csv", *rows))
    summary = chat.take(chat.csv("b.csv", said("buyer", "11:00"), said("buyer", "12:00")), replace=True)
    assert counts(summary) == (2, 0, 0, 1)
    found = chat.rows("shop", "day::VARCHAR", "second // 3600")
    assert found == [
        ("s1", "2026-03-02", 11), ("s1", "2026-03-02", 12), ("s1", "2026-03-03", 10),
        ("s2", "2026-03-02", 10), ("s2", "2026-03-03", 10),
    ]  # fmt: skip


def test_nothing_of_a_buyer_is_stored_but_the_seal(chat):
    file = chat.csv("a.csv", {"buyer": "Wang 13800138000", "text": "private words"})
    assert chat.take(file).unknown_columns == ("text",)
    [[buyer]] = chat.rows("buyer")
    assert len(buyer) == 16
    for path in chat.lake.root.rglob("*.parquet"):
        assert b"Wang" not in path.read_bytes() and b"private" not in path.read_bytes()


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"buyer": ""}, "buyer: missing"),
        ({"sender": ""}, "sender: missing"),
        ({"sender": "robot"}, "sender 'robot': not one of buyer, agent, bot, system"),
        ({"sent_at": ""}, "sent_at: missing"),
        ({"sent_at": "soon"}, "sent_at 'soon': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"),
    ],
)
def test_a_bad_message_is_told_and_stops_nobody_else(chat, cells, told):
    assert chat.faults(chat.csv("a.csv", cells, {})) == [f"a.csv:2: {told}"]
    assert len(chat.rows()) == 1


def test_times_are_stored_in_utc_to_the_microsecond(chat):
    chat.take(chat.csv("a.csv", {"sent_at": "2026-03-02T00:30:00.000001"}))
    assert chat.rows("sent_at", "day::VARCHAR") == [(datetime(2026, 3, 1, 16, 30, 0, 1), "2026-03-02")]
