"""Several real processes on one ledger, and processes that are killed: each run is done once, and none by halves."""

import json
import os
import shutil
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from random import Random

import pytest

from engine.ledger.database import open_ledger
from engine.ledger.tables import Run, Violation

NOW = datetime(2026, 4, 1, tzinfo=UTC)
WEEKS = [f"2026-W{number:02d}" for number in range(2, 10)]
FIRST = dict.fromkeys(WEEKS, 0)
SHOPS = ["s1", "s2", "s3"]


@pytest.fixture
def evidence(week_of):
    """A week of four shops, good ones and bad ones as the seed will have it; `seeds` maps weeks to their seeds."""

    def rows(seeds):
        chance = {week: Random(f"{week} {seed}") for week, seed in seeds.items()}
        return [row for week in seeds for shop in SHOPS for row in week_of(shop, week, chance[week].choice([5, 9]), 10)]

    return rows


@pytest.fixture
def truth(open_office, tmp_path_factory, sqlite_template, x1, evidence, request):
    """The lines that one undisturbed process would leave behind after this evidence."""

    def lines(seeds):
        path = tmp_path_factory.mktemp("truth") / "ledger.sqlite"
        shutil.copy(sqlite_template, path)
        ledger = open_ledger(f"sqlite:///{path}")
        request.addfinalizer(ledger.dispose)
        office = open_office(ledger, [x1])
        office.take(*evidence(seeds))
        office.assess(NOW)
        return office.lines()

    return lines


def done_per_cycle(office):
    return Counter(run.cycle for run in office.rows(Run) if run.state == "done")


def test_three_processes_on_one_ledger_do_every_run_once(office, starter, evidence, truth):
    office.take(*evidence(FIRST))
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
    assert office.lines() == truth(FIRST)
    assert office.faults() == []


class Assassin:
    """Starts processes and kills them; looks after each killing whether anything was left by halves."""

    def __init__(self, office, starter, lease_s=0.2):
        self.office, self.starter, self.lease_s = office, starter, lease_s
        self.kills = self.names = 0

    def start(self, dies_at=None):
        self.names += 1
        return self.starter.start(self.office, f"victim {self.names}", NOW, self.lease_s, dies_at=dies_at)

    def wait(self, pid):
        status = self.starter.wait(pid)
        assert status in {0, signal.SIGKILL}
        self.kills += status == signal.SIGKILL

    def kill_after(self, seconds, *started):
        time.sleep(seconds)
        for pid, _ in started:
            os.kill(pid, signal.SIGKILL)
            self.wait(pid)
        assert self.office.faults() == []

    def kill_at(self, step, number):
        """Kill one just before a transaction begins or is committed, or before a statement."""
        self.wait(self.start(dies_at=(step, number))[0])
        assert self.office.faults() == []

    def finish(self):
        pid, answer = self.start()
        assert self.starter.wait(pid) == 0
        return json.loads(answer.read_text())


@pytest.mark.slow
def test_after_any_number_of_killings_the_next_complete_run_leaves_the_undisturbed_truth(
    office, starter, evidence, truth
):
    chance, seeds = Random(7), dict(FIRST)
    # Every place within a run, and between two of its transactions; statements anywhere; and any moment at all.
    steps = [*(("begin", n) for n in range(2, 9)), *(("commit", n) for n in range(1, 7))]
    steps += [("before_cursor_execute", n) for n in chance.sample(range(10, 80), 6)]
    steps += [None] * 6
    chance.shuffle(steps)
    office.take(*evidence(seeds))
    assassin = Assassin(office, starter)
    for number, step in enumerate(steps):
        if number % 5 == 4:
            # New evidence in some of the weeks: there is something to correct, to withdraw, to reopen.
            corrected = dict.fromkeys(chance.sample(WEEKS, 3), number)
            seeds |= corrected
            office.take(*evidence(corrected))
        if step:
            assassin.kill_at(*step)
        else:
            assassin.kill_after(chance.uniform(0.05, 0.5), assassin.start())
    while assassin.kills < 25:
        assassin.kill_after(chance.uniform(0, 0.1), assassin.start())
    assassin.finish()
    assert office.lines() == truth(seeds)
    assert office.faults() == []
    assert assassin.finish() == [0, 0]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_several_processes_that_are_killed_and_stopped_all_the_time_leave_the_undisturbed_truth(
    office, starter, evidence, truth
):
    chance, seeds = Random(11), dict(FIRST)
    office.take(*evidence(seeds))
    assassin = Assassin(office, starter, lease_s=0.5)
    for round_ in count():
        victims = [assassin.start() for _ in range(3)]
        if round_ % 2:  # one of them stands still, for longer than its lease, and goes on
            os.kill(victims[0][0], signal.SIGSTOP)
            time.sleep(chance.uniform(0.3, 1))
            os.kill(victims[0][0], signal.SIGCONT)
        assassin.kill_after(chance.uniform(0.05, 1), *victims)
        if assassin.kills >= 60:
            break
        # In every round: whoever finds nothing to do ends by itself before it can be killed.
        corrected = dict.fromkeys(chance.sample(WEEKS, 4), round_)
        seeds |= corrected
        office.take(*evidence(corrected))
    assassin.finish()
    assert office.lines() == truth(seeds)
    assert assassin.finish() == [0, 0]
    assert office.faults() == []
