"""`python -m bench [PART] --size N`: from import to assessment of N messages; or a part (judge, status …) alone."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench import diagnosis, judge, lists, notices, reports, status
from bench.generate import generate, generate_ratings

PARTS = {
    "judge": judge,
    "status": status,
    "lists": lists,
    "reports": reports,
    "diagnosis": diagnosis,
    "notices": notices,
}
RUNS = 5  # of what is quick; the median is printed


@dataclass(frozen=True, slots=True)
class Measured:
    """One step's figures: what it counted, seconds of wall and CPU time, and the peak of its process in MB."""

    count: int
    wall: float
    cpu: float
    peak_mb: float


def measured(step: str, home: Path, file: Path) -> Measured:
    """Run a step in a process of its own."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([sys.executable, "-m", "bench.steps", step, str(home), str(file)], stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"step {step} ended with {process.returncode}")
        output.seek(0)
        found = json.load(output)
    return Measured(found["count"], found["wall"], found["cpu"], usage.ru_maxrss / 1024)


def several(step: str, home: Path, file: Path, before: Path | None = None) -> Measured:
    """The run of median CPU time; `before` is a directory to remove before each run."""
    runs = []
    for _ in range(RUNS):
        if before is not None:
            shutil.rmtree(before, ignore_errors=True)
        runs.append(measured(step, home, file))
    middle = statistics.median(run.cpu for run in runs)
    return next(run for run in runs if run.cpu == middle)


def main() -> None:
    """Generate, measure, print."""
    arguments = argparse.ArgumentParser(prog="bench", description=__doc__)
    arguments.add_argument(
        "part",
        nargs="?",
        choices=list(PARTS),
        help="this part alone (default: all)",
    )
    arguments.add_argument("--size", type=int, default=10_000_000, help="messages (default 10,000,000)")
    arguments.add_argument("--directory", type=Path, default=Path("bench-data"))
    given = arguments.parse_args()
    if given.part:
        PARTS[given.part].main()
        return
    home, file = given.directory / "home", given.directory / f"chats-{given.size}"
    shutil.rmtree(home, ignore_errors=True)
    if not (file / "messages.csv").exists():
        print(f"generating {given.size:,} messages …", flush=True)
        generate_ratings(file / "ratings.csv", given.size)
        generate(file / "messages.csv", given.size)
    cache, written = home / "cache", sum(part.stat().st_size for part in file.iterdir())
    print(
        f"{given.size:,} messages, {written / 1e6:,.0f} MB of CSV; Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}, {os.cpu_count()} cores\n"
        f"{'step':<34}{'count':>12}{'wall s':>9}{'CPU s':>9}{'rows/s':>13}{'peak MB':>9}",
        flush=True,
    )
    _row("import (CSV to day files)", measured("import", home, file), given.size)
    lake = sum(path.stat().st_size for path in (home / "lake").rglob("*.parquet"))
    scan = several("scan", home, file)
    _row("bare scan of the needed columns", scan, given.size)
    tally = several("tally", home, file, before=cache)
    _row("tallies and figures, cache empty", tally, given.size)
    figure = several("tally", home, file)
    _row("figures, cache warm", figure, given.size)
    _row("assess all cycles, cache warm", measured("assess", home, file), given.size)
    print(f"lake: {lake / 1e6:,.0f} MB; tallies / bare scan: {tally.cpu / scan.cpu:.2f} in CPU time\n")
    judge.main()
    status.main()
    lists.main()
    reports.main()
    diagnosis.main()
    notices.main()


def _row(name: str, step: Measured, messages: int) -> None:
    rate = messages / step.wall
    print(
        f"{name:<34}{step.count:>12,}{step.wall:>9.2f}{step.cpu:>9.2f}{rate:>13,.0f}{step.peak_mb:>9,.0f}", flush=True
    )


if __name__ == "__main__":
    main()
