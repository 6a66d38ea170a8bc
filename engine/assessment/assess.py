"""The one use case that assesses: due → measure → judge → record. The command line and the worker call it alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path

import duckdb
from sqlalchemy.engine import Engine

from engine.assessment import lease
from engine.assessment.due import DueRun, OpenRun, due_runs, stray_runs
from engine.assessment.judging import Judgement, judge_run
from engine.assessment.outcome import Outcome
from engine.assessment.recording import Recorded, record
from engine.assessment.standing import clients_of, history_of, live_files, past_runs, registrations
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.judge.decide import Judge
from engine.judge.reasoner import Reasoner
from engine.ledger import runs
from engine.ledger.database import reading, transaction
from engine.ledger.day_files import Live
from engine.measure.figures import Workshop, measure
from engine.measure.presence import shops_with_evidence
from engine.measure.tallies import TallyCache
from engine.progress import Progress
from engine.rulebook.model import Rule

CYCLES_AT_ONCE = 60  # measured in one pass; bounds the table of figures
PAUSE_S = 0.2
REST = timedelta(minutes=1)  # of a run that failed, before a worker takes it up unasked


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation keeps what assessing needs."""

    ledger: Engine
    lake: Lake
    cache: Path
    owner: str  # names this process in leases
    actor: str  # names who is answerable, in the journal
    lease: timedelta = lease.LEASE  # how long a run stays with a process that gives no sign of life


@dataclass(slots=True)
class Assessed:
    """What an assessment did: runs finished, and violations too old for a notice."""

    runs: int = 0
    unnotified: int = 0
    _changed: dict[tuple[str, str, str], Outcome] = field(default_factory=dict)

    @property
    def changed(self) -> list[Outcome]:
        """The outcomes that are new or differ, each as it stands now."""
        return list(self._changed.values())

    def add(self, recorded: Recorded) -> None:
        """Count a finished run in."""
        self.runs += 1
        self.unnotified += recorded.unnotified
        self._changed |= {(o.rule.id, o.shop, o.cycle): o for o in recorded.changed}


class AssessmentError(KaoheError):
    """Some rules could not be assessed. `done` is what was, under the others; `failures` are the reasons by rule."""

    def __init__(self, failures: dict[str, KaoheError], done: Assessed) -> None:
        self.failures, self.done = failures, done
        super().__init__(
            "; ".join(f"{rule} was not assessed: {why}" for rule, why in failures.items()),
            zh="；".join(f"{rule} 没有考核：{why.in_language('zh-CN')}" for rule, why in failures.items()),
        )


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
    Raises AssessmentError, after all else is done, if a rule or its evidence cannot be worked with.
    """
    done = Assessed()
    failures: dict[str, KaoheError] = {}
    with Reasoner() as reasoner:
        waiting = list(rules)
        while waiting:
            held_up = []
            for rule in waiting:
                try:
                    if not _assess_rule(place, rule, now, progress, until, reasoner, done):
                        held_up.append(rule)
                except KaoheError as error:  # it must not keep the other rules from being assessed
                    failures[rule.id] = error
            waiting = held_up
            if waiting:
                pause(PAUSE_S)
    if failures:
        raise AssessmentError(failures, done)
    return done


@dataclass(slots=True)
class Forecast:
    """What assessing would lead to: the outcomes of the `cycles` (rule, cycle) that are due, and rules that fail."""

    outcomes: list[Outcome] = field(default_factory=list)
    cycles: set[tuple[str, str]] = field(default_factory=set)
    failures: dict[str, KaoheError] = field(default_factory=dict)

    def over(self, recorded: Iterable[Outcome]) -> list[Outcome]:
        """What would stand afterwards: the outcomes on record, but for the cycles that are due."""
        return [*self.outcomes, *(o for o in recorded if (o.rule.id, o.cycle) not in self.cycles)]


def forecast_due(
    place: Place, rules: Sequence[Rule], now: datetime, progress: Progress, until: date | None = None
) -> Forecast:
    """What `assess_due` would reckon, with nothing written but the cache."""
    forecast = Forecast()
    with Reasoner() as reasoner:
        for rule in rules:
            try:
                plan = _planned(place, rule, now, until)
                for judgement in _judgements(place, plan, progress, reasoner):
                    forecast.cycles.add((rule.id, judgement.due.cycle.key))
                    forecast.outcomes += judgement.outcomes
            except KaoheError as error:
                forecast.failures[rule.id] = error
    return forecast


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is due under a rule, the open runs that nothing will finish, and the day files that it was planned on."""

    due: list[DueRun]
    strays: list[OpenRun]
    live: Live


def _planned(place: Place, rule: Rule, now: datetime, until: date | None) -> _Plan:
    with reading(place.ledger) as session:
        live = live_files(session)
        registered = registrations(session, rule.platform, rule.zone)
        past = past_runs(session, rule.id)
    due = due_runs(rule, live, registered, past, now)
    return _Plan([run for run in due if until is None or run.assessed_on <= until], stray_runs(due, past), live)


def _assess_rule(
    place: Place,
    rule: Rule,
    now: datetime,
    progress: Progress,
    until: date | None,
    reasoner: Reasoner,
    done: Assessed,
) -> bool:
    """Do what is due under one rule; whether all of it is done, and nothing left that another process holds."""
    plan = _planned(place, rule, now, until)
    for stray in plan.strays:
        lease.put_away(place.ledger, place.owner, place.lease, stray, now)
    if not plan.due:
        return True
    total, before = len(plan.due), done.runs
    workshop = Workshop(place.lake, TallyCache(place.cache), plan.live)
    with workshop.connection() as con:
        for chunk in _chunks(plan.due):
            _measure(con, workshop, chunk, progress)
            with Judge(chunk[0].version, reasoner) as judge:
                for run in chunk:
                    progress("assessing cycles", done.runs - before, total)
                    recorded = _run(place, workshop, con, judge, run, now)
                    if recorded is None:
                        return False  # oldest first, one at a time: what comes later waits, too
                    done.add(recorded)
    progress("assessing cycles", total, total)
    return True


def _run(
    place: Place, workshop: Workshop, con: duckdb.DuckDBPyConnection, judge: Judge, due: DueRun, now: datetime
) -> Recorded | None:
    """Claim one run, judge it, record it; None where another process holds it, or was faster."""
    run_id = lease.claimed(place.ledger, place.owner, place.lease, due)
    if run_id is None:
        return None
    try:
        with lease.held(place.ledger, place.owner, place.lease, run_id):
            judgement = _judged(place, workshop, con, judge, due)
        with transaction(place.ledger) as session:
            version = due.version
            runs.keep_version(session, version.sha256, due.rule.id, version.key, due.rule.source_text, now)
            runs.finish(session, run_id, place.owner, due.input, version.key, version.sha256, now)
            return record(session, run_id, judgement, place.actor, now)
    except runs.LostLeaseError:
        return None
    except (KaoheError, KeyboardInterrupt) as error:  # nobody has to wait for the lease to end
        with suppress(runs.LostLeaseError), transaction(place.ledger) as session:
            runs.fail(session, run_id, place.owner, str(error) or "interrupted", REST)
        raise


def _judgements(place: Place, plan: _Plan, progress: Progress, reasoner: Reasoner) -> list[Judgement]:
    found = []
    workshop = Workshop(place.lake, TallyCache(place.cache), plan.live)
    with workshop.connection() as con:
        for chunk in _chunks(plan.due):
            _measure(con, workshop, chunk, progress)
            with Judge(chunk[0].version, reasoner) as judge:
                found += [_judged(place, workshop, con, judge, run) for run in chunk]
    return found


def _judged(place: Place, workshop: Workshop, con: duckdb.DuckDBPyConnection, judge: Judge, due: DueRun) -> Judgement:
    with reading(place.ledger) as session:
        clients = clients_of(session, due.rule.platform)
        registered = registrations(session, due.rule.platform, due.rule.zone)
        history = history_of(session, due.rule.id, due.assessed_on) if due.version.severity else {}
    listed = frozenset(r.shop for r in registered if r.listed_from <= due.cycle.first)
    present = partial(shops_with_evidence, con, workshop, due.rule, due.version, due.cycle)
    return judge_run(con, judge, due, clients, listed, history, present)


def _chunks(due: Sequence[DueRun]) -> list[list[DueRun]]:
    """Consecutive runs of one version, a bounded number at a time."""
    chunks = []
    for _, same in groupby(due, key=lambda run: run.version.key):
        run_list = list(same)
        chunks += [run_list[i : i + CYCLES_AT_ONCE] for i in range(0, len(run_list), CYCLES_AT_ONCE)]
    return chunks


def _measure(con: duckdb.DuckDBPyConnection, workshop: Workshop, chunk: Sequence[DueRun], progress: Progress) -> None:
    measure(con, workshop, chunk[0].rule, chunk[0].version, [run.cycle for run in chunk], progress)
