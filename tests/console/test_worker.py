"""The worker as a real process: it finds what is due, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.desk import desk as desk_of
from console.watch.clockwork import leave
from console.watch.self_check import give_sign_of_life
from engine.ledger.database import reading
from engine.ledger.workers import workers


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KAOHE_")}
    return kept | {"KAOHE_HOME": str(home), "KAOHE_TICK_SECONDS": "1"}


def test_once_does_what_is_due_and_ends(kaohe, english, sessions, home):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe("worker", "--once")
    assert said.code == 0
    assert said.out.startswith("1 run, 1 outcome changed, ")
    assert len(kaohe("violations", "list", "--json").rows) == 1
    assert kaohe("worker", "--once").out.startswith("0 runs, 0 outcomes changed")


def test_what_two_runs_of_once_find_wrong_is_sent_to_whoever_runs_kaohe_by_the_second_and_told_once(
    kaohe, english, home, tmp_path, monkeypatch
):
    kaohe("shops", "add", "xiaohongshu", "s1")
    routes = tmp_path / "routes.toml"
    routes.write_text(
        '[contact.ops]\naddresses = ["ops@example.com"]\n'
        '[[route]]\nname = "ops"\nto = ["ops"]\nevents = ["operator.*"]\n'
    )
    assert kaohe("routes", "apply", str(routes)).code == 0
    monkeypatch.setenv("KAOHE_ALIYUN_SMS_KEY_ID", "its secret is missing")

    def sent():
        return [(n["event"], n["state"]) for n in kaohe("notices", "list", "--json").rows]

    kaohe("worker", "--once")
    assert sent() == []
    for _ in range(2):
        kaohe("worker", "--once")
        assert sent() == [("operator.alarm", "sent")]
    monkeypatch.delenv("KAOHE_ALIYUN_SMS_KEY_ID")
    for expected in (1, 2, 2):
        kaohe("worker", "--once")
        assert len(sent()) == expected
    assert ("operator.mended", "sent") in sent()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_finds_what_arrives_and_stops_when_told(kaohe, sessions, home, number):
    kaohe("shops", "add", "xiaohongshu", "s1")
    command = [sys.executable, "-m", "console.cli", "worker"]
    process = subprocess.Popen(command, env=_environment(home), stderr=subprocess.PIPE)
    try:
        kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
        deadline = time.monotonic() + 60
        while not kaohe("violations", "list", "--json").rows:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert kaohe("status", "--json").rows[0]["workers"]
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        _, told = process.communicate()
    assert b"Traceback" not in told
    assert kaohe("status", "--json").rows[0]["workers"] == {}


def test_status_says_what_is_late(kaohe, english, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe("status", "--as-of", "2026-03-10T10:30+08:00")
    assert said.code == 1
    assert "late: xiaohongshu.reply-rate 2026-W10, due 2026-03-10 10:00:00+08:00" in said.out
    assert kaohe("status", "--as-of", "2026-03-10T10:05+08:00").code == 0
    kaohe("assess", "--as-of", "2026-03-10T10:30+08:00")
    assert kaohe("status", "--as-of", "2026-03-10T10:30+08:00").code == 0


def test_two_processes_of_one_name_do_not_take_each_other_for_themselves(kaohe, home):
    kaohe("shops", "add", "xiaohongshu", "s1")
    with desk_of(str(home)) as one, desk_of(str(home)) as other:
        assert one.owner.rpartition(":")[0] == other.owner.rpartition(":")[0]
        for desk in (one, other):
            give_sign_of_life(desk, "0.1.0")
        leave(one)
        with reading(one.ledger) as session:
            assert [w.worker for w in workers(session)] == [other.owner]
