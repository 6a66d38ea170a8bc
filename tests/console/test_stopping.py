"""Told to stop: what is in hand is finished, nothing new begins; told twice, the process ends at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from console.desk import desk as desk_of
from console.watch.stopping import Stop
from console.worker import tick
from tests.console.conftest import HEADER

WEEKS = 120  # more than are done before a signal can arrive
WAITING = """
import time
from console.watch.stopping import stop_on_signals
with stop_on_signals() as stop:
    print("ready", flush=True)
    while not stop.wait(60):
        pass
    print("asked", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_asks_and_the_second_ends_the_process_at_once(number):
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == "asked\n"
        process.send_signal(number)
        assert process.wait(timeout=30) == -number


def test_whoever_waits_is_woken_by_the_one_who_asks():
    stop = Stop()
    assert not stop()
    assert not stop.wait(0)
    stop.ask()
    stop.ask()
    assert stop()
    assert stop.wait(3600)
    stop.close()


@pytest.fixture
def many_weeks(tmp_path):
    """A file with one conversation in each of many weeks."""
    mondays = [date(2023, 1, 2) + timedelta(weeks=n) for n in range(WEEKS)]
    lines = [f"xiaohongshu,s1,c{d},b,a1,buyer,{d}T09:00:00,{d}T09:05:00,{d}T10:00:00" for d in mondays]
    path = tmp_path / "weeks.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.timeout(300)
def test_a_worker_that_catches_up_stops_between_two_runs_and_the_next_one_does_the_rest(kaohe, many_weeks, home):
    kaohe("import", str(many_weeks), "--kind", "sessions")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KAOHE_")}
    environment = kept | {"KAOHE_HOME": str(home), "KAOHE_TICK_SECONDS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "console.cli", "worker"], env=environment, stderr=subprocess.PIPE)
    try:
        with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
            while not ledger.execute("SELECT 1 FROM run WHERE state = 'done'").fetchone():
                assert process.poll() is None
                time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        _, told = process.communicate()
    assert b"Traceback" not in told
    left = kaohe("status", "--json").rows[0]
    assert 0 < left["due"] < WEEKS
    assert left["running"] == left["failed"] == 0
    assert left["workers"] == {}
    said = kaohe("worker", "--once")
    assert (said.code, said.out.split()[1]) == (0, str(left["due"]))
    assert kaohe("status", "--json").rows[0]["due"] == 0


def test_a_tick_begins_nothing_once_somebody_has_asked_to_stop(kaohe, sessions, home):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    with desk_of(str(home)) as desk:
        assert tick(desk, datetime(2026, 3, 10, 3, tzinfo=UTC), stop=lambda: True).assessed.runs == 0
        assert tick(desk, datetime(2026, 3, 10, 3, tzinfo=UTC)).assessed.runs == 1
