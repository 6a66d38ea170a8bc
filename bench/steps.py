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
from engine.assessment.standing import live_files
from engine.evidence.duck import connect, parquet
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import SESSIONS
from engine.ledger.database import reading
from engine.measure.figures import Workshop, measure
from engine.measure.tallies import TallyCache
from engine.progress import silent

RULE = "xiaohongshu.reply-rate"
NOW = datetime(2026, 4, 8, tzinfo=UTC)
# What the counters of the rule need to see of a session, and no more.
NEEDED = ("day", "shop", "agent", "opened_by", "first_human_reply_at", "closed_at")


def import_(desk: Desk, file: Path) -> int:
    """Import the generated file; the number of its rows."""
    request = ImportRequest(SESSIONS, (file,), "bench")
    return import_evidence(desk.ledger, desk.lake, desk.secret, request, NOW, silent).read


def scan(desk: Desk, _file: Path) -> int:
    """The bare scan: every needed column of every day file is decoded and nothing is counted but rows."""
    with reading(desk.ledger) as session:
        live = live_files(session)
    files = [desk.lake.path(*key, generation) for key, generation in live.items()]
    sums = ", ".join(f"max({column})" for column in NEEDED)
    with connect() as con:
        row = con.execute(f"SELECT count(*), {sums} FROM {parquet(files)}").fetchone()
    assert row is not None
    return int(row[0])


def tally(desk: Desk, _file: Path) -> int:
    """All tallies and figures of all cycles; with a warm cache it is the figures alone. The number of figures."""
    with reading(desk.ledger) as session:
        live = live_files(session)
    rule = desk.rulebook.rule(RULE)
    due = due_runs(rule, live, [], {}, NOW)
    with connect() as con:
        workshop = Workshop(desk.lake, TallyCache(desk.cache), live)
        measure(con, workshop, rule, due[0].version, [run.cycle for run in due], silent)
        row = con.execute("SELECT count(*) FROM figures").fetchone()
    assert row is not None
    return int(row[0])


def assess(desk: Desk, _file: Path) -> int:
    """Assess everything that is due, with what the cache holds; the number of verdicts."""
    return len(assess_due(desk.place, [desk.rulebook.rule(RULE)], NOW, silent).changed)


STEPS: dict[str, Callable[[Desk, Path], int]] = {"import": import_, "scan": scan, "tally": tally, "assess": assess}


def main() -> None:
    """Run one step and print what it did as JSON; time spent importing Python modules is not in it."""
    step, home, file = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    desk = Desk(load_settings({"KAOHE_HOME": home}, Path(home)))
    _ = desk.ledger, desk.rulebook
    wall, cpu = time.perf_counter(), time.process_time()
    count = STEPS[step](desk, file)
    print(json.dumps({"count": count, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
    desk.close()


if __name__ == "__main__":
    main()
