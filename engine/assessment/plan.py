"""What there is to do under one rule, read from the ledger at one moment; and the table to do it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby

import duckdb

from engine.assessment.due import DueRun, OpenRun, due_runs, stray_runs
from engine.assessment.judging import Judgement, judge_run
from engine.assessment.place import Place
from engine.assessment.standing import clients_of, history_of, live_files, past_runs, registrations
from engine.judge.decide import Judge
from engine.judge.reasoner import Reasoner
from engine.ledger.database import reading
from engine.ledger.day_files import Live
from engine.measure.figures import Workshop, measure
from engine.measure.presence import shops_with_evidence
from engine.measure.tallies import TallyCache
from engine.progress import Progress
from engine.rulebook.model import Rule

CYCLES_AT_ONCE = 60  # measured in one pass; bounds the table of figures


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due under a rule, the open runs that nothing will finish, and the day files that it was planned on."""

    due: tuple[DueRun, ...]
    strays: tuple[OpenRun, ...]
    live: Live


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
    due = due_runs(rule, live, registered, past, now, place.patience)
    return Plan(_until(due, until), tuple(stray_runs(due, past)), live)


def planned_as_known(place: Place, rule: Rule, now: datetime, until: date | None, known_at: datetime) -> Plan:
    """All that would have been due at `now` if nothing were on record but what was known at `known_at`."""
    with reading(place.ledger) as session:
        live = live_files(session, known_at)
        registered = registrations(session, rule.platform, rule.zone, known_at)
    return Plan(_until(due_runs(rule, live, registered, {}, now, place.patience), until), (), live)


def _until(due: Sequence[DueRun], until: date | None) -> tuple[DueRun, ...]:
    return tuple(run for run in due if until is None or run.assessed_on <= until)


class Bench:
    """The figures of a chunk of runs, and the judge of their version: set up once, used for each run."""

    def __init__(
        self,
        place: Place,
        workshop: Workshop,
        con: duckdb.DuckDBPyConnection,
        judge: Judge,
        known_at: datetime | None,
    ) -> None:
        self.place = place
        self._workshop, self._con, self._judge, self._known_at = workshop, con, judge, known_at

    def judged(self, due: DueRun) -> Judgement:
        """One run's result, under the registrations and the history of this moment, or of the one it is known at."""
        with reading(self.place.ledger) as session:
            clients = clients_of(session, due.rule.platform)
            registered = registrations(session, due.rule.platform, due.rule.zone, self._known_at)
            severe = due.version.severity is not None
            history = history_of(session, due.rule.id, due.assessed_on, self._known_at) if severe else {}
        listed = frozenset(r.shop for r in registered if r.listed_from <= due.cycle.first)
        present = partial(shops_with_evidence, self._con, self._workshop, due.rule, due.version, due.cycle)
        return judge_run(self._con, self._judge, due, clients, listed, history, present)


@contextmanager
def bench(
    place: Place,
    live: Live,
    chunk: Sequence[DueRun],
    reasoner: Reasoner,
    progress: Progress,
    known_at: datetime | None = None,
) -> Iterator[Bench]:
    """Measure the cycles of `chunk`, which are of one version, and be ready to judge each of them.

    Raises KaoheError if the rule or its evidence cannot be worked with.
    """
    workshop = Workshop(place.lake, TallyCache(place.cache), live)
    rule, version = chunk[0].rule, chunk[0].version
    with workshop.connection() as con:
        measure(con, workshop, rule, version, [run.cycle for run in chunk], progress)
        with Judge(version, reasoner) as judge:
            yield Bench(place, workshop, con, judge, known_at)
