"""The one use case that assesses: due → measure → judge → record. The command line and the worker call it alike."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from engine.assessment import lease
from engine.assessment.booking import book
from engine.assessment.due import DueRun, startable
from engine.assessment.judging import Judgement
from engine.assessment.outcome import Outcome
from engine.assessment.place import Place
from engine.assessment.plan import Plan, bench, chunks, planned
from engine.assessment.recording import Recorded, record
from engine.errors import KaoheError
from engine.judge.reasoner import Reasoner
from engine.ledger import runs
from engine.ledger.database import LedgerError, transaction
from engine.ledger.periods import is_closed, month_of
from engine.progress import Progress
from engine.rulebook.model import Rule

PAUSE_S = 0.2
Judging = Callable[[DueRun], Judgement]
# go_on: to the next run; held: by another process, come back; rests: nothing of this rule may start for a while.
Step = Literal["go_on", "held", "rests"]

_log = logging.getLogger(__name__)


def never() -> bool:
    """No reason to stop."""
    return False


@dataclass(slots=True)
class Assessed:
    """What an assessment did: runs finished, violations too old for a notice, corrections of closed months.

    `missing` are the outcomes of shops whose evidence has not come in time.
    """

    runs: int = 0
    unnotified: int = 0
    booked: int = 0
    missing: list[Outcome] = field(default_factory=list)
    _changed: dict[tuple[str, str, str], Outcome] = field(default_factory=dict)

    @property
    def changed(self) -> list[Outcome]:
        """The outcomes that are new or differ, each as it stands now."""
        return list(self._changed.values())

    def add(self, recorded: Recorded) -> None:
        """Count a finished run in."""
        self.runs += 1
        self.unnotified += recorded.unnotified
        self.booked += recorded.booked
        self.missing += recorded.missing
        self._changed |= {(o.rule.id, o.shop, o.cycle): o for o in recorded.changed}


class AssessmentError(KaoheError):
    """Something could not be assessed. `done` is what was; `failures` are the reasons by rule, the first of each."""

    def __init__(self, failures: dict[str, KaoheError], done: Assessed) -> None:
        self.failures, self.done = failures, done
        self.exit_code = max(why.exit_code for why in failures.values())
        super().__init__(
            "; ".join(f"{rule} was not assessed: {why}" for rule, why in failures.items()),
            zh="；".join(f"{rule} 没有考核：{why.in_language('zh-CN')}" for rule, why in failures.items()),
        )


class FaultError(KaoheError):
    """A fault of kaohe's own, met in one run: it is told as the run's failure, and stops no other."""

    exit_code = 4

    def __init__(self, fault: Exception) -> None:
        self.fault = fault
        what = f"{type(fault).__name__}: {fault}"
        super().__init__(f"internal fault: {what}", zh=f"程序内部错误：{what}")


def assess_due(
    place: Place,
    rules: Sequence[Rule],
    now: datetime,
    progress: Progress,
    until: date | None = None,
    *,
    restate: bool = False,
    patient: bool = False,
    stop: Callable[[], bool] = never,
    finished: Callable[[str, float], object] = lambda _rule, _seconds: None,
    pause: Callable[[float], None] = time.sleep,
    known: Collection[str] | None = None,
) -> Assessed:
    """Assess all that is due at `now` under `rules`, oldest first per rule, up to assessment day `until`.

    Runs that another process holds are waited for: it finishes them, or its lease ends and they are taken over. A run
    that fails again and again is set aside, and the next ones are taken up; with `patient` (a worker, which comes
    again) it rests between its attempts. With `restate` cycles are assessed again whose rule decides otherwise by now.
    `stop` is asked before each run: what is not begun then is left. `finished` is told the rule of each run that was
    done here, and how many seconds it took, with its share of what was measured together. `known` are the ids of all
    rules that there are, where that is certain: runs that were begun under others are put away.

    Raises AssessmentError, after all else is done, if something could not be assessed, and LedgerError at once.
    """
    done = Assessed()
    failures: dict[str, KaoheError] = {}
    if known is not None:
        lease.put_away_forsaken(place, known, now)
    with Reasoner() as reasoner:
        how = _How(place, now, progress, until, restate, patient, stop, finished, reasoner)
        works = [_Work(how, rule, done, failures) for rule in rules]
        while (works := [work for work in works if not work.through()]) and not stop():
            pause(PAUSE_S)
    if failures:
        raise AssessmentError(failures, done)
    return done


@dataclass(frozen=True, slots=True)
class _How:
    """What all rules are assessed with."""

    place: Place
    now: datetime
    progress: Progress
    until: date | None
    restate: bool
    patient: bool
    stop: Callable[[], bool]
    finished: Callable[[str, float], object]
    reasoner: Reasoner


@dataclass(frozen=True, slots=True)
class _Work:
    """What is due under one rule, being done."""

    how: _How
    rule: Rule
    done: Assessed
    failures: dict[str, KaoheError]

    def through(self) -> bool:
        """Do it, oldest first, one at a time; False if another process holds some of it."""
        how = self.how
        if how.stop():
            return True
        try:
            plan = planned(how.place, self.rule, how.now, how.until, how.restate)
        except LedgerError:
            raise
        except KaoheError as error:  # it must not keep the other rules from being assessed
            self.failures.setdefault(self.rule.id, error)
            return True
        for stray in plan.strays:
            lease.put_away(how.place, stray, how.now)
        due = startable(plan.due) if how.patient else plan.due
        before = self.done.runs
        for chunk in chunks(due):
            how.progress("assessing cycles", self.done.runs - before, len(due))
            if (step := self._chunk(plan, chunk)) != "go_on":
                return step == "rests"
        if due:
            how.progress("assessing cycles", len(due), len(due))
        return True

    def _chunk(self, plan: Plan, chunk: Sequence[DueRun]) -> Step:
        """Do runs of one version that are measured together, or one by one where that cannot be done."""
        how, began = self.how, time.monotonic()
        with ExitStack() as stack:
            try:
                judged: Judging = stack.enter_context(bench(how.place, plan, chunk, how.reasoner, how.progress)).judged
            except Exception as error:  # noqa: BLE001 — whatever it is, it must stop no other run
                self._raise_if_lost(error)
                if len(chunk) > 1:  # whose fault it is shows when each is measured by itself
                    return self._each(chunk, lambda run: self._chunk(plan, [run]))
                judged = _refusing(error)
            measured = (time.monotonic() - began) / len(chunk)
            return self._each(chunk, lambda run: self._run(run, judged, plan.read_to, measured))

    def _each(self, chunk: Sequence[DueRun], do: Callable[[DueRun], Step]) -> Step:
        for run in chunk:
            if self.how.stop():
                return "rests"
            if (step := do(run)) != "go_on":
                return step
        return "go_on"

    def _run(self, due: DueRun, judged: Judging, read_to: int, measured: float) -> Step:
        """Claim one run, judge it, record it: until it is done, or has failed as often as it may.

        `measured` are the seconds that its share of measuring took.
        """
        place = self.how.place
        while (claim := lease.claimed(place, due, at_once=not self.how.patient)) is not None:
            began = time.monotonic()
            try:
                with lease.held(place, claim.id):
                    judgement = judged(due)
                with transaction(place.ledger) as session:
                    self._finish(session, claim.id, due, read_to)
                    recorded = self._recorded(session, claim.id, judgement)
            except runs.LostLeaseError:
                return "held"
            except KeyboardInterrupt:  # nobody has to wait for the lease to end
                with suppress(runs.LostLeaseError), transaction(place.ledger) as session:
                    runs.release(session, claim.id, place.owner)
                raise
            except Exception as error:  # noqa: BLE001 — as above
                self._raise_if_lost(error)
                why = error if isinstance(error, KaoheError) else FaultError(error)
                if not self._given_up(claim, why):
                    return "held"
                if claim.attempts >= len(runs.RESTS):
                    return "go_on"  # it is set aside
                if self.how.patient:
                    return "rests"
            else:
                self.done.add(recorded)
                self.how.finished(self.rule.id, measured + time.monotonic() - began)
                return "go_on"
        return "held"

    def _finish(self, session: Session, run_id: int, due: DueRun, read_to: int) -> None:
        version, now = due.version, self.how.now
        runs.keep_version(session, version.sha256, due.rule.id, version.key, due.rule.source_text, now)
        read = due.input, version.key, version.sha256
        runs.finish(session, run_id, self.how.place.owner, *read, now, due.cause, read_to)

    def _recorded(self, session: Session, run_id: int, judgement: Judgement) -> Recorded:
        """Record it, or book it where the month is closed: since the claim, nobody can have closed it."""
        actor, now, cycle = self.how.place.actor, self.how.now, judgement.due.cycle
        if is_closed(session, month_of(cycle.last)):
            return book(session, run_id, judgement, actor, now)
        return record(session, run_id, judgement, actor, now)

    def _given_up(self, claim: runs.Claim, why: KaoheError) -> bool:
        """Note why a run has failed; False if it belongs to another by now."""
        if isinstance(why, FaultError):
            _log.error("run %s of %s", claim.id, self.rule.id, exc_info=why.fault)
        self.failures.setdefault(self.rule.id, why)
        try:
            with transaction(self.how.place.ledger) as session:
                runs.fail(session, claim, self.how.place.owner, str(why))
        except runs.LostLeaseError:
            return False
        return True

    @staticmethod
    def _raise_if_lost(error: Exception) -> None:
        """Where the ledger is out of reach no run is to blame, and none can be done."""
        if isinstance(error, LedgerError | DBAPIError):
            raise error


def _refusing(error: Exception) -> Judging:
    """A judge to whom nothing could be shown: the run fails with the reason."""

    def judged(_due: DueRun) -> Judgement:
        raise error

    return judged
