"""Imports at the same time: as if one had come after the other, on either database."""

import random

import pytest

from engine.evidence.kinds import KINDS, MESSAGES, SESSIONS
from engine.ledger import journal
from engine.ledger.database import reading

MONDAY, TUESDAY, WEDNESDAY = (f"2026-03-0{day}T10:00:00" for day in (2, 3, 4))


def cut_in(work):
    """A progress that does `work` once, after the first merge has been made and before it is switched to."""
    waiting = [work]

    def progress(step, done, total):
        if step == "writing days" and waiting:
            waiting.pop()()

    return progress


@pytest.fixture
def raced(any_house):
    """Takes `late`; another import takes `early` when the late one has read what is stored."""

    def race(late, early, **options):
        first, second = any_house.csv("early.csv", *early), any_house.csv("late.csv", *late)
        summary = any_house.take(second, progress=cut_in(lambda: any_house.take(first)), **options)
        assert any_house.sound()
        return summary

    return race


def days(house):
    return house.rows("session", "agent", "day::VARCHAR")


def test_who_lost_merges_again_and_nothing_is_lost(any_house, raced):
    any_house.take(any_house.csv("stored.csv", {"session": "a"}))
    raced([{"session": "b"}], [{"session": "c"}])
    assert days(any_house) == [(name, None, "2026-03-02") for name in "abc"]


def test_who_lost_replaces_what_the_other_brought(any_house, raced):
    summary = raced([{"agent": "late"}], [{"agent": "early"}])
    assert (summary.taken, summary.replaced) == (0, 1)
    assert days(any_house) == [("a", "late", "2026-03-02")]


def test_who_lost_finds_that_the_other_brought_the_same(any_house, raced):
    summary = raced([{}], [{}])
    assert (summary.taken, summary.already_there, summary.days) == (0, 1, ())
    assert len(any_house.journal()) == 1


def test_a_session_that_both_bring_new_under_different_days_is_one(any_house, raced):
    """Neither touches the other's day: only what is live as a whole shows that the other was there."""
    summary = raced([{"opened_at": TUESDAY}], [{"opened_at": MONDAY}])
    assert (summary.taken, summary.replaced) == (0, 1)
    assert days(any_house) == [("a", None, "2026-03-03")]


def test_a_session_that_another_import_moves_meanwhile_is_moved_back(any_house, raced):
    any_house.take(any_house.csv("stored.csv", {"opened_at": MONDAY}))
    raced([{"opened_at": MONDAY}, {"session": "b", "opened_at": TUESDAY}], [{"opened_at": WEDNESDAY}])
    assert days(any_house) == [("a", None, "2026-03-02"), ("b", None, "2026-03-03")]


def test_two_imports_that_each_find_a_part_of_theirs_stored_end_as_one_after_the_other(any_house, raced):
    """Each changes the day on which the other finds nothing to change."""
    stored = [{"session": "a", "opened_at": MONDAY}, {"session": "b", "opened_at": TUESDAY}]
    any_house.take(any_house.csv("stored.csv", *stored))
    late = [stored[0], stored[1] | {"agent": "late"}]
    raced(late, [stored[0] | {"agent": "early"}, stored[1]])
    assert days(any_house) == [("a", None, "2026-03-02"), ("b", "late", "2026-03-03")]


def test_a_day_is_emptied_of_what_another_import_has_just_brought(any_house, raced):
    summary = raced([{"session": "b"}], [{"session": "c"}], replace=True)
    assert (summary.taken, summary.removed) == (1, 1)
    assert days(any_house) == [("b", None, "2026-03-02")]


def message(clock, sender="buyer", day=2, **more):
    return {"session": "c", "sender": sender, "sent_at": f"2026-03-{day:02}T{clock}"} | more


@pytest.fixture
def raced_by(any_house):
    """Takes `late` messages or sessions; `early` ones of either kind come when the late one has merged."""

    def race(late_kind, late, early_kind, early, **options):
        late_house, early_house = any_house.of(late_kind), any_house.of(early_kind)
        first, second = early_house.csv("early.csv", *early), late_house.csv("late.csv", *late)
        summary = late_house.take(second, progress=cut_in(lambda: early_house.take(first)), **options)
        assert late_house.sound()
        assert early_house.sound()
        return summary

    return race


def derived(house):
    return house.rows("session", "derived", "shadowed", "opened_by", "strftime(opened_at, '%d %H:%M')")


def test_messages_that_another_import_brought_meanwhile_open_the_session_first(any_house, raced_by):
    """Both derive one row anew, on different days."""
    summary = raced_by(MESSAGES, [message("10:00", day=3)], MESSAGES, [message("10:00", "agent", day=2)])
    assert (summary.taken, summary.already_there) == (1, 0)
    assert derived(any_house) == [("c", True, False, "agent", "02 02:00")]
    assert any_house.of(MESSAGES).rows("day::VARCHAR") == [("2026-03-02",), ("2026-03-03",)]


def test_equal_messages_that_two_bring_at_once_are_one(any_house, raced_by):
    summary = raced_by(MESSAGES, [message("10:00")] * 2, MESSAGES, [message("10:00")])
    assert (summary.taken, summary.already_there) == (1, 1)
    assert any_house.of(MESSAGES).rows("nth") == [(1,), (2,)]


@pytest.mark.parametrize("messages_late", [True, False])
def test_a_session_that_comes_with_its_messages_at_once_shadows_what_they_derive(any_house, raced_by, messages_late):
    """The late one has not seen the other's kind when it merges; the days are not the same either."""
    messages = (MESSAGES, [message("10:00", day=3), message("10:00", session="d", day=3)])
    sessions = (SESSIONS, [{"session": "c", "opened_at": MONDAY}])
    raced_by(*((*messages, *sessions) if messages_late else (*sessions, *messages)))
    assert [row[:3] for row in derived(any_house)] == [("c", False, False), ("c", True, True), ("d", True, False)]


def test_messages_are_derived_again_from_what_another_import_brought_meanwhile(any_house, raced_by):
    any_house.of(MESSAGES).take(any_house.of(MESSAGES).csv("stored.csv", message("09:00", "agent")))
    late = [message("10:00", session="e")]
    raced_by(MESSAGES, late, MESSAGES, [message("08:00", day=4), message("08:30", day=2)], replace=True)
    assert derived(any_house) == [
        ("c", True, False, "buyer", "04 00:00"), ("e", True, False, "buyer", "02 02:00"),
    ]  # fmt: skip


def test_an_import_of_another_platform_disturbs_nobody(any_house):
    first = any_house.csv("early.csv", {"platform": "jd"})
    steps = []

    def progress(step, done, total):
        steps.append((step, done))
        cut(step, done, total)

    cut = cut_in(lambda: any_house.take(first))
    any_house.take(any_house.csv("late.csv", {}), progress=progress)
    assert steps.count(("writing days", 0)) == 1


def test_days_that_nobody_touched_are_not_written_again(any_house):
    """Losing costs the days that were lost, not the whole import."""
    rows = [{"session": str(n), "opened_at": f"2026-03-{n:02}T10:00"} for n in range(1, 11)]
    kept = []
    keep = type(any_house.lake).keep

    class Counting(type(any_house.lake)):
        def keep(self, draft, kind, platform, day):
            kept.append(day.day)
            return keep(self, draft, kind, platform, day)

    other = any_house.csv("early.csv", {"session": "x", "opened_at": "2026-03-04T10:00"})
    plain = any_house.lake
    any_house.lake = Counting(plain.root)

    def early():
        any_house.lake, ours = plain, any_house.lake
        any_house.take(other)
        any_house.lake = ours

    any_house.take(any_house.csv("late.csv", *rows), progress=cut_in(early))
    assert sorted(kept) == sorted([*range(1, 11), 4])
    assert len(any_house.rows()) == 11


def test_a_lost_race_leaves_no_trace_in_the_ledger(any_house, raced):
    raced([{"shop": "s9"}, {"session": "b"}], [{"session": "c"}])
    assert [entry.payload["after"]["taken"] for entry in any_house.journal()] == [1, 2]
    with reading(any_house.ledger) as session:
        assert journal.verify(session) == []


def scripts(house, seed, count):
    """For each of `count` processes a list of imports: few sessions, days and agents, so that they collide."""
    chance = random.Random(seed)

    def row():
        return {
            "session": chance.choice("abcd"),
            "opened_at": chance.choice([MONDAY, TUESDAY, WEDNESDAY]),
            "agent": chance.choice(["x", "y"]),
        }

    def rows():
        found = {row["session"]: row for row in (row() for _ in range(chance.randrange(1, 4)))}
        return list(found.values())

    imports = []
    for process in range(count):
        mine = []
        for turn in range(8):
            replace = chance.random() < 0.2
            file = house.csv(f"{process}-{turn}{'-replace' if replace else ''}.csv", *rows())
            mine.append({"files": [str(file)], "replace": replace})
        imports.append(mine)
    return imports


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_processes_at_once_give_what_they_would_give_one_after_the_other(any_house, new_house, crew, seed):
    """The journal tells the order; the same imports one by one in that order leave the same content and counts."""
    lake = str(any_house.lake.root)
    jobs = [{"ledger": any_house.url, "lake": lake, "imports": i} for i in scripts(any_house, seed, 3)]
    answers = crew(*jobs)
    assert all(len(answer) == 8 for answer in answers)
    assert any_house.sound()
    alone = new_house()
    for entry in any_house.journal():
        said = entry.payload["after"]
        [source] = said["files"]
        summary = alone.take(any_house.folder / source["name"], replace="replace" in source["name"])
        assert (summary.taken, summary.replaced, summary.removed) == (said["taken"], said["replaced"], said["removed"])
    assert alone.live() == any_house.live()
    assert any_house.drafts() == []
    with reading(any_house.ledger) as session:
        assert journal.verify(session) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_messages_and_sessions_at_once_give_what_they_would_give_one_after_the_other(any_house, new_house, crew, seed):
    chance = random.Random(seed)
    chat, lake = any_house.of(MESSAGES), str(any_house.lake.root)

    def row():
        sender, day = chance.choice(["buyer", "agent"]), chance.choice([2, 3])
        return message(f"10:0{chance.randrange(3)}", sender, day, session=chance.choice(["a", "b", ""]))

    jobs = []
    for process in range(3):
        imports = []
        for turn in range(3):
            replace = chance.random() < 0.3
            name = f"{process}-{turn}{'-replace' if replace else ''}.csv"
            if chance.random() < 0.7:
                file, kind = chat.csv(name, *(row() for _ in range(chance.randrange(1, 5)))), "messages"
            else:
                file, kind = any_house.csv(name, {"session": chance.choice("abc"), "opened_at": TUESDAY}), "sessions"
            imports.append({"files": [str(file)], "kind": kind, "replace": replace})
        jobs.append({"ledger": any_house.url, "lake": lake, "imports": imports})
    answers = crew(*jobs)
    assert all(len(answer) == 3 for answer in answers)
    assert any_house.sound()
    assert chat.sound()
    alone = new_house()
    for entry in any_house.journal():
        said = entry.payload["after"]
        [source] = said["files"]
        importer = alone.of(KINDS[entry.object_id])
        summary = importer.take(any_house.folder / source["name"], replace="replace" in source["name"])
        assert (summary.taken, summary.removed) == (said["taken"], said["removed"])
    assert (alone.live(), alone.of(MESSAGES).live()) == (any_house.live(), chat.live())


def test_processes_that_bring_different_shops_of_the_same_days_lose_nothing(any_house, crew):
    jobs = []
    for process in range(3):
        files = [
            any_house.csv(
                f"{process}-{turn}.csv",
                *(
                    {"shop": f"s{process}", "session": f"{turn}-{n}", "opened_at": f"2026-03-{n:02}T10:00"}
                    for n in range(1, 5)
                ),
            )
            for turn in range(5)
        ]
        imports = [{"files": [str(file)]} for file in files]
        jobs.append({"ledger": any_house.url, "lake": str(any_house.lake.root), "imports": imports})
    answers = crew(*jobs)
    assert [[done["taken"] for done in answer] for answer in answers] == [[4] * 5] * 3
    assert len(any_house.rows()) == 3 * 5 * 4
