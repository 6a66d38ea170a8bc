"""The self-check: once a minute the worker asks itself whether it still does what it is for, and lets others know.

It runs beside the work, so that a long catch-up neither hides a worker nor silences the switch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.desk import Desk
from console.doctor.disk import check_disk
from console.doctor.finding import Finding
from console.doctor.lake import check_lake, day_files
from console.sentences import both
from console.status import Status, status_of
from console.watch.alarms import Complaint
from engine.ledger.workers import seen
from engine.rulebook.book import RuleBook
from engine.rulebook.faults import Fault
from engine.rulebook.model import Text

SAMPLE = 20  # day files, the newest, that are looked at each time


@dataclass
class Pulse:
    """When each job of a worker last came to an end, or a step further. May be told from any thread."""

    clock: Callable[[], float] = time.monotonic
    _beats: dict[str, float] = field(default_factory=dict)

    def beat(self, job: str) -> None:
        """`job` has come a step further."""
        self._beats[job] = self.clock()

    def still(self, longer_than: timedelta) -> list[tuple[str, int]]:
        """The jobs that have not moved for so long, and for how many minutes each."""
        now = self.clock()
        idle = {job: now - beat for job, beat in sorted(self._beats.items())}
        return [(job, int(seconds // 60)) for job, seconds in idle.items() if seconds > longer_than.total_seconds()]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a self-check found: what is wrong, and how things stand.

    `alarming` is the same for whoever does not read the log: each under a name that stays while its numbers change.
    """

    complaints: tuple[Text, ...]
    status: Status
    alarming: tuple[Complaint, ...] = ()


def give_sign_of_life(desk: Desk, version: str) -> None:
    """Note in the ledger that this worker lives. Raises LedgerError or DBAPIError where the ledger does not answer."""
    with desk.transaction() as session:
        seen(session, desk.owner, version)


def self_check(desk: Desk, now: datetime, pulse: Pulse, book: RuleBook, faults: Sequence[Fault]) -> Checked:
    """Ask everything once; `faults` are those of the rule files that `book` lacks.

    Raises LedgerError or DBAPIError where the ledger does not answer.
    """
    with desk.reading() as session:
        files = day_files(session, newest=SAMPLE)
    findings = [*check_lake(desk.lake, files), *check_disk([desk.home, desk.settings.lake])]
    status = status_of(desk, now, desk.settings.late_after, book)
    still = pulse.still(desk.settings.late_after)
    complaints = [
        *_wrong(findings),
        *(both("faulty rules", n=len(faults)) for _ in faults[:1]),  # which ones stands in the log already
        *(both("still", job=job, n=minutes) for job, minutes in still),
        *([both("something late")] if status.late else []),  # what it is changes as it is caught up with
    ]
    return Checked(tuple(complaints), status, tuple(_alarming(findings, faults, still, status)))


def _alarming(
    findings: Sequence[Finding], faults: Sequence[Fault], still: Sequence[tuple[str, int]], status: Status
) -> Iterator[Complaint]:
    for found in findings:
        if found.level == "wrong":
            yield Complaint(f"found {found.subject}", _words(found))
    for path in dict.fromkeys(fault.path for fault in faults):
        first = next(fault for fault in faults if fault.path == path)
        yield Complaint(f"rule file {path}", both("left out", fault=first))
    for job, minutes in still:
        yield Complaint(f"job {job}", both("still", job=job, n=minutes))
    late = [one for one in status.late if not one.own]
    for kind in dict.fromkeys(one.kind for one in late):
        alike = [one for one in late if one.kind == kind]
        said = both("and more", what=alike[0], n=len(alike) - 1) if len(alike) > 1 else alike[0]
        yield Complaint(kind, said, everywhere=True)


def _wrong(findings: Sequence[Finding]) -> list[Text]:
    return [_words(f) for f in findings if f.level == "wrong"]


def _words(finding: Finding) -> Text:
    return Text(finding.line("zh-CN"), finding.line("en"))
