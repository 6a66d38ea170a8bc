"""The four jobs of a worker: assess, deliver, ask for receipts, check.

Each is for one thread at a time, and none holds up another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from itertools import chain

from sqlalchemy.exc import DBAPIError

from console.desk import KAOHE, Desk
from console.overdue import overdue_lines
from console.sentences import sentence
from console.settings import short_address
from console.watch.alarms import Alarms, Complaint
from console.watch.clocks import refuse_wrong_clock
from console.watch.metrics import Meters
from console.watch.outages import Outages, Patient
from console.watch.ping import failing, ping
from console.watch.self_check import Pulse, give_sign_of_life, self_check
from console.wording import LEFT_OUT, wording_complaints, wording_faults
from console.worker import (
    Told,
    alarming,
    ask_receipts,
    channel_complaints,
    complaints_of,
    deliver,
    delivered_words,
    look_ahead_of,
    receipt_complaints,
    reconcile,
    unwarned_complaints,
)
from engine.assessment.assess import never
from engine.assessment.look_ahead import LookAhead
from engine.errors import KaoheError
from engine.ledger.database import LedgerError, OutdatedError
from engine.rulebook.book import RuleBook

CHECK_S = RECEIPTS_S = 60

log = logging.getLogger("kaohe.worker")


@dataclass
class Worker:
    """One worker's four jobs, and what they know of each other. Each job is for one thread at a time."""

    desk: Desk
    stop: Callable[[], bool] = never
    ask_to_stop: Callable[[], object] = never
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    meters: Meters = field(default_factory=Meters)
    pulse: Pulse = field(default_factory=Pulse)
    outdated: OutdatedError | None = None
    _rules: Told = field(default_factory=Told)
    _unwarned: Told = field(default_factory=Told)
    _channels: Told = field(default_factory=Told)
    _wording: Told = field(default_factory=Told)
    _check: Told = field(default_factory=Told)
    _ping: Told = field(default_factory=Told)
    _receipts: Told = field(default_factory=Told)
    _ahead: LookAhead | None = None
    _alarms: Alarms | None = None
    _faulty: dict[str, list[Complaint]] = field(default_factory=dict)  # what the other jobs find, for the check to tell
    _steps: set[tuple[str | int, ...]] = field(default_factory=set)  # since a run was finished

    def __post_init__(self) -> None:
        self.outages = Outages(self.desk.settings.language)

    def jobs(self) -> list[tuple[Patient, int]]:
        """The jobs, and after how many seconds each is due again."""
        seconds = int(self.desk.settings["tick_seconds"])
        return [
            (Patient("reconcile", self.reconcile, self.outages, outdated=self.end), seconds),
            (Patient("deliver", self.deliver, self.outages, outdated=self.end), seconds),
            (Patient("receipts", self.receipts, self.outages, outdated=self.end), RECEIPTS_S),
            (Patient("check", self.check, self.outages, outdated=self.end), CHECK_S),
        ]

    def end(self, why: OutdatedError) -> None:
        """Another kaohe has migrated the ledger: nothing mends that but another program."""
        self.outdated = why
        self.ask_to_stop()

    def reconcile(self) -> None:
        """Assess what is due, until all of it is done or somebody says stop."""
        if self.stop():
            return
        desk, language, now = self.desk, self.desk.settings.language, self.now()
        refuse_wrong_clock(desk.ledger, now)
        self._steps.clear()
        book, faults = RuleBook.load(desk.settings.rulesets)
        done, failures = reconcile(desk, book, now, self.stop, self._finished, self._moved, whole=not faults)
        if done.runs:
            log.info("%s", sentence("assessed", language, runs=done.runs, changed=len(done.changed)))
        for line in overdue_lines(done.missing, language):
            log.warning("%s", line)
        self.pulse.beat("reconcile")
        if self._ahead is None:
            self._ahead = look_ahead_of(desk)
        ahead = self._ahead(list(book.values()), now, self.stop, self._moved)
        self._unwarned.tell(unwarned_complaints(ahead.failures, language))
        self._note("rule", "not looked ahead", ahead.failures)
        for why in failures.values():
            if isinstance(why, LedgerError):  # it is not about that rule
                raise why
        complaints = complaints_of(faults, failures, language)
        self._rules.tell(complaints)
        self.pulse.beat("reconcile")
        if not complaints:
            self.meters.ticked("reconcile")

    def deliver(self) -> None:
        """Queue and send what is to be told."""
        if self.stop():
            return
        desk, language, now = self.desk, self.desk.settings.language, self.now()
        refuse_wrong_clock(desk.ledger, now)
        book, _ = RuleBook.load(desk.settings.rulesets)
        planned, done, faults = deliver(desk, book, now, self.stop)
        wording = wording_faults(desk)
        self._wording.tell(wording_complaints(wording, language))
        self._note("words", LEFT_OUT, wording)
        self._channels.tell(channel_complaints(faults, language))
        self._note("channel", "channel left out", faults)
        self.meters.delivered(done)
        if planned.queued or done.sent or done.delayed or done.failed:
            log.info("%s", delivered_words(planned, done, language))
        self._ticked("deliver")

    def receipts(self) -> None:
        """Ask what became of messages that were sent."""
        if self.stop():
            return

        def stop() -> bool:
            self.pulse.beat("receipts")  # asked between two recipients
            return self.stop()

        refuse_wrong_clock(self.desk.ledger, self.now())
        done = ask_receipts(self.desk, self.now(), stop)
        self._receipts.tell(receipt_complaints(done, self.desk.settings.language))
        self._ticked("receipts")

    def check(self) -> None:
        """Give a sign of life, ask whether all is well, and let the dead man's switch know."""
        if self.stop():
            return
        desk, language = self.desk, self.desk.settings.language
        try:
            give_sign_of_life(desk, installed_version("kaohe"))
            refuse_wrong_clock(desk.ledger, self.now())
            found = self_check(desk, self.now(), self.pulse, *RuleBook.load(desk.settings.rulesets))
        except (KaoheError, DBAPIError, OSError):
            self.meters.checked(sound=False)
            self._let_know(sound=False)
            raise
        sound = not found.complaints
        if sound and self._check.complaints:
            log.info("%s", sentence("check mended", language))
        self._check.tell(sentence("check failed", language, what=c.in_language(language)) for c in found.complaints)
        self.meters.checked(sound, found.status)
        self._let_know(sound)
        if self._alarms is None:
            self._alarms = Alarms(desk.ledger, desk.owner, KAOHE)
        self._alarms.hear([*found.alarming, *chain.from_iterable(list(self._faulty.values()))], self.now())
        self._ticked("check")

    def _let_know(self, sound: bool) -> None:
        url, language = self.desk.settings["check_url"], self.desk.settings.language
        if url:
            why = ping(url if sound else failing(url))
            unheard = [sentence("ping unheard", language, url=short_address(url), why=why)] if why else []
            self._ping.tell(unheard)

    def _note(self, what: str, name: str, faults: Mapping[str, KaoheError]) -> None:
        """Keep what is wrong with channels or rules at present; the sentence `name` tells it."""
        self._faulty[what] = alarming(what, name, faults)

    def _finished(self, rule: str, seconds: float) -> None:
        self._steps.clear()
        self.pulse.beat("reconcile")
        self.meters.finished(rule, seconds)

    def _moved(self, *step: str | int) -> None:
        """A step towards a run. The same one again is none: so it goes while another process holds the run."""
        if step not in self._steps:
            self._steps.add(step)
            self.pulse.beat("reconcile")

    def _ticked(self, job: str) -> None:
        self.pulse.beat(job)
        self.meters.ticked(job)
