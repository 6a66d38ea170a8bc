"""When something does not work for a while: told once, tried again at growing intervals, told when it works again.

A database that is restarted, a disk that is full, a clock that is wrong: the worker waits for them to mend.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from console.sentences import sentence
from engine.errors import KaoheError
from engine.ledger.database import LedgerError, OutdatedError

LONGEST_PAUSE_S = 60.0
FIRST_PAUSE_S = 1.0

log = logging.getLogger("kaohe.worker")


def kind_of(error: Exception) -> str:
    """What is out of order: errors of one kind are one outage, in whatever words they come."""
    if isinstance(error, LedgerError | DBAPIError):
        return "ledger"
    return type(error).__name__


def reason(error: Exception, language: str) -> str:
    """Why it does not work, in one line and without the statement that was being carried out."""
    if isinstance(error, KaoheError):
        return error.in_language(language)
    said = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(said).split()) or type(error).__name__


@dataclass
class Outages:
    """What does not work at present, for all jobs of a worker. May be told from any thread."""

    language: str
    clock: Callable[[], float] = time.monotonic
    _since: dict[str, float] = field(default_factory=dict)  # kind → when it began
    _of: dict[str, str] = field(default_factory=dict)  # job → the kind that it met last
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def began(self, job: str, error: Exception) -> None:
        """Note that `job` failed; told where no job has failed for that reason before."""
        kind = kind_of(error)
        with self._lock:
            is_new = kind not in self._since
            self._since.setdefault(kind, self.clock())
            self._of[job] = kind
            self._forget_mended()
        if is_new:
            ours = isinstance(error, KaoheError | DBAPIError | OSError)
            why = reason(error, self.language)
            log.warning("%s", sentence("outage", self.language, why=why), exc_info=None if ours else error)

    def ended(self, job: str) -> None:
        """Note that `job` works; told where it had failed, and no other job fails for the same reason."""
        with self._lock:
            if self._of.pop(job, None) is None:
                return
            mended = self._forget_mended()
        for began in mended:
            log.info("%s", sentence("outage over", self.language, n=round(self.clock() - began)))

    def _forget_mended(self) -> list[float]:
        return [self._since.pop(kind) for kind in set(self._since) - set(self._of.values())]


@dataclass
class Patient:
    """A job that is tried again after pauses that double, up to a minute, as long as it fails.

    `outdated` is told of a ledger that another kaohe has migrated: no pause mends that.
    """

    name: str
    unit: Callable[[], object]
    outages: Outages
    clock: Callable[[], float] = time.monotonic
    outdated: Callable[[OutdatedError], object] = lambda _why: None
    _failures: int = 0
    _not_before: float = 0.0

    def __call__(self) -> None:
        """Do one unit, or nothing while it pauses. Never raises."""
        if self._failures and self.clock() < self._not_before:
            return
        try:
            self.unit()
        except OutdatedError as error:
            self.outdated(error)
        except Exception as error:  # noqa: BLE001 — the edge of a thread: whatever it is, the next tick tries again
            self._not_before = self.clock() + min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
            self._failures = min(self._failures + 1, 16)
            self.outages.began(self.name, error)
        else:
            self._failures = 0
            self.outages.ended(self.name)
