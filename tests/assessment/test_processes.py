"""Several real processes on one ledger, and processes that are killed: each run is done once, and none by halves."""

import json
import os
import shutil
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from engine.ledger.database import open_ledger
from engine.ledger.tables import Run, Violation

NOW = datetime(2026, 4, 1, tzinfo=UTC)
WEEKS = [f"2026-W{number:02d}" for number in range(2, 14)]
SHOPS = ["s1", "s2", "s3", "s4"]


@pytest.fixture
def evidence(week_of):
    """Twelve weeks of four shops, good ones and bad ones as chance will have it."""

    def rows(seed):
        chance = Random(seed)
        return [row for week in WEEKS for shop in SHOPS for row in week_of(shop, week, chance.choice([5, 9]), 10)]

    return rows


@pytest.fixture
def truth(open_office, tmp_path_factory, sqlite_template, x1, evidence, request):
    """The lines that one undisturbed process would leave behind after evidence of this seed."""

    def lines(seed):
        path = tmp_path_factory.mktemp("truth") / "ledger.sqlite"
        shutil.copy(sqlite_template, path)
        ledger = open_ledger(f"sqlite:///{path}")
        request.addfinalizer(ledger.dispose)
        office = open_office(ledger, [x1])
        office.take(*evidence(seed))
        office.assess(NOW)
        return office.lines()

    return lines


def done_per_cycle(office):
    return Counter(run.cycle for run in office.rows(Run) if run.state == "done")


def test_three_processes_on_one_ledger_do_every_run_once(office, starter, evidence, truth):
    office.take(*evidence(1))
    go = time.time() + 0.3
    started = [starter.start(office, f"worker {n}", NOW, 10, go) for n in range(3)]
    assert [starter.wait(pid) for pid, _ in started] == [0, 0, 0]
    answers = [json.loads(answer.read_text()) for _, answer in started]

    assert done_per_cycle(office) == dict.fromkeys(WEEKS, 1)
    assert {run.state for run in office.rows(Run)} == {"done"}
    assert [sum(numbers) for numbers in zip(*answers, strict=True)] == [len(WEEKS), len(WEEKS) * len(SHOPS)]
    assert [event for event, _, _ in office.events()] == ["violation.opened"] * len(
        office.rows(Violation, state="open")
    )
    assert office.lines() == truth(1)
    assert office.faults() == []


class Assassin:
    """Starts processes and kills them; looks after each killing whether anything was left by halves."""

    def __init__(self, office, starter, chance, lease_s=0.2):
        self.office, self.starter, self.chance, self.lease_s = office, starter, chance, lease_s
        self.kills = self.names = 0

    def start(self):
        self.names += 1
        return self.starter.start(self.office, f"victim {self.names}", NOW, self.lease_s)

    def kill_after(self, seconds, *started):
        time.sleep(seconds)
        for pid, answer in started:
            os.kill(pid, signal.SIGKILL)
            if self.starter.wait(pid) == signal.SIGKILL:
                self.kills += 1
            assert not answer.exists() or json.loads(answer.read_text())
        assert self.office.faults() == []

    def finish(self):
        pid, answer = self.start()
        assert self.starter.wait(pid) == 0
        return json.loads(answer.read_text())


def test_after_any_number_of_killings_the_next_complete_run_leaves_the_undisturbed_truth(
    office, starter, evidence, truth
):
    chance = Random(7)
    assassin = Assassin(office, starter, chance)
    rounds = 0
    while assassin.kills < 25:
        # New evidence every now and then: there is always something to open, to correct, to withdraw, to reopen.
        if rounds % 5 == 0:
            seed = rounds
            office.take(*evidence(seed))
        rounds += 1
        assassin.kill_after(chance.uniform(0.05, 0.5), assassin.start())
    assassin.finish()
    assert office.lines() == truth(seed)
    assert office.faults() == []
    assert assassin.finish() == [0, 0]


@pytest.mark.slow
def test_several_processes_that_are_killed_and_stopped_all_the_time_leave_the_undisturbed_truth(
    office, starter, evidence, truth
):
    chance = Random(11)
    assassin = Assassin(office, starter, chance, lease_s=0.5)
    rounds = 0
    while assassin.kills < 60:
        if rounds % 3 == 0:
            seed = rounds
            office.take(*evidence(seed))
        rounds += 1
        victims = [assassin.start() for _ in range(3)]
        if rounds % 2:  # one of them stands still, for longer than its lease, and goes on
            os.kill(victims[0][0], signal.SIGSTOP)
            time.sleep(chance.uniform(0.3, 1))
            os.kill(victims[0][0], signal.SIGCONT)
        assassin.kill_after(chance.uniform(0.05, 1), *victims)
    assassin.finish()
    assert office.lines() == truth(seed)
    assert assassin.finish() == [0, 0]
    assert office.faults() == []
