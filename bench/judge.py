"""Judging: a million rows at 3 % breaches in all, and single cases beside other engines. `python -m bench judge`."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

import duckdb

from bench import ladder
from bench.engines import ENGINES
from engine.evidence.duck import connect
from engine.judge.decide import Judge
from engine.judge.facts import Fact
from engine.judge.subjects import breaches, decide_breaches, screen

ROWS = 1_000_000
BREACHES = 3  # of a hundred
RUNS = 5
TIMES = 100  # that every engine decides the sixty cases
PATIENCE_S = 300


def main() -> None:
    """Measure and print."""
    _whole()
    _cases()


def _whole() -> None:
    """Screen, group, decide and join back, from a table of counters to a table of verdicts with their severities."""
    with connect() as con:
        con.execute(
            "CREATE TABLE figures AS SELECT shop, asked, "
            "CASE WHEN breaks THEN asked * 7 // 10 ELSE asked - asked // 10 END AS answered "
            "FROM (SELECT 's' || i AS shop, (100 + hash(i, 1) % 900)::BIGINT AS asked, "
            f"hash(i) % 100 < {BREACHES} AS breaks FROM range({ROWS}) t(i))"
        )
        breaking = con.execute("SELECT shop, hash(shop) % 60 FROM figures WHERE answered * 5 < asked * 4").fetchall()
        history = {shop: [ladder.CONFIRMED] * (n % ladder.RUNGS) for shop, n in breaking}
        pardons = [Fact.of(kind, reference=f"R{n}") for kind in ("waiver", "exclusion") for n in range(ladder.RUNGS)]
        exempting = {shop: [pardons[n - ladder.RUNGS]] for shop, n in breaking if n >= ladder.RUNGS}
        screening = _median(lambda: screen(con, ladder.VERSION, "figures"))
        found: list[int] = []

        def judge_all() -> None:
            with Judge(ladder.VERSION) as judge:
                screen(con, ladder.VERSION, "figures")
                judged = decide_breaches(judge, breaches(con, ladder.VERSION, "shop"), history, exempting)
            severity = {known: decision.severity or decision.outcome for known, decision in judged.decisions.items()}
            con.execute(
                "CREATE OR REPLACE TEMP TABLE result AS SELECT screened.*, severity FROM screened LEFT JOIN "
                "(SELECT unnest(?::VARCHAR[]) AS shop, unnest(?::VARCHAR[]) AS severity) USING (shop)",
                [list(judged.situations), [severity[known] for known in judged.situations.values()]],
            )
            found.append(len(judged.decisions))

        whole = _median(judge_all)
        _check(con, len(breaking))
    print(
        f"{ROWS:,} rows, {len(breaking):,} breaches, {found[-1]} situations; the median of {RUNS} runs\n"
        f"screened                              {screening:>8.2f} s {ROWS / screening:>13,.0f} rows/s\n"
        f"screened, grouped, decided, joined    {whole:>8.2f} s {ROWS / whole:>13,.0f} rows/s\n",
        flush=True,
    )


def _check(con: duckdb.DuckDBPyConnection, breaches: int) -> None:
    told = con.execute("SELECT count(*), count(severity), count(DISTINCT severity) FROM result").fetchone()
    assert told == (ROWS, breaches, ladder.RUNGS + 1), told


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


@dataclass(frozen=True, slots=True)
class Ran:
    """How far an engine came: cases, seconds, its decisions if it came to the end, and else how it ended."""

    cases: int
    wall: float
    decisions: list[dict[str, Any]] | None
    end: str


def ran(name: str) -> Ran:
    """Let an engine decide all cases again and again, in a process of its own."""
    with tempfile.TemporaryFile("w+") as answers, tempfile.TemporaryFile("w+") as errors:
        command = [sys.executable, "-m", "bench.engines", name, str(TIMES)]
        process = subprocess.Popen(command, stdout=answers, stderr=errors)
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(PATIENCE_S)
        process.wait()
        signal.alarm(0)
        lines = [json.loads(line) for line in _lines(answers) if line.endswith("}")]
        said = _lines(errors)
    last: dict[str, Any] = next((line for line in reversed(lines) if "cases" in line), {"cases": 0, "wall": 0.0})
    decisions = lines[-1].get("decisions") if lines else None
    if process.returncode < 0:
        end = f"ended by {signal.Signals(-process.returncode).name}"
    elif process.returncode > 0:
        end = f"ended with {said[-1][:60] if said else process.returncode}"
    else:
        end = ""
    return Ran(last["cases"], last["wall"], decisions, end)


def _lines(stream: TextIO) -> list[str]:
    stream.seek(0)
    return stream.read().splitlines()


def _cases() -> None:
    print(
        f"{len(ladder.cases())} distinct cases, each decided {TIMES} times and never from memory\n"
        f"{'engine':<40}{'cases':>8}{'cases/s':>9}  decisions"
    )
    expected: list[dict[str, Any]] | None = None
    for name in ENGINES:
        result = ran(name)
        expected = expected or result.decisions  # ours come first
        verdict = result.end or ("the same" if result.decisions == expected else "OTHERS")
        rate = f"{result.cases / result.wall:,.0f}" if result.wall else "-"
        print(f"{name:<40}{result.cases:>8,}{rate:>9}  {verdict}", flush=True)
