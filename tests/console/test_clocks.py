"""Clocks that jump are noticed; one that cannot be right is not worked under."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from sqlmodel import select

from console.desk import desk as desk_of
from console.watch import clockwork
from console.watch.clocks import ClockError, Clocks, Jump, Times, clock_faults, jumps, refuse_wrong_clock
from console.watch.clockwork import keep_watch, timetable
from console.watch.jobs import Worker
from console.watch.stopping import Stop
from engine.ledger import journal
from engine.ledger.database import reading, transaction
from engine.ledger.tables import Assessment, DayFile, Run

BEFORE = Clocks(1_000_000.0, 500.0, 400.0)


@pytest.mark.parametrize(
    ("wall", "elapsed", "running", "found"),
    [
        (1, 1, 1, []),
        (3, 1, 1, []),  # what a time server mends in one go
        (3601, 1, 1, [Jump("clock forward", 3600)]),
        (-3599, 1, 1, [Jump("clock back", 3600)]),
        (28_801, 28_801, 1, [Jump("slept", 28_800)]),
        (61, 61, 61, [Jump("held up", 60)]),
        (-3539, 61, 61, [Jump("clock back", 3600), Jump("held up", 60)]),
    ],
)
def test_a_clock_that_was_set_a_sleep_and_a_stall_are_told_apart(wall, elapsed, running, found):
    after = Clocks(BEFORE.wall + wall, BEFORE.elapsed + elapsed, BEFORE.running + running)
    assert jumps(BEFORE, after, 1) == found


def test_the_clocks_of_this_machine_do_not_jump_by_themselves():
    before = Clocks.now()
    time.sleep(0.01)
    after = Clocks.now()
    assert jumps(before, after, after.running - before.running) == []


def test_after_a_clock_was_set_back_no_job_waits_until_it_has_caught_up(caplog, monkeypatch):
    monkeypatch.setattr(clockwork, "WATCH_S", 0.01)
    worked = threading.Event()
    scheduler = BackgroundScheduler(timezone="UTC")
    an_hour_on = datetime.now(UTC) + timedelta(hours=1)  # when the next tick would come after an hour was set back
    scheduler.add_job(worked.set, "interval", seconds=5, next_run_time=an_hour_on)
    scheduler.start()
    looks = iter([BEFORE, Clocks(BEFORE.wall - 3600, BEFORE.elapsed + 0.01, BEFORE.running + 0.01)])
    stop = Stop()

    def clocks():
        look = next(looks, None)
        if look is None:
            stop.ask()
        return look or Clocks(BEFORE.wall - 3600, BEFORE.elapsed + 0.02, BEFORE.running + 0.02)

    with caplog.at_level("WARNING", logger="kaohe.worker"):
        keep_watch(scheduler, stop, "en", clocks)
    assert worked.wait(30)
    scheduler.shutdown()
    assert [r.getMessage() for r in caplog.records if r.name == "kaohe.worker"] == [
        "the clock was set 3,600 seconds back"
    ]


@pytest.mark.parametrize("jump", ["2026-03-29T00:59:50+00:00", "2026-10-25T00:59:50+00:00"])
def test_where_clocks_are_put_forward_or_back_for_summer_every_tick_still_comes(kaohe, home, monkeypatch, jump):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        kaohe("shops", "add", "xiaohongshu", "s1")
        with desk_of(str(home)) as desk:
            scheduler = timetable(Worker(desk), datetime.fromisoformat(jump))
        for job in scheduler.get_jobs():
            ticks = [datetime.fromisoformat(jump)]
            for _ in range(2000):
                ticks.append(job.trigger.get_next_fire_time(ticks[-1], ticks[-1]))
            assert {(b - a).total_seconds() for a, b in pairwise(ticks)} == {
                60.0 if job.id in {"receipts", "check"} else 5.0
            }
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("database", "last", "count"),
    [(0, None, 0), (0, 59, 0), (0, 61, 1), (0, -3600, 0), (59, 0, 0), (61, 0, 1), (-61, 0, 1), (3600, 3600, 2)],
)
def test_a_minute_is_borne_with_and_no_more(database, last, count):
    ends = None if last is None else NOW + timedelta(seconds=last)
    assert len(clock_faults(Times(NOW, NOW + timedelta(seconds=database), ends))) == count


@pytest.fixture
def written_ahead(kaohe, sessions, home, monkeypatch):
    """An installation whose journal ends an hour ahead of the clock."""
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    with desk_of(str(home)) as desk, monkeypatch.context() as patch:
        ahead = datetime.now(UTC) + timedelta(hours=1)
        patch.setattr(journal, "database_clock", lambda _: ahead)
        with transaction(desk.ledger) as session:
            journal.append(session, ahead, [journal.Event("x", "test.happened", "test", "1")])


def test_the_worker_records_nothing_while_its_clock_is_behind_the_journal(kaohe, english, written_ahead, home):
    said = kaohe("worker", "--once")
    assert said.code == 2
    assert "the last entry of the journal is of" in said.err
    assert "`kaohe worker --trust-clock`" in said.err
    with desk_of(str(home)) as desk:
        with pytest.raises(ClockError):
            Worker(desk).reconcile()
        with pytest.raises(ClockError):
            Worker(desk).deliver()
        with reading(desk.ledger) as session:
            assert [*session.exec(select(Run)), *session.exec(select(Assessment))] == []
    assert kaohe("doctor", "--json").code == 1


def test_the_worker_goes_on_by_itself_once_the_clock_is_past_the_journal(kaohe, written_ahead, home):
    with desk_of(str(home)) as desk:
        later = datetime.now(UTC) + timedelta(hours=1)
        with pytest.raises(ClockError):
            refuse_wrong_clock(desk.ledger, later - timedelta(minutes=2))
        with pytest.raises(ClockError, match="the database's says"):  # past the journal, but not the database's own
            refuse_wrong_clock(desk.ledger, later)


def test_a_person_may_say_that_the_clock_is_right_now(kaohe, english, written_ahead):
    said = kaohe("worker", "--once", "--trust-clock")
    assert said.code == 0
    assert said.out.startswith("1 run, 1 outcome changed")
    (entry,) = [e for e in kaohe("journal", "list", "--json").rows if e["event"] == "clock.trusted"]
    assert entry["payload"]["before"]["journal"] > entry["payload"]["after"]["clock"]
    assert kaohe("worker", "--once").code == 0
    assert kaohe("journal", "verify").code == 0


WRITING = [
    ("shops", "add", "xiaohongshu", "s2"),
    ("assess",),
    ("period", "close", "2026-02"),
    ("evidence", "remove", "--platform", "xiaohongshu", "--shop", "s1", "--why", "wrong shop"),
    ("violations", "record", "V-ABCDEFGH2345", "acknowledged", "--why", "seen"),
]
READING = [("status",), ("assess", "--dry-run"), ("violations", "list"), ("journal", "verify"), ("calendar",)]


@pytest.mark.parametrize("words", WRITING, ids=lambda words: " ".join(words[:2]))
def test_no_command_writes_while_the_clock_is_behind_the_journal(kaohe, english, written_ahead, home, words):
    with desk_of(str(home)) as desk, reading(desk.ledger) as session:
        before = journal.head(session)
    said = kaohe(*words)
    assert said.code == 2
    assert "the last entry of the journal is of" in said.err
    with desk_of(str(home)) as desk, reading(desk.ledger) as session:
        assert journal.head(session) == before
        assert [*session.exec(select(Run)), *session.exec(select(Assessment))] == []


def test_an_import_writes_nothing_while_the_clock_is_behind_the_journal(kaohe, english, written_ahead, sessions, home):
    with desk_of(str(home)) as desk, reading(desk.ledger) as session:
        before = [f.generation for f in session.exec(select(DayFile))]
    said = kaohe("import", str(sessions(90, 100)), "--kind", "sessions")
    assert (said.code, "the last entry of the journal is of" in said.err) == (2, True)
    with desk_of(str(home)) as desk, reading(desk.ledger) as session:
        assert [f.generation for f in session.exec(select(DayFile))] == before


@pytest.mark.parametrize("words", READING, ids=lambda words: " ".join(words[:2]))
def test_what_only_reads_goes_on_while_the_clock_is_behind_the_journal(kaohe, written_ahead, words):
    assert kaohe(*words).code in {0, 1}


def test_what_was_written_behind_the_journal_before_does_not_hide_that_the_clock_is_behind(kaohe, written_ahead, home):
    with desk_of(str(home)) as desk, transaction(desk.ledger) as session:  # as a version without this check would have
        for n in range(3):
            journal.append(session, datetime.now(UTC), [journal.Event("x", "test.happened", "test", str(n))])
    assert kaohe("worker", "--once").code == kaohe("shops", "add", "xiaohongshu", "s2").code == 2
    assert kaohe("worker", "--once", "--trust-clock").code == 0
    assert kaohe("shops", "add", "xiaohongshu", "s2").code == 0
