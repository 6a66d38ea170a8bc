"""The one use case that assesses: due → measure → judge → record. The command line and the worker call it alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

import duckdb
from sqlalchemy.engine import Engine

from engine.assessment.due import DueRun, PastRun, Registration, due_runs
from engine.assessment.judging import Judgement, judge_run
from engine.assessment.outcome import Outcome
from engine.assessment.recording import record
from engine.assessment.standing import clients_of, history_of, live_files, past_runs, registrations
from engine.evidence.duck import connect
from engine.evidence.lake import Lake
from engine.judge.decide import Judge
from engine.judge.reasoner import Reasoner
from engine.ledger import runs
from engine.ledger.database import reading, transaction
from engine.measure.figures import Workshop, measure
from engine.measure.tallies import Live, TallyCache
from engine.progress import Progress
from engine.rulebook.model import Rule

LEASE = timedelta(seconds=10)
CYCLES_AT_ONCE = 60  # measured in one pass; bounds the table of figures
PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation keeps what assessing needs."""

    ledger: Engine
    lake: Lake
    cache: Path
    owner: str  # names this process in leases
    actor: str  # names who is answerable, in the journal


@dataclass(slots=True)
class Assessed:
    """What an assessment did: runs finished, outcomes that are new or differ, violations too old for a notice."""

    runs: int = 0
    changed: list[Outcome] = field(default_factory=list)
    unnotified: int = 0


def assess_due(
    place: Place,
    rules: Sequence[Rule],
    now: datetime,
    progress: Progress,
    until: date | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Assessed:
    """Assess all that is due at `now` under `rules`, oldest first per rule, up to assessment day `until`.

    Runs that another process holds are waited for: it finishes them, or its lease ends and they are taken over.
    """
    done = Assessed()
    with Reasoner() as reasoner:
        while True:
            waiting = False
            for rule in rules:
                waiting |= _assess_rule(place, rule, now, progress, until, reasoner, done)
            if not waiting:
                return done
            pause(PAUSE_S)


def forecast_due(
    place: Place, rules: Sequence[Rule], now: datetime, progress: Progress, until: date | None = None
) -> list[Outcome]:
    """What `assess_due` would reckon, with nothing written but the cache."""
    found: list[Outcome] = []
    with Reasoner() as reasoner:
        for rule in rules:
            due, live = _due(place, rule, now, until)
            for judgement in _judgements(place, due, live, progress, reasoner):
                found += judgement.outcomes
    return found


def _due(place: Place, rule: Rule, now: datetime, until: date | None) -> tuple[list[DueRun], Live]:
    with reading(place.ledger) as session:
        live = live_files(session)
        registered: list[Registration] = registrations(session, rule.platform, rule.zone)
        past: Mapping[str, PastRun] = past_runs(session, rule.id)
    due = due_runs(rule, live, registered, past, now)
    return [run for run in due if until is None or run.assessed_on <= until], live


def _assess_rule(
    place: Place,
    rule: Rule,
    now: datetime,
    progress: Progress,
    until: date | None,
    reasoner: Reasoner,
    done: Assessed,
) -> bool:
    """Do what is due under one rule; whether something is left that another process holds."""
    due, live = _due(place, rule, now, until)
    total, before = len(due), done.runs
    with connect() as con:
        for chunk in _chunks(due):
            _measure(con, place, chunk, live, progress)
            with Judge(chunk[0].version, reasoner) as judge:
                for run in chunk:
                    progress("assessing cycles", done.runs - before, total)
                    if not _run(place, con, judge, run, now, done):
                        return True  # oldest first, one at a time: what comes later waits, too
    if total:
        progress("assessing cycles", total, total)
    return False


def _run(
    place: Place, con: duckdb.DuckDBPyConnection, judge: Judge, due: DueRun, now: datetime, done: Assessed
) -> bool:
    """Claim one run, judge it, record it; False where another process holds it."""
    with transaction(place.ledger) as session:
        run_id = runs.open_run(session, due.rule.id, due.cycle.key, due.cycle.first, due.due_at)
        if runs.claim(session, place.owner, LEASE, run_id) is None:
            return False
    judgement = _judged(place, con, judge, due)
    try:
        with transaction(place.ledger) as session:
            version = due.version
            runs.keep_version(session, version.sha256, due.rule.id, version.key, due.rule.source_text, now)
            runs.finish(session, run_id, place.owner, due.input, version.key, version.sha256, now)
            recorded = record(session, run_id, judgement, place.actor, now)
    except runs.LostLeaseError:
        return False
    done.runs += 1
    done.changed += recorded.changed
    done.unnotified += recorded.unnotified
    return True


def _judgements(
    place: Place, due: Sequence[DueRun], live: Live, progress: Progress, reasoner: Reasoner
) -> list[Judgement]:
    found = []
    with connect() as con:
        for chunk in _chunks(due):
            _measure(con, place, chunk, live, progress)
            with Judge(chunk[0].version, reasoner) as judge:
                found += [_judged(place, con, judge, run) for run in chunk]
    return found


def _judged(place: Place, con: duckdb.DuckDBPyConnection, judge: Judge, due: DueRun) -> Judgement:
    with reading(place.ledger) as session:
        clients = clients_of(session, due.rule.platform)
        registered = registrations(session, due.rule.platform, due.rule.zone)
        history = history_of(session, due.rule.id, due.assessed_on) if due.version.severity else {}
    listed = frozenset(r.shop for r in registered if r.listed_from <= due.cycle.first)
    return judge_run(con, judge, due, clients, listed, history)


def _chunks(due: Sequence[DueRun]) -> list[list[DueRun]]:
    """Consecutive runs of one version, a bounded number at a time."""
    chunks = []
    for _, same in groupby(due, key=lambda run: run.version.key):
        run_list = list(same)
        chunks += [run_list[i : i + CYCLES_AT_ONCE] for i in range(0, len(run_list), CYCLES_AT_ONCE)]
    return chunks


def _measure(
    con: duckdb.DuckDBPyConnection, place: Place, chunk: Sequence[DueRun], live: Live, progress: Progress
) -> None:
    workshop = Workshop(place.lake, TallyCache(place.cache), live)
    measure(con, workshop, chunk[0].rule, chunk[0].version, [run.cycle for run in chunk], progress)
