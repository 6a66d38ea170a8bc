"""Seconds to diagnose a week's violations of many shops in one pass: `python -m bench diagnosis`."""

from __future__ import annotations

import shutil
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from engine.assessment.diagnosed import diagnoses, rostered
from engine.assessment.standing import live_files
from engine.calendar.cycles import cycle_of
from engine.evidence.duck import connect, text
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import KINDS
from engine.evidence.lake import Lake
from engine.ledger.database import open_ledger, reading
from engine.measure.figures import Workshop
from engine.measure.tallies import TallyCache
from engine.progress import silent
from engine.rulebook.book import load_or_refuse

SHOPS, SESSIONS, AGENTS = 800, 1000, 5
RULESETS = Path(__file__).parent.parent / "rulesets" / "xiaohongshu"
NOW = datetime(2026, 3, 11, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
_FORM = "'%Y-%m-%dT%H:%M:%S+08:00'"
_AT = f"TIMESTAMP '{MONDAY}' + to_seconds((hash(i, {{}}) % {7 * 86_400})::BIGINT)"


def main() -> None:
    """Generate a week of sessions and shifts, import them, and diagnose all shops; twice, the second time warm."""
    home = Path(tempfile.mkdtemp(prefix="kaohe-bench-"))
    try:
        _run(home)
    finally:
        shutil.rmtree(home)


def _run(home: Path) -> None:
    ledger, lake = open_ledger(f"sqlite:///{home}/ledger.sqlite"), Lake(home / "lake")
    for kind, query in (("sessions", _sessions()), ("shifts", _shifts())):
        path = home / f"{kind}.csv"
        with connect() as con:
            con.execute(f"COPY ({query}) TO {text(str(path))} (FORMAT csv, HEADER)")
        import_evidence(ledger, lake, bytes(32), ImportRequest(KINDS[kind], (path,), "bench"), NOW, silent)
    rule = load_or_refuse([RULESETS]).rule("xiaohongshu.reply-rate")
    version = rule.version_for(MONDAY)
    assert version is not None
    assert version.cycle is not None
    cycle = cycle_of(version.cycle, MONDAY)
    with reading(ledger) as session:
        live, rosters = live_files(session), rostered(session, rule.platform, cycle)
    workshop = Workshop(lake, TallyCache(home / "cache"), live)
    for run in ("first", "again"):
        began, cpu = time.perf_counter(), time.process_time()
        with workshop.connection() as con:
            found = diagnoses(con, workshop, rule, version, cycle, [f"s{n}" for n in range(SHOPS)], rosters)
        wall, used = time.perf_counter() - began, time.process_time() - cpu
        missed = sum(one.misses or 0 for one in found.values())
        what = f"diagnose {len(found)} shops × {SESSIONS:,} sessions, {missed:,} missed"
        print(f"{what}, {run}: {wall:.2f} s, {used:.2f} CPU s")
    ledger.dispose()


def _sessions() -> str:
    opened = _AT.format(2)
    return f"""SELECT 'xiaohongshu' AS platform, 's' || i % {SHOPS} AS shop, 'c' || i AS session,
        'a' || hash(i, 3) % {AGENTS} AS agent, strftime({opened}, {_FORM}) AS opened_at,
        CASE WHEN hash(i, 4) % 10 < 7 THEN strftime({opened} + INTERVAL 2 MINUTE, {_FORM}) END AS first_human_reply_at,
        strftime({opened} + INTERVAL 20 MINUTE, {_FORM}) AS closed_at FROM range({SHOPS * SESSIONS}) t(i)"""


def _shifts() -> str:
    day = f"DATE '{MONDAY}' + d::INTEGER"
    return f"""SELECT 'xiaohongshu' AS platform, 's' || s AS shop, 'a' || a AS agent,
        ({day})::VARCHAR || 'T09:00:00+08:00' AS starts_at, ({day})::VARCHAR || 'T18:00:00+08:00' AS ends_at,
        'on_duty' AS state FROM range({SHOPS}) x(s), range({AGENTS}) y(a), range(7) z(d)"""
