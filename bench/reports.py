"""The daily report of 800 shops under all rules, after a month of evidence. `python -m bench reports`.

The ledger is built once in a directory of its own; each report is made in a process of its own, from what use cases
find to the bytes of all workbooks, first without tallies and then with those that are kept.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from bench.generate import generate, generate_ratings
from bench.steps import imported
from console.desk import Desk
from console.reports.about import for_client, for_the_house
from console.reports.daily import daily
from console.reports.files import Written, write_pages, write_tables, write_workbooks
from console.reports.gather import clients_of, daily_facts, look_of
from console.reports.look import LOCAL_ZONE
from console.reports.sheet import Report
from console.settings import load_settings
from engine.assessment.assess import assess_due
from engine.calendar.zones import local_day
from engine.ledger.expectations import Wish
from engine.ledger.registration import ShopRow, register_shops
from engine.progress import silent
from engine.rulebook.platforms import PLATFORMS

SHOPS, CLIENTS, DAYS = 800, 8, 31
MESSAGES = 2_000_000
FIRST = date(2026, 1, 1)
NOW = datetime(2026, 1, 31, 2, 30, tzinfo=UTC)  # half past ten in Shanghai, on the last day of the month
OF_SHOP = ("kuaishou", "pinduoduo", "xiaohongshu")  # by the number of the shop, as the generator has it


def main() -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        _build(home, Path(directory) / "chats")
        print(
            f"{SHOPS} shops of {CLIENTS} clients, {MESSAGES:,} messages of {DAYS} days; load {os.getloadavg()[0]:.1f}"
        )
        print(f"{'':<34}{'rows':>8}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
        cache = home / "cache"
        for name, before in (("cache empty", cache), ("cache warm", None), ("the same again", None)):
            if before is not None:
                shutil.rmtree(before, ignore_errors=True)
            _print(name, home, Path(directory) / "out")


def _print(name: str, home: Path, out: Path) -> None:
    command = [sys.executable, "-m", "bench.reports", str(home), str(out)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"the report ended with {process.returncode}")
        output.seek(0)
        steps = [json.loads(line) for line in output.read().splitlines()]
    print(f"daily report, {name}")
    for step in steps:
        print(f"  {step['step']:<32}{step['rows']:>8,}{step['wall']:>9.2f}{step['cpu']:>9.2f}")
    wall, cpu = sum(s["wall"] for s in steps[:2]), sum(s["cpu"] for s in steps[:2])
    print(
        f"  {'in all, with the workbooks':<32}{'':>8}{wall:>9.2f}{cpu:>9.2f}{usage.ru_maxrss / 1024:>9,.0f}", flush=True
    )


def _build(home: Path, chats: Path) -> None:
    home.mkdir()
    span = (SHOPS, FIRST.isoformat(), DAYS)
    generate(chats / "messages.csv", MESSAGES, *span)
    generate_ratings(chats / "ratings.csv", MESSAGES, *span)
    desk = _desk(home, new=True)
    rows = [
        ShopRow(
            platform=platform,
            shop=f"s{n}",
            alias=f"{PLATFORMS[platform].name.zh}{n}号店",
            client=f"客户{n % CLIENTS}",
            opened_on=FIRST,
            expects=Wish(("messages",), FIRST),
        )
        for n in range(SHOPS)
        for platform in [OF_SHOP[n % len(OF_SHOP)]]
    ]
    with desk.transaction() as session:
        register_shops(session, rows, NOW, "bench")
    for kind in ("messages", "ratings"):
        imported(desk, kind, chats / f"{kind}.csv")
    assess_due(desk.place, list(desk.rulebook.values()), NOW, silent)
    desk.close()


def _desk(home: Path, *, new: bool = False) -> Desk:
    return Desk(load_settings({"KAOHE_HOME": str(home)}, home), makes_home=new)


def _report(home: Path, out: Path) -> None:
    """Make the report as the command does; a line of JSON for each step."""
    desk = _desk(home)
    _ = desk.ledger, desk.rulebook
    with desk.reading() as session:
        look = look_of(session, desk.rulebook, "zh-CN", local_day(NOW, LOCAL_ZONE), NOW)
        clients = clients_of(session)
        found = _timed(
            "found by the use cases",
            lambda: [daily(look, daily_facts(session, desk, desk.rulebook, look, silent, None))],
        )
    report = found[0]
    reports = [for_the_house(look, report), *(for_client(look, report, client) for client in clients)]
    for step, write in (("workbooks", write_workbooks), ("pages", write_pages), ("CSV", write_tables)):
        _timed(step, _writing(write, reports, out))
    desk.close()


def _writing(
    write: Callable[[list[Report], Path], Iterator[Written]], reports: list[Report], out: Path
) -> Callable[[], list[Report]]:
    return lambda: reports if list(write(reports, out)) else []


def _timed(step: str, work: Callable[[], list[Report]]) -> list[Report]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({"step": step, "rows": sum(report.rows for report in made), **took}))
    return made


if __name__ == "__main__":
    _report(Path(sys.argv[1]), Path(sys.argv[2]))
