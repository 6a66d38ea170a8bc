"""Very many small runs: one daily rule under many names, two shops, and a file of evidence for all days."""

import csv
import os
import time
from collections import Counter
from datetime import UTC, date, timedelta
from pathlib import Path
from random import Random

from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.progress import silent
from tests.chaos import findings
from tests.chaos.world import COLUMNS, FIRST, midnight

RUNS = int(os.environ.get("CHAOS_RUNS", "1000"))
DAYS = 100  # of each rule; so many cycles are due at once
SHOPS = ("s1", "s2")
TEMPLATE = Path(__file__).parent / "rules" / "daily-replies.yaml"


class Backlog:
    """An installation in which `runs` runs become due at one instant, `now`."""

    def __init__(self, ledger, url, home, seed, runs=RUNS):
        self.ledger, self.url, self.home, self.seed = ledger, url, home, seed
        self.names = [f"xiaohongshu.daily-{number:03}" for number in range(-(-runs // DAYS))]
        self.now = (midnight(FIRST + timedelta(days=DAYS)) + timedelta(hours=12)).astimezone(UTC)
        self.expected = {}
        (home / "rules").mkdir()
        text = TEMPLATE.read_text(encoding="utf-8")
        for name in self.names:
            changed = text.replace("id: xiaohongshu.daily-replies", f"id: {name}")
            (home / "rules" / f"{name}.yaml").write_text(changed, encoding="utf-8")

    @property
    def runs(self):
        return len(self.names) * DAYS

    def begin(self):
        chance, lines = Random(self.seed), []
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            for shop in SHOPS:
                replied = [chance.random() < 0.7 for _ in range(chance.randint(2, 5))]
                lines += [self._row(shop, day, n, answer) for n, answer in enumerate(replied)]
                verdict = "compliant" if sum(replied) * 10 >= 6 * len(replied) else "violation"
                severity = "minor" if verdict == "violation" else None
                for name in self.names:
                    self.expected[name, shop, day] = (sum(replied), len(replied), verdict, severity)
        file = self.home / "all.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS["sessions"])
            writer.writeheader()
            writer.writerows(lines)
        request = ImportRequest(KINDS["sessions"], (file,), "desk")
        import_evidence(self.ledger, Lake(self.home / "lake"), bytes(32), request, midnight(FIRST), silent)

    def _row(self, shop, day: date, number, replied):
        opened = midnight(day) + timedelta(hours=number)
        reply = (opened + timedelta(minutes=1)).isoformat() if replied else ""
        return dict(
            zip(
                COLUMNS["sessions"],
                ("xiaohongshu", shop, f"{day}-{number}", opened.isoformat(), reply, ""),
                strict=True,
            )
        )

    def job(self, log):
        """What a worker is told: the time stands still at `now`, all is due, no mail."""
        clock = {"base": self.now.isoformat(), "end": self.now.isoformat(), "days": 0, "start": time.time()}
        where = {"ledger": self.url, "lake": str(self.home / "lake"), "cache": str(self.home / "cache")}
        return where | {"rules": [str(self.home / "rules")], "clock": clock, "lease": 2.0, "log": str(log)}

    def wrong(self, log):
        """Everything that is not as it must be."""
        found = findings.standing(self.ledger)
        violations = findings.violations(self.ledger)
        wanted = {key for key, said in self.expected.items() if said[2] == "violation"}
        text = log.read_text() if log.exists() else ""
        return {
            "assessments unlike the truth": [
                f"{key}: {found.get(key)}, not {self.expected.get(key)}"
                for key in sorted(found.keys() | self.expected.keys())
                if found.get(key) != self.expected.get(key)
            ][:20],
            "violations unlike the truth": sorted(violations.keys() ^ wanted)[:20],
            "violations not open": [key for key, (state, *_) in violations.items() if state != "open"],
            "runs lost or doubled": self._runs(),
            "doubled": findings.doubled(self.ledger)[:20],
            "journal": findings.faults_of_journal(self.ledger),
            "tracebacks": [text[text.index("Traceback") :][:3000]] if "Traceback" in text else [],
        }

    def _runs(self):
        with findings.reading(self.ledger) as session:
            runs = session.exec(findings.select(findings.Run)).all()
        times = Counter((run.rule, run.cycle_start) for run in runs if run.state == "done")
        days = [FIRST + timedelta(days=n) for n in range(DAYS)]
        wrong = [f"{name} of {day}: {times[name, day]} times" for name in self.names for day in days
                 if times[name, day] != 1]  # fmt: skip
        return wrong + [f"{run.rule} of {run.cycle} is {run.state}" for run in runs if run.state != "done"]


def done(ledger):
    """How many runs are finished."""
    with findings.reading(ledger) as session:
        return len(session.exec(findings.select(findings.Run.id).where(findings.Run.state == "done")).all())
