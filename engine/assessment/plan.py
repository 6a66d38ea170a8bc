"""What there is to do under one rule, read from the ledger at one moment; and the table to do it on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from itertools import groupby

import duckdb

from engine.assessment.due import DueRun, OpenRun, Registration, due_runs, stray_runs
from engine.assessment.judging import Judgement, judge_run
from engine.assessment.place import Place
from engine.assessment.standing import (
    clients_of,
    history_of,
    live_files,
    past_runs,
    registrations,
    waived_of,
    waivers_of,
)
from engine.assessment.waiving import Waived, waived_in
from engine.judge.decide import Judge
from engine.judge.facts import Fact
from engine.judge.reasoner import Reasoner
from engine.judge.subjects import screen
from engine.ledger.database import reading
from engine.ledger.day_files import Live
from engine.ledger.decisions import decided_since
from engine.ledger.journal import head
from engine.measure.figures import Workshop, measure
from engine.measure.presence import shops_with_evidence
from engine.measure.tallies import TallyCache
from engine.progress import Progress
from engine.rulebook.model import PastViolation, Rule

CYCLES_AT_ONCE = 60  # measured in one pass; bounds the table of figures


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due under a rule, the open runs that nothing will finish, and what it was planned on.

    `known_at`: the time of the evidence and decisions that are reckoned from, where it is not the present. `read_to`:
    the last batch of the journal when it was made; what people decide later makes due again what it has a say in.
    """

    due: tuple[DueRun, ...]
    strays: tuple[OpenRun, ...]
    live: Live
    registered: tuple[Registration, ...]
    clients: Mapping[str, str]
    waivers: Mapping[str, Mapping[str, Collection[Fact]]]  # cycle → shop
    waived: tuple[Waived, ...] = ()
    known_at: datetime | None = None
    read_to: int = 0


def chunks(due: Sequence[DueRun]) -> list[tuple[DueRun, ...]]:
    """Consecutive runs of one version, a bounded number at a time."""
    found = []
    for _, same in groupby(due, key=lambda run: run.version.key):
        runs = tuple(same)
        found += [runs[i : i + CYCLES_AT_ONCE] for i in range(0, len(runs), CYCLES_AT_ONCE)]
    return found


def planned(place: Place, rule: Rule, now: datetime, until: date | None, restate: bool = False) -> Plan:
    """What is due under `rule` at `now`, up to assessment day `until`; with `restate` also what it decides anew."""
    with reading(place.ledger) as session:
        live = live_files(session)
        registered = registrations(session, rule.platform, rule.zone)
        past = past_runs(session, rule.id, restate)
        clients = clients_of(session, rule.platform)
        waivers, waived = waivers_of(session, rule.id), waived_of(session, rule)
        read_to = head(session).seq
    due = due_runs(rule, live, registered, past, now, place.patience, waived)
    strays = tuple(stray_runs(due, past, now))
    return Plan(_until(due, until), strays, live, tuple(registered), clients, waivers, waived, read_to=read_to)


def planned_as_known(place: Place, rule: Rule, now: datetime, until: date | None, known_at: datetime) -> Plan:
    """All that would have been due at `now` if nothing were on record but what was known at `known_at`."""
    with reading(place.ledger) as session:
        live = live_files(session, known_at)
        registered = registrations(session, rule.platform, rule.zone, known_at)
        clients = clients_of(session, rule.platform)
        waivers, waived = waivers_of(session, rule.id, known_at), waived_of(session, rule, known_at)
    due = _until(due_runs(rule, live, registered, {}, now, place.patience, waived), until)
    return Plan(due, (), live, tuple(registered), clients, waivers, waived, known_at)


def _until(due: Sequence[DueRun], until: date | None) -> tuple[DueRun, ...]:
    return tuple(run for run in due if until is None or run.assessed_on <= until)


@dataclass(frozen=True, slots=True)
class Bench:
    """The screened figures of a chunk of runs, and the judge of their version: set up once, used for each run."""

    place: Place
    plan: Plan
    workshop: Workshop
    con: duckdb.DuckDBPyConnection
    judge: Judge

    def judged(self, due: DueRun) -> Judgement:
        """One run's result, by the registrations that it was planned on, and the history of this moment."""
        history: Mapping[str, Sequence[PastViolation]] = {}
        concerned: frozenset[str] | None = None
        with reading(self.place.ledger) as session:
            if due.version.severity:
                history = history_of(session, due.rule.id, due.assessed_on, self.plan.known_at)
            if due.cause == "decision":
                concerned = decided_since(session, due.rule.id, due.read_to or 0)
        listed = frozenset(r.shop for r in self.plan.registered if r.lists(due.cycle))
        exempting = {**self.plan.waivers.get(due.cycle.key, {}), **waived_in(self.plan.waived, due.cycle)}
        present = partial(shops_with_evidence, self.con, self.workshop, due.rule, due.version, due.cycle)
        judgement = judge_run(
            self.con,
            self.judge,
            due,
            self.plan.clients,
            listed,
            history,
            present,
            exempting,
        )
        return replace(judgement, concerned=concerned)


@contextmanager
def bench(place: Place, plan: Plan, chunk: Sequence[DueRun], reasoner: Reasoner, progress: Progress) -> Iterator[Bench]:
    """Measure and screen the cycles of `chunk`, runs of one version of a plan, and be ready to judge each of them.

    Raises KaoheError if the rule or its evidence cannot be worked with.
    """
    workshop = Workshop(place.lake, TallyCache(place.cache), plan.live)
    rule, version = chunk[0].rule, chunk[0].version
    with workshop.connection() as con:
        measure(con, workshop, rule, version, [run.cycle for run in chunk], progress)
        con.execute("CREATE OR REPLACE TEMP VIEW of_shops AS SELECT * FROM figures WHERE _grain = 'shop'")
        screen(con, version, "of_shops")
        with Judge(version, reasoner) as judge:
            yield Bench(place, plan, workshop, con, judge)
