"""The worker: a clock that asks what is due, assesses it, and lets notices out. Losing a tick is harmless.

APScheduler is only the clock: in memory, with an explicit zone, nothing coalesced away. What is due is read from the
ledger each time, so a worker may be killed, doubled or stopped for weeks.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

from console.desk import Desk
from console.mail import mail_channels
from console.sentences import sentence
from engine.assessment.assess import Assessed, AssessmentError, assess_due
from engine.errors import KaoheError
from engine.ledger.database import OutdatedError, transaction
from engine.ledger.workers import gone, seen
from engine.progress import silent
from engine.rulebook.book import RuleBook
from engine.rulebook.faults import Fault
from notifier.deliver import Delivered, deliver_due
from notifier.plan import Planned, plan_notices

log = logging.getLogger("kaohe.worker")


@dataclass(frozen=True, slots=True)
class Tick:
    """What one look at the ledger led to."""

    assessed: Assessed
    planned: Planned
    delivered: Delivered
    failures: Mapping[str, KaoheError]  # why rules could not be assessed, by rule
    faults: Sequence[Fault]  # of rule files, whose rules are left out until they are mended

    def sentence(self, language: str) -> str:
        """The same in one line."""
        return sentence(
            "ticked",
            language,
            runs=self.assessed.runs,
            changed=len(self.assessed.changed),
            queued=self.planned.queued,
            sent=self.delivered.sent,
            failed=self.delivered.failed,
        )


def tick(desk: Desk, now: datetime) -> Tick:
    """One unit of everything, under the rule files of this moment: a sign of life, what is due, its notices.

    A faulty file leaves out its own rule and a rule that fails stops at itself: neither holds up anything else.
    """
    with transaction(desk.ledger) as session:
        seen(session, desk.owner)
    book, faults = RuleBook.load(desk.settings.rulesets)
    assessed, failures = reconcile(desk, book, now)
    return Tick(assessed, *deliver(desk, book, now), failures, faults)


def reconcile(desk: Desk, book: RuleBook, now: datetime) -> tuple[Assessed, Mapping[str, KaoheError]]:
    """Assess what is due; what was done, and why rules could not be assessed."""
    try:
        return assess_due(desk.place, list(book.values()), now, silent, patient=True), {}
    except AssessmentError as error:
        return error.done, error.failures


def deliver(desk: Desk, book: RuleBook, now: datetime) -> tuple[Planned, Delivered]:
    """Queue the notices of what was found, and send what is due."""
    planned = plan_notices(desk.ledger, book, now, desk.settings.language)
    return planned, deliver_due(desk.ledger, mail_channels(desk), now, desk.owner)


def work(desk: Desk, wait: Callable[[], object]) -> None:
    """Tick until `wait` returns, then let the unit in hand finish.

    Raises OutdatedError when another kaohe has migrated the ledger meanwhile.
    """
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    seconds = int(desk.settings["tick_seconds"])
    scheduler.add_job(
        _logged,
        "interval",
        args=[desk, Told()],
        seconds=seconds,
        next_run_time=datetime.now(UTC),
        id="reconcile and deliver",
    )
    scheduler.start()
    try:
        wait()
    finally:
        scheduler.shutdown(wait=True)
        with transaction(desk.ledger) as session:
            gone(session, desk.owner)


@dataclass
class Told:
    """What was last logged about rules: the same complaint every few seconds would drown all others."""

    complaints: frozenset[str] = frozenset()

    def tell(self, done: Tick, language: str) -> None:
        """Log what is wrong now and was not before."""
        found = [sentence("left out", language, fault=fault) for fault in done.faults]
        found += [
            sentence("not assessed", language, rule=rule, why=why.in_language(language))
            for rule, why in done.failures.items()
        ]
        for complaint in found:
            if complaint not in self.complaints:
                log.warning("%s", complaint)
        self.complaints = frozenset(found)


def _logged(desk: Desk, told: Told) -> None:
    try:
        done = tick(desk, datetime.now(UTC))
        told.tell(done, desk.settings.language)
    except OutdatedError:  # nothing mends this but another program: `work` ends with it
        os.kill(os.getpid(), signal.SIGTERM)
        return
    except KaoheError as error:
        log.warning("%s", error.in_language(desk.settings.language))  # told, and tried again at the next tick
        return
    if done.assessed.runs or done.delivered.sent or done.delivered.failed:
        log.info("%s", done.sentence(desk.settings.language))


def until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
