"""How quick `kaohe status` is with much to do and much on record. `python -m bench status`.

Ten daily rules over 700 days of evidence: 2,000 runs done, with 1,000,000 assessments, and 5,000 due.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from console.desk import Desk
from console.settings import SHIPPED_RULESETS, load_settings
from console.status import status_of
from engine.assessment.due import DueRun, due_runs
from engine.assessment.standing import live_files
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_rows
from engine.ledger.tables import Assessment, DayFile, Run, Subject

RULES, DAYS, DONE_DAYS, SHOPS = 10, 700, 200, 500
FIRST = date(2024, 1, 1)
NOW = datetime(2025, 12, 1, 4, tzinfo=UTC)  # noon of the day on which the last cycle is assessed
LATE = timedelta(minutes=10)
TIMES = 100
COMMANDS = 10
MODEL = SHIPPED_RULESETS / "pinduoduo" / "effective-reply-rate.yaml"


def main() -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        home.mkdir()
        environment = {"KAOHE_HOME": str(home), "KAOHE_RULESETS": str(_rules(Path(directory) / "rules"))}
        desk = Desk(load_settings(environment, Path(directory)), makes_home=True)
        try:
            _print(desk, environment)
        finally:
            desk.close()


def _print(desk: Desk, environment: Mapping[str, str]) -> None:
    assessments = _build(desk)
    found = status_of(desk, NOW, LATE)
    assert (found.due, len(found.late)) == (RULES * (DAYS - DONE_DAYS),) * 2, found
    print(
        f"{found.due:,} runs due, {RULES * DONE_DAYS:,} done, {assessments:,} assessments, SQLite\n"
        f"{'':<42}{'times':>6}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}"
    )
    _row("status_of", TIMES, lambda: status_of(desk, NOW, LATE))
    command = [sys.executable, "-m", "console.cli", "status", "--as-of", NOW.isoformat()]
    surroundings = os.environ | environment

    def whole() -> None:
        code = subprocess.run(command, env=surroundings, stdout=subprocess.DEVNULL, check=False).returncode
        assert code == 1, code

    _row("kaohe status, Python's start included", COMMANDS, whole)


def _row(name: str, times: int, work: Callable[[], object]) -> None:
    taken, busy = [], time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - busy) * 1000 / times  # of this process alone
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    print(f"{name:<42}{times:>6}{p50:>9.0f}{p95:>9.0f}{cpu:>9.0f}", flush=True)


def _rules(directory: Path) -> Path:
    text = MODEL.read_text(encoding="utf-8")
    for number in range(RULES):
        file = directory / "pinduoduo" / f"copy-{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("id: pinduoduo.effective-reply-rate", f"id: pinduoduo.copy-{number}"), "utf-8")
    return directory


def _build(desk: Desk) -> int:
    """Fill the ledger; the number of assessments."""
    with transaction(desk.ledger) as session:
        days = [FIRST + timedelta(n) for n in range(DAYS)]
        insert_rows(session, DayFile, [_day(kind, day) for kind in ("messages", "sessions") for day in days])
        insert_rows(session, Subject, [_shop(number) for number in range(SHOPS)])
    with reading(desk.ledger) as session:
        live = live_files(session)
    return sum(_assess(desk, due_runs(rule, live, [], {}, NOW)[:DONE_DAYS]) for rule in desk.rulebook.values())


def _assess(desk: Desk, done: list[DueRun]) -> int:
    with transaction(desk.ledger) as session:
        insert_rows(session, Run, [_run(run) for run in done])
        numbers = dict(session.exec(select(Run.cycle, Run.id).where(Run.rule == done[0].rule.id)).all())
        for run in done:
            number = numbers[run.cycle.key]
            assert number is not None
            insert_rows(session, Assessment, [_assessment(run, number, shop) for shop in range(1, SHOPS + 1)])
    return len(done) * SHOPS


def _day(kind: str, day: date) -> dict[str, object]:
    generation = f"{kind}{day}".encode().hex().ljust(64, "0")
    return {"kind": kind, "platform": "pinduoduo", "day": day, "generation": generation, "rows": 1, "since": NOW}


def _shop(number: int) -> dict[str, object]:
    return {"key": f"shop:pinduoduo/{number}", "kind": "shop", "platform": "pinduoduo", "external_id": str(number)}


def _run(run: DueRun) -> dict[str, object]:
    cycle, version = run.cycle, run.version
    named = {"rule": run.rule.id, "cycle": cycle.key, "cycle_start": cycle.first, "due_at": run.due_at}
    return named | {"state": "done", "attempts": 1, "version": version.key, "input": run.input, "finished_at": NOW}


def _assessment(run: DueRun, number: int, shop: int) -> dict[str, object]:
    cycle = run.cycle
    return {
        "run_id": number,
        "rule": run.rule.id,
        "version": run.version.key,
        "rule_sha256": run.version.sha256,
        "subject_id": shop,
        "cycle": cycle.key,
        "cycle_start": cycle.first,
        "cycle_end": cycle.last,
        "assessed_on": run.assessed_on,
        "numerator": 80,
        "denominator": 100,
        "verdict": "compliant",
        "recorded_at": NOW,
    }
