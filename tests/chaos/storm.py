"""The storm: workers that are killed and stopped, outages of all of them, evidence that comes and changes meanwhile."""

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

from tests.chaos.world import DAWN, midnight

WORKERS = 3
LEASE_S = 1.0
KILLS_A_MINUTE, OUTAGES_A_MINUTE, ZOMBIES_A_MINUTE, BROKEN_IMPORTS_A_MINUTE = 66, 6, 8, 6
DAYS_A_SECOND = 0.5


def schedule(seed, seconds):
    """When what happens, by the seed: [(second, what)], ascending."""
    chance = Random(f"{seed} schedule")
    each = {"kill": KILLS_A_MINUTE, "outage": OUTAGES_A_MINUTE, "zombie": ZOMBIES_A_MINUTE}
    each |= {"break import": BROKEN_IMPORTS_A_MINUTE}
    found = []
    for what, per_minute in each.items():
        number = round(per_minute * seconds / 60)
        found += [((n + chance.random()) * seconds / number, what) for n in range(number)]
    return sorted(found)


@dataclass
class Storm:
    """One storm over a world. `place` is what every process is told: ledger, lake, cache, rules, smtp …"""

    world: object
    truth: object
    seconds: float
    nursery: object
    importers: object
    home: Path
    place: dict
    holders: object  # tells who holds a run
    days_a_second: float = DAYS_A_SECOND
    kills: int = 0
    outages: int = 0
    zombies: int = 0
    broken_imports: int = 0
    imports: int = 0
    failures: list = field(default_factory=list)

    def __post_init__(self):
        self.workers = []
        self._names, self._importing, self._over = count(1), None, threading.Event()
        self._chance = Random(f"{self.world.seed} storm")
        self.log = self.home / "log.txt"

    def run(self):
        """All of it; gives the moment from which nothing disturbs any more: the last kill, or the last import."""
        self.begin = time.time()
        clock = {"base": midnight(DAWN).isoformat(), "end": self.world.end.isoformat()}
        self.job = self.place | {
            "clock": clock | {"days": self.days_a_second, "start": self.begin},
            "lease": LEASE_S,
            "log": str(self.log),
        }
        desk = threading.Thread(target=self._desk)
        desk.start()
        self.workers = [self._worker() for _ in range(WORKERS)]
        try:
            for at, what in schedule(self.world.seed, self.seconds):
                time.sleep(max(0, self.begin + at - time.time()))
                getattr(self, "_" + what.replace(" ", "_"))()
        finally:
            self._over.set()
            desk.join()
        return time.time()

    def stop(self):
        for pid in self.workers:
            self._end(pid)
        self.workers = []

    def _worker(self):
        return self.nursery.start("worker", name=f"worker-{next(self._names)}", **self.job)

    def _end(self, pid):
        os.kill(pid, signal.SIGKILL)
        status = self.nursery.wait(pid)
        if status != -signal.SIGKILL:
            self.failures.append(f"a worker had ended by itself with {status}")

    def _victim(self):
        """The place of any worker, but every other time of one that holds a run, if there is one."""
        if self._chance.random() < 0.5:
            holders = [int(owner.split(":")[1]) for owner in self.holders()]
            places = [place for place, pid in enumerate(self.workers) if pid in holders]
            if places:
                return self._chance.choice(places)
        return self._chance.randrange(WORKERS)

    def _kill(self):
        place = self._victim()
        self._end(self.workers[place])
        self.kills += 1
        self.workers[place] = self._worker()

    def _outage(self):
        for pid in self.workers:
            os.kill(pid, signal.SIGKILL)
        for pid in self.workers:
            self.nursery.wait(pid)
        self.kills += WORKERS
        self.outages += 1
        self._break_import()
        time.sleep(self._chance.uniform(0.3, 1.5))
        self.workers = [self._worker() for _ in range(WORKERS)]

    def _zombie(self):
        """One stands still for longer than its lease, others go on and take over, and then it wakes up."""
        victim = self.workers[self._victim()]
        os.kill(victim, signal.SIGSTOP)
        self.zombies += 1

        def wake():
            with suppress(ProcessLookupError):  # it was killed meanwhile
                os.kill(victim, signal.SIGCONT)

        threading.Timer(LEASE_S * self._chance.uniform(1.3, 2.5), wake).start()

    def _break_import(self):
        pid = self._importing
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.broken_imports += 1

    def _desk(self):
        """Brings the evidence as it comes; what was killed or refused is brought again, as a person would."""
        for number, load in enumerate(self.world.loads):
            due = self.begin + (load.at - midnight(DAWN)) / timedelta(days=1) / self.days_a_second
            self._over.wait(max(0, due - time.time()))
            file = self.world.write(load, self.home / f"{number}.csv")
            job = self.job | {"kind": load.kind, "file": str(file), "replace": load.replace}
            for _ in range(50):
                self._importing = self.importers.start("import", **job)
                status = self.importers.wait(self._importing)
                self._importing = None
                if status == 0:
                    break
            else:
                self.failures.append(f"import {number} never came to an end")
                return
            self.truth.accept(self.world, load)
            self.imports += 1
