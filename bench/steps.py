"""One measured step per process, so that each has its own peak of memory: `python -m bench.steps STEP HOME [FILE]`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from console.desk import Desk
from console.settings import load_settings
from engine.assessment.assess import assess_due
from engine.assessment.due import due_runs
from engine.assessment.plan import CYCLES_AT_ONCE
from engine.assessment.standing import live_files
from engine.evidence.duck import connect, parquet
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.ledger.database import reading
from engine.ledger.day_files import Live
from engine.measure.figures import Workshop, measure
from engine.measure.tallies import TallyCache
from engine.progress import silent

NOW = datetime(2026, 4, 8, tzinfo=UTC)
# What the counters of the five rules need to see of the evidence, and no more: by kind and platform, each once.
NEEDED = {
    "messages": (
        "day",
        "second",
        "shop",
        "session",
        "buyer",
        "agent",
        "sender",
        "sent_at",
        "answered_at",
        "answered_by",
    ),
    "sessions": ("day", "shop", "session", "agent", "opened_by", "first_human_reply_at", "closed_at", "shadowed"),
    "ratings": ("day", "shop", "agent", "score", "reasons", "rated_at"),
}


def import_(desk: Desk, file: Path) -> int:
    """Import the generated files of `file`, a directory; the number of their rows."""
    return sum(imported(desk, kind, file / f"{kind}.csv") for kind in ("messages", "ratings"))


def imported(desk: Desk, kind: str, file: Path) -> int:
    """Import one file; the number of its rows."""
    request = ImportRequest(KINDS[kind], (file,), "bench")
    return import_evidence(desk.ledger, desk.lake_to_write, desk.secret, request, NOW, silent).read


def scan(desk: Desk, _file: Path) -> int:
    """The bare scan: every needed column of every day file is decoded once and nothing is counted but rows."""
    live, lake = _live(desk), desk.lake
    rows = 0
    with connect() as con:
        for kind, columns in NEEDED.items():
            files = [lake.path(*key, generation) for key, generation in live.items() if key[0] == kind]
            sums = ", ".join(f"max({column})" for column in columns)
            row = con.execute(f"SELECT count(*), {sums} FROM {parquet(files)}").fetchone()
            rows += int(row[0]) if row else 0
    return rows


def tally(desk: Desk, _file: Path) -> int:
    """All tallies and figures of all rules and cycles; with a warm cache it is the figures alone. How many figures."""
    live = _live(desk)
    workshop = Workshop(desk.lake, TallyCache(desk.cache), live)
    found = 0
    with connect() as con:
        for rule in desk.rulebook.values():
            due = due_runs(rule, live, [], {}, NOW)
            for start in range(0, len(due), CYCLES_AT_ONCE):
                cycles = [run.cycle for run in due[start : start + CYCLES_AT_ONCE]]
                measure(con, workshop, rule, due[0].version, cycles, silent)
                row = con.execute("SELECT count(*) FROM figures").fetchone()
                found += int(row[0]) if row else 0
    return found


def _live(desk: Desk) -> Live:
    with reading(desk.ledger) as session:
        return live_files(session)


def assess(desk: Desk, _file: Path) -> int:
    """Assess everything that is due, with what the cache holds; the number of verdicts."""
    return len(assess_due(desk.place, list(desk.rulebook.values()), NOW, silent).changed)


STEPS: dict[str, Callable[[Desk, Path], int]] = {"import": import_, "scan": scan, "tally": tally, "assess": assess}


def main() -> None:
    """Run one step and print what it did as JSON; time spent importing Python modules is not in it."""
    step, home, file = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    desk = Desk(load_settings({"KAOHE_HOME": home}, Path(home)))
    desk.makes_home = step == "import"
    _ = desk.ledger, desk.rulebook
    wall, cpu = time.perf_counter(), time.process_time()
    count = STEPS[step](desk, file)
    print(json.dumps({"count": count, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
    desk.close()


if __name__ == "__main__":
    main()
