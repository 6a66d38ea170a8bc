"""Alarms: told once until all is well, after two checks in a row, by however many workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import col, select, update

from console.watch.alarms import Alarms, Complaint, once_on
from engine.ledger.chain import verify
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import entries
from engine.ledger.tables import Cursor, JournalBatch, JournalEntry, Milestone, WorkerSeen
from engine.ledger.workers import seen
from engine.rulebook.model import Text

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
A, B = "host-a:1:aa", "host-b:2:bb"


def complaint(about, words=None, everywhere=False):
    return Complaint(about, Text(f"{words or about}坏了", f"{words or about} is broken"), everywhere)


DISK, LAKE = complaint("disk"), complaint("lake")
LATE = complaint("late run", everywhere=True)


@pytest.fixture
def worker(ledger):
    """Makes workers of this ledger that live."""

    def made(name=A):
        with transaction(ledger) as session:
            seen(session, name)
        return Alarms(ledger, name, "kaohe")

    return made


def told(ledger):
    """(alarm or mended, what it names) in their order."""
    with reading(ledger) as session:
        assert verify(session) == []
        found = [e for e in entries(session) if e.event.startswith("operator.")]
    assert all((e.object_kind, e.object_id, e.actor) == ("worker", "kaohe", "kaohe") for e in found)
    return [
        (e.event.partition(".")[2], " ".join(c["en"].partition(" is")[0] for c in e.payload["after"]["complaints"]))
        for e in found
    ]


def test_what_two_checks_in_a_row_find_is_told_once_and_that_it_is_mended_too(worker, ledger):
    alarms = worker()
    for found in ([DISK], [DISK], [DISK], [], [], []):
        alarms.hear(found, NOW)
    assert told(ledger) == [("alarm", "disk"), ("mended", "disk")]


def test_a_blip_wakes_nobody_in_either_direction(worker, ledger):
    alarms = worker()
    for found in ([DISK], [], [DISK], []):
        alarms.hear(found, NOW)
    assert told(ledger) == []
    for found in ([DISK], [DISK], [], [DISK], [], [DISK]):
        alarms.hear(found, NOW)
    assert told(ledger) == [("alarm", "disk")]


def test_the_journal_tells_each_complaint_in_both_languages(worker, ledger):
    alarms = worker()
    for _ in range(2):
        alarms.hear([DISK], NOW)
    with reading(ledger) as session:
        (entry,) = [e for e in entries(session) if e.event == "operator.alarm"]
    assert entry.payload == {
        "why": None,
        "after": {"complaints": [{"zh-CN": "disk坏了", "en": "disk is broken"}]},
    }


def test_numbers_that_change_make_no_other_complaint(worker, ledger):
    alarms = worker()
    for minutes in range(16, 20):
        alarms.hear([complaint("job deliver", f"deliver for {minutes} minutes")], NOW)
    assert len(told(ledger)) == 1


def test_what_is_wrong_besides_is_told_with_all_else_and_never_again_until_all_is_well(worker, ledger):
    alarms = worker()
    for found in ([DISK], [DISK], [DISK, LAKE], [DISK, LAKE], [LAKE], [LAKE], [LAKE, DISK], [LAKE, DISK]):
        alarms.hear(found, NOW)
    assert told(ledger) == [("alarm", "disk"), ("alarm", "lake disk")]
    for found in ([], [], [DISK], [DISK]):
        alarms.hear(found, NOW)
    assert told(ledger)[2:] == [("mended", "disk lake"), ("alarm", "disk")]


def test_what_every_worker_finds_one_tells(worker, ledger):
    one, other = worker(A), worker(B)
    for _ in range(3):
        one.hear([LATE], NOW)
        other.hear([LATE], NOW)
    assert told(ledger) == [("alarm", "late run")]
    for _ in range(3):
        other.hear([], NOW)
        one.hear([], NOW)
    assert told(ledger)[1:] == [("mended", "late run")]


def test_a_worker_that_is_well_does_not_speak_for_one_that_is_not(worker, ledger):
    ill, well = worker(A), worker(B)
    for _ in range(3):
        ill.hear([DISK], NOW)
        well.hear([], NOW)
    assert told(ledger) == [("alarm", "disk")]
    for _ in range(2):
        ill.hear([], NOW)
    assert told(ledger)[1:] == [("mended", "disk")]


def test_two_workers_of_one_host_tell_of_its_disk_once_and_two_hosts_of_theirs_each(worker, ledger):
    for name, words in (("host-a:1:aa", "disk a"), ("host-a:2:ab", "disk a"), ("host-b:1:ba", "disk b")):
        alarms = worker(name)
        for _ in range(2):
            alarms.hear([complaint("disk", words)], NOW)
    assert told(ledger) == [("alarm", "disk a"), ("alarm", "disk b")]


def test_the_same_words_from_another_host_are_not_told_again(worker, ledger):
    for name in (A, B):
        alarms = worker(name)
        for _ in range(2):
            alarms.hear([complaint("rule file r.yaml")], NOW)
    assert told(ledger) == [("alarm", "rule file r.yaml")]


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_the_complaints_of_a_dead_worker_end_with_it(worker, ledger, how):
    dead = worker(A)
    for _ in range(2):
        dead.hear([DISK], NOW)
    with transaction(ledger) as session:
        here = col(WorkerSeen.worker) == A
        if how == "stopped":
            session.exec(delete(WorkerSeen).where(here))
        else:
            session.exec(update(WorkerSeen).where(here).values(seen_at=datetime.now(UTC) - timedelta(minutes=6)))
    heir = worker(B)
    for _ in range(2):
        heir.hear([], NOW)
    assert told(ledger) == [("alarm", "disk"), ("mended", "disk")]


def test_a_worker_that_is_started_again_on_an_ill_host_says_nothing_new(worker, ledger):
    for name in ("host-a:1:aa", "host-a:2:bb"):
        alarms = worker(name)
        for _ in range(2):
            alarms.hear([DISK], NOW)
        with transaction(ledger) as session:
            session.exec(delete(WorkerSeen).where(col(WorkerSeen.worker) == name))
    assert told(ledger) == [("alarm", "disk")]


def test_workers_that_find_the_same_at_once_tell_it_once(worker, ledger, monkeypatch):
    workers = [worker(f"host-{n}:1:a") for n in range(4)]
    for one in workers:
        one.hear([DISK], NOW)
    all_have_looked = Barrier(len(workers), timeout=30)

    def together(engine):
        all_have_looked.wait()
        return transaction(engine)

    monkeypatch.setattr("console.watch.alarms.transaction", together)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: one.hear([DISK], NOW), workers))
    assert told(ledger) == [("alarm", "disk")]


def test_while_nothing_changes_nothing_is_written(worker, ledger):
    alarms = worker()
    for _ in range(2):
        alarms.hear([DISK], NOW)
    with reading(ledger) as session:
        before = session.exec(select(Milestone.key, Milestone.reached_at)).all()
    assert alarms.hear([DISK], NOW + timedelta(minutes=1)) == []
    with reading(ledger) as session:
        assert session.exec(select(Milestone.key, Milestone.reached_at)).all() == before


def once(ledger, found, name=A, now=NOW):
    """A process that checks once and ends."""
    return Alarms(ledger, once_on(name), "kaohe", once=True).hear(found, now)


def test_processes_that_check_once_tell_what_two_of_them_in_a_row_find_once(ledger):
    for number, found in enumerate(([DISK], [DISK], [DISK], [DISK, LATE], [DISK, LATE], [LATE], [], [], [])):
        once(ledger, found, f"host-a:{number}:x")
    assert told(ledger) == [("alarm", "disk"), ("alarm", "late run disk"), ("mended", "disk late run")]


def test_what_only_every_other_process_finds_is_told_by_none(ledger):
    for found in ([DISK], [], [DISK], [LAKE], []):
        once(ledger, found)
    assert told(ledger) == []


def test_two_hosts_that_check_once_and_a_worker_beside_them_tell_each_thing_once(worker, ledger):
    beside = worker("host-c:1:cc")
    for _ in range(4):
        once(ledger, [complaint("disk", "disk a")], "host-a:1:x")
        once(ledger, [complaint("disk", "disk b")], "host-b:1:x")
        beside.hear([], NOW)
    assert told(ledger) == [("alarm", "disk a"), ("alarm", "disk b disk a")] or told(ledger) == [
        ("alarm", "disk a"),
        ("alarm", "disk b"),
    ]
    for _ in range(3):
        once(ledger, [], "host-a:2:x")
        beside.hear([], NOW)
    assert len(told(ledger)) == 2  # host b suffers still
    for _ in range(2):
        once(ledger, [], "host-b:2:x")
    assert [event for event, _ in told(ledger)] == ["alarm", "alarm", "mended"]


def test_what_a_host_found_that_never_checks_again_ends_after_two_days(worker, ledger):
    for _ in range(2):
        once(ledger, [DISK])
    heir = worker(B)
    for hours, event in ((47, "alarm"), (49, "mended")):
        for _ in range(2):
            heir.hear([], NOW + timedelta(hours=hours))
        assert told(ledger)[-1] == (event, "disk")


@pytest.fixture(scope="module")
def one_ledger(sqlite_template, tmp_path_factory):
    import shutil

    path = tmp_path_factory.mktemp("alarms") / "ledger.sqlite"
    shutil.copy(sqlite_template, path)
    engine = open_ledger(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@settings(deadline=None)
@given(checks=st.lists(st.tuples(st.sampled_from([A, B]), st.sets(st.sampled_from([DISK, LAKE, LATE]))), max_size=24))
def test_whatever_happens_alarms_name_what_was_not_told_and_all_is_well_only_when_it_is(one_ledger, checks):
    with transaction(one_ledger) as session:
        for table in (JournalEntry, JournalBatch, Milestone, Cursor):
            session.exec(delete(table))
        for name in (A, B):
            seen(session, name)
    workers = {name: Alarms(one_ledger, name, "kaohe") for name in (A, B)}
    suffers, last = {A: set(), B: set()}, {A: None, B: None}
    heard = set()
    for name, found in checks:
        events = workers[name].hear(sorted(found, key=lambda c: c.about), NOW)
        if last[name] is not None:
            suffers[name] |= found & last[name]
            for gone in suffers[name] - (found | last[name]):
                suffers[name].discard(gone)
            if LATE not in found | last[name]:  # it is of all
                for one in suffers.values():
                    one.discard(LATE)
        last[name] = set(found)
        assert len(events) <= 1
        for event in events:
            lines = {c["en"] for c in event.payload["after"]["complaints"]}
            if event.event == "operator.alarm":
                assert lines - heard
                heard |= lines
            else:
                assert not any(suffers.values())
                heard = set()
        # Whatever somebody suffers from was told.
        assert {c.text.en for one in suffers.values() for c in one} <= heard
        assert bool(heard) == any(suffers.values())


@settings(deadline=None)
@given(checks=st.lists(st.sets(st.sampled_from([DISK, LAKE, LATE])), max_size=6))
def test_processes_that_check_once_tell_what_one_worker_that_lives_tells(one_ledger, checks):
    def emptied():
        with transaction(one_ledger) as session:
            for table in (JournalEntry, JournalBatch, Milestone, Cursor, WorkerSeen):
                session.exec(delete(table))

    def words(events):
        return [(e.event, e.payload["after"]["complaints"]) for e in events]

    found = [sorted(one, key=lambda c: c.about) for one in checks]
    emptied()
    lives = Alarms(one_ledger, once_on(A), "kaohe")
    expected = [words(lives.hear(one, NOW)) for one in found]
    emptied()
    assert [words(once(one_ledger, one)) for one in found] == expected
