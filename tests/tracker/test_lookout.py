"""The look at what is overdue and what ends: told once, however many workers look and wherever one of them dies."""

import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from signal import SIGKILL

import pytest
from sqlmodel import select

from engine.ledger.chain import verify
from engine.ledger.database import reading, transaction
from engine.ledger.journal import entries
from engine.ledger.tables import Cursor, Duty, Waiver
from engine.tracker.lookout import AT_ONCE, look_after

NOW = datetime.fromisoformat("2026-03-10T10:00+08:00")
LOOK = """
import os, signal, sys
from datetime import datetime
from itertools import count
from sqlalchemy import event
from engine.ledger.database import open_ledger
from engine.tracker.lookout import look_after
sys.stdin.readline()
engine = open_ledger(sys.argv[1])
die_at, commits = int(sys.argv[3]), count(1)
event.listen(engine, "commit", lambda _: next(commits) == die_at and os.kill(os.getpid(), signal.SIGKILL))
print(sum(look_after(engine, {}, datetime.fromisoformat(sys.argv[2]), "worker").counts.values()), flush=True)
engine.dispose()
"""


def duty(due_at=NOW, **more):
    return Duty(kind="coaching", client="default", opened_at=NOW, due_at=due_at, state="open", doers=[], **more)


def waiver(last_day, state="approved"):
    return Waiver(
        client="default",
        rules=["xiaohongshu.reply-rate"],
        first_day=date(2026, 1, 5),
        last_day=last_day,
        why="down",
        state=state,
        writers=["li"],
        requested_at=NOW,
    )


def put(ledger, *rows):
    with transaction(ledger) as session:
        session.add_all(rows)


def looking(ledger, *die_at):
    """Processes that look as soon as they read a line, one for each number; each is killed at that commit, if any."""
    url = ledger.url.render_as_string(hide_password=False)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return [subprocess.Popen([sys.executable, "-c", LOOK, url, NOW.isoformat(), at], **pipes) for at in die_at]


def told(ledger):
    """(event, object) → how often the journal tells it."""
    with reading(ledger) as session:
        assert verify(session) == []
        return Counter((entry.event, entry.object_id) for entry in entries(session))


def test_what_is_overdue_is_told_once(ledger):
    late, soon = duty(), duty(due_at=NOW + timedelta(microseconds=1))
    put(ledger, late, soon)
    for _ in range(2):
        look_after(ledger, {}, NOW, "worker")
    assert told(ledger) == {("duty.overdue", "D-1"): 1, ("deadline.near", "D-2"): 1}
    assert not look_after(ledger, {}, NOW, "worker")


def test_the_end_of_a_waiver_is_announced_a_week_before_and_then_it_expires(ledger):
    put(ledger, waiver(date(2026, 3, 17)), waiver(date(2026, 3, 18)), waiver(date(2026, 3, 10), state="requested"))
    assert look_after(ledger, {}, NOW, "worker").counts == {"waiver.ending": 1}
    last_evening = datetime.fromisoformat("2026-03-17T23:59+08:00")
    assert look_after(ledger, {}, last_evening, "worker").counts == {"waiver.ending": 1}
    assert look_after(ledger, {}, last_evening + timedelta(minutes=1), "worker").counts == {"waiver.expired": 1}
    assert told(ledger) == {("waiver.ending", "W-1"): 1, ("waiver.ending", "W-2"): 1, ("waiver.expired", "W-1"): 1}


def test_one_that_was_approved_after_its_end_expires_without_being_announced(ledger):
    put(ledger, waiver(date(2026, 3, 9)))
    assert look_after(ledger, {}, NOW, "worker").counts == {"waiver.expired": 1}


def test_workers_that_look_at_the_same_time_tell_everything_once(ledger):
    number = AT_ONCE * 2 + 7
    put(ledger, *(duty() for _ in range(number)), *(waiver(date(2026, 3, 12)) for _ in range(5)))
    workers = looking(ledger, "0", "0", "0")
    for one in workers:
        one.stdin.write("go\n")
        one.stdin.flush()
    done = [int(one.communicate()[0]) for one in workers]
    assert [one.returncode for one in workers] == [0, 0, 0]
    look_after(ledger, {}, NOW, "worker")  # what was locked when the last of them looked
    found = told(ledger)
    assert set(found.values()) == {1}
    assert Counter(name for name, _ in found) == {"duty.overdue": number, "waiver.ending": 5}
    assert sum(done) <= number + 5


@pytest.mark.parametrize("number", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_wherever_a_worker_is_killed_the_next_one_tells_the_rest_once(ledger, number):
    put(ledger, *(duty() for _ in range(AT_ONCE + 3)), waiver(date(2026, 3, 12)))
    (killed,) = looking(ledger, str(number))
    killed.communicate("go\n")
    assert killed.returncode == -SIGKILL
    look_after(ledger, {}, NOW, "worker")
    found = told(ledger)
    assert set(found.values()) == {1}
    assert len(found) == AT_ONCE + 4
    with reading(ledger) as session:
        assert all(d.overdue_at is not None for d in session.exec(select(Duty)))


def test_a_journal_without_violations_is_read_to_its_end(ledger):
    put(ledger, duty())
    look_after(ledger, {}, NOW, "worker")
    look_after(ledger, {}, NOW, "worker")
    with reading(ledger) as session:
        assert session.get_one(Cursor, "duties").batch == 1
