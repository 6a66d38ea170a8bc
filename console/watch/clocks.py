"""Clocks that jump: noticed, told, and never worked under while they lie behind what is on record.

Three clocks of one host, held against each other, tell a clock that was set from a machine that slept and from a
process that was held up. None of it loses anything: what is due is read from the ledger.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlmodel import Session, col, func, select

from console.local_time import local_time
from engine.errors import KaoheError
from engine.ledger import journal
from engine.ledger.database import READING, reading, transaction
from engine.ledger.dialects import database_clock
from engine.ledger.tables import JournalBatch, JournalEntry

TOLERANCE = timedelta(minutes=1)  # between two clocks, and between a clock and what it wrote before
LOOKED_AT = 200  # of the last batches of the journal
TOLD_FROM_S = 10.0  # anything less is told by nobody and harms nothing


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds on three clocks at one moment.

    `wall` is the time of day, which may be set. `elapsed` never jumps; `running` does not go on while the machine
    sleeps.
    """

    wall: float
    elapsed: float
    running: float

    @staticmethod
    def now() -> Clocks:
        """What they show. Where a system has no clock that goes on in its sleep, a sleep looks like a clock set."""
        running = time.monotonic()
        elapsed = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else running
        return Clocks(time.time(), elapsed, running)


JumpKind = Literal["clock forward", "clock back", "slept", "held up"]


@dataclass(frozen=True, slots=True)
class Jump:
    """Something that the clocks tell happened, and how many seconds it is about."""

    kind: JumpKind
    seconds: int


def jumps(before: Clocks, after: Clocks, expected_s: float) -> list[Jump]:
    """What happened between two looks at the clocks that should have been `expected_s` apart.

    >>> jumps(Clocks(1000, 50, 50), Clocks(4601, 51, 51), 1), jumps(Clocks(1000, 50, 50), Clocks(1001, 51, 51), 1)
    ([Jump(kind='clock forward', seconds=3600)], [])
    """
    elapsed, running = after.elapsed - before.elapsed, after.running - before.running
    moved, slept, held_up = after.wall - before.wall - elapsed, elapsed - running, running - expected_s
    found: list[tuple[JumpKind, float]] = [
        ("clock forward", moved),
        ("clock back", -moved),
        ("slept", slept),
        ("held up", held_up),
    ]
    return [Jump(kind, round(seconds)) for kind, seconds in found if seconds >= TOLD_FROM_S]


class ClockError(KaoheError):
    """The clock of this host cannot be right: nothing is recorded under it."""


@dataclass(frozen=True, slots=True)
class Times:
    """What this host, the database and the end of the journal (None while it is empty) say about the time."""

    host: datetime
    database: datetime
    journal: datetime | None

    @property
    def skew(self) -> timedelta:
        """How far this host's clock is ahead of the database's."""
        return self.host - self.database

    @property
    def behind(self) -> timedelta:
        """How far this host's clock is behind the last entry of the journal; zero where it is not."""
        return max(self.journal - self.host, timedelta()) if self.journal else timedelta()


def times_of(session: Session, now: datetime) -> Times:
    """The three times; `now` is this host's. The journal's is the latest of its last entries.

    Not that of the very last: what was written while a clock was wrong would hide it. What a person has said of the
    clock since makes an end of what came before.
    """
    trusted = select(func.max(JournalEntry.batch)).where(*_ABOUT_CLOCK).scalar_subquery()
    last = select(JournalBatch.committed_at).where(col(JournalBatch.seq) >= func.coalesce(trusted, 0))
    looked_at = last.order_by(col(JournalBatch.seq).desc()).limit(LOOKED_AT)
    return Times(now, database_clock(session), max(session.exec(looked_at), default=None))


_ABOUT_CLOCK = (JournalEntry.object_kind == "clock", JournalEntry.object_id == "host")


def clock_faults(times: Times) -> Sequence[ClockError]:
    """Why nothing should be recorded at these times."""
    found = []
    host = local_time(times.host)
    if times.journal is not None and times.behind > TOLERANCE:
        last = local_time(times.journal)
        found.append(
            ClockError(
                f"this host's clock says {host}, and the last entry of the journal is of {last}: nothing is recorded "
                "until the clock is past that; set the clock right, or, if it is right and was wrong before, say so "
                "once: `kaohe worker --trust-clock`, or with --once where no worker is to stay",
                zh=f"本机时钟是 {host}，而日志最后一条写于 {last}：时钟走过它之前不做任何记录；请校正时钟；"
                "如果现在的时钟是对的、当时的不对，请声明一次：`kaohe worker --trust-clock`（不常驻的话再加 --once）",
            )
        )
    if abs(times.skew) > TOLERANCE:
        there = local_time(times.database)
        found.append(
            ClockError(
                f"this host's clock says {host}, and the database's says {there}: nothing is recorded while they are "
                "more than a minute apart; set the wrong one right",
                zh=f"本机时钟是 {host}，数据库的是 {there}：相差超过一分钟时不做任何记录；请校正不对的那一个",
            )
        )
    return found


def refuse_wrong_clock(ledger: Engine, now: datetime) -> None:
    """Raise ClockError where this host's clock, which says `now`, cannot be right."""
    with reading(ledger) as session:
        faults = clock_faults(times_of(session, now))
    for fault in faults:
        raise fault


def refuse_to_write_by_wrong_clock(ledger: Engine) -> None:
    """Let the first transaction that writes raise ClockError where this host's clock cannot be right.

    For a command: once it has begun to write it is not stopped half-way, with letters sent and not noted.
    """
    known_right = False

    def look(connection: Connection) -> None:
        nonlocal known_right
        if not known_right and connection.get_execution_options().get("ledger_begin") != READING:
            refuse_wrong_clock(ledger, datetime.now(UTC))
            known_right = True

    event.listen(ledger, "begin", look, insert=True)


def trust_clock(ledger: Engine, now: datetime, actor: str) -> None:
    """Let the journal go on from `now` although its end may lie ahead: a person says that the clock is right."""
    with transaction(ledger) as session:
        times = times_of(session, now)
        before = times.journal.astimezone(UTC).isoformat() if times.journal else None
        payload = {"why": "the clock is right", "before": {"journal": before}, "after": {"clock": now.isoformat()}}
        journal.append(session, now, [journal.Event(actor, "clock.trusted", "clock", "host", payload)])
