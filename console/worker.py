"""The worker: a clock that asks what is due, assesses it, and lets notices out. Losing a tick is harmless.

APScheduler is only the clock: in memory, with an explicit zone, nothing coalesced away. What is due is read from the
ledger each time, so a worker may be killed, doubled or stopped for weeks.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

from console.desk import Desk
from console.mail import mail_channels
from console.sentences import sentence
from engine.assessment.assess import Assessed, assess_due
from engine.errors import KaoheError
from engine.ledger.database import transaction
from engine.ledger.workers import gone, seen
from engine.progress import silent
from engine.rulebook.book import RuleBook
from notifier.deliver import Delivered, deliver_due
from notifier.plan import Planned, plan_notices

log = logging.getLogger("kaohe.worker")


@dataclass(frozen=True, slots=True)
class Tick:
    """What one look at the ledger led to."""

    assessed: Assessed
    planned: Planned
    delivered: Delivered

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
    """One unit of everything: a sign of life, what is due, the notices of it, the sending."""
    with transaction(desk.ledger) as session:
        seen(session, desk.owner)
    assessed = reconcile(desk, now)
    return Tick(assessed, *deliver(desk, now))


def reconcile(desk: Desk, now: datetime) -> Assessed:
    """Assess what is due, under today's rule files."""
    book = RuleBook.load(desk.settings.rulesets)[0]  # a faulty file stops its own rule, and `rules check` tells why
    return assess_due(desk.place, list(book.values()), now, silent)


def deliver(desk: Desk, now: datetime) -> tuple[Planned, Delivered]:
    """Queue the notices of what was found, and send what is due."""
    book = RuleBook.load(desk.settings.rulesets)[0]
    planned = plan_notices(desk.ledger, book, now, desk.settings.language)
    return planned, deliver_due(desk.ledger, mail_channels(desk), now, desk.owner)


def work(desk: Desk, wait: Callable[[], object]) -> None:
    """Tick until `wait` returns, then let the unit in hand finish."""
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    seconds = int(desk.settings["tick_seconds"])
    scheduler.add_job(
        _logged,
        "interval",
        args=[desk],
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


def _logged(desk: Desk) -> None:
    try:
        done = tick(desk, datetime.now(UTC))
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
