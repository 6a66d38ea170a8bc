"""Alarms: what a self-check goes on finding wrong is journalled for whoever runs kaohe, once until all is well.

The ledger remembers which complaints stand and which were told, so that several workers tell each once, and none calls
well what another one suffers from. Of processes that check once and end, it remembers also what the last one found.
That the ledger itself is down nobody can write into it: see `check_url`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.ledger.database import reading, transaction
from engine.ledger.dialects import database_clock
from engine.ledger.journal import Event, append
from engine.ledger.milestones import forget, one_at_a_time, reached, remember
from engine.ledger.tables import JournalEntry, Milestone
from engine.ledger.workers import last_seen
from engine.rulebook.model import Text

ALARM, MENDED = "operator.alarm", "operator.mended"
STANDS, TOLD = "alarm.stands", "alarm.told"  # milestones: a complaint of a worker; what was told since all was well
FOUND, CHECKED = "alarm.found", "alarm.checked"  # milestones: what the last check of those found that check once
ABOUT = ("worker", "kaohe")  # in the journal
ANYONE = "*"  # in place of a worker: a complaint that every worker has
DEAD_AFTER = timedelta(minutes=5)  # without a sign of life, its complaints end with it
GONE_AFTER = timedelta(days=2)  # so late a `--once` may still come again: those that another clock starts come daily


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong, under a name (`about`) that stays the same while the numbers in its text change.

    `everywhere`: it stands in the ledger, so that every worker finds it; else it is of one process or its host.
    """

    about: str
    text: Text
    everywhere: bool = False

    def key(self, worker: str) -> str:
        """Whose complaint about what: it stands until that worker finds it mended, or is dead."""
        return f"{ANYONE if self.everywhere else worker} {self.about}"

    def names(self, worker: str) -> tuple[str, str]:
        """By what it is known whether it was told: by its host and name, or by the same words from another host."""
        words = hashlib.sha256(self.text.zh.encode()).hexdigest()
        return f"{ANYONE if self.everywhere else host_of(worker)} {self.about}", f"said {words}"


def host_of(worker: str) -> str:
    """The host of a worker, by its name.

    >>> host_of("shop-1:4711:0a1b2c3d")
    'shop-1'
    """
    return worker.partition(":")[0]


def once_on(worker: str) -> str:
    """By what name all that check once on the host of this worker are one.

    >>> once_on("shop-1:4711:0a1b2c3d")
    'shop-1:once'
    """
    return f"{host_of(worker)}:once"


@dataclass
class Alarms:
    """The complaints of one worker from check to check. For one thread at a time.

    `once`: this process checks once; what it finds is remembered for the next one of the same name (`once_on`).
    """

    ledger: Engine
    worker: str
    actor: str
    once: bool = False
    _before: Collection[str] | None = field(default=None)

    def hear(self, complaints: Iterable[Complaint], now: datetime) -> list[Event]:
        """Take in what a check has found; what was journalled of it.

        Only what two checks in a row say counts, be it that something is wrong or that it no longer is.
        """
        found = {c.key(self.worker): c for c in complaints}
        if self.once:
            return self._hear_once(found, now)
        before, self._before = self._before, found.keys()
        if before is None:
            return []
        begin = {key: c for key, c in found.items() if key in before}
        with reading(self.ledger) as session:
            if not any(self._changes(session, begin, found.keys() | set(before), now)):
                return []
        with transaction(self.ledger) as session:
            one_at_a_time(session, "alarms")
            events = self._told(session, begin, found.keys() | set(before), now)
            append(session, now, events)
        return events

    def _hear_once(self, found: Mapping[str, Complaint], now: datetime) -> list[Event]:
        with transaction(self.ledger) as session:
            one_at_a_time(session, "alarms")
            ours = {name for name in reached(session, [FOUND]) if name[1].startswith(f"{self.worker} ")}
            first = (CHECKED, self.worker) not in reached(session, [CHECKED])
            before = {key.removeprefix(f"{self.worker} ") for _, key in ours}
            forget(session, [*ours, (CHECKED, self.worker)])
            remember(
                session, [(CHECKED, self.worker), *((FOUND, f"{self.worker} {key}") for key in sorted(found))], now
            )
            if first:
                return []
            begin = {key: c for key, c in found.items() if key in before}
            events = self._told(session, begin, found.keys() | before, now)
            append(session, now, events)
        return events

    def _changes(
        self, session: Session, begin: Mapping[str, Complaint], lately: Iterable[str], now: datetime
    ) -> tuple[set[str], set[str], set[str]]:
        """What begins, what ends, and what goes on all the same."""
        stood = {key for _, key in reached(session, [STANDS])}
        living = _living(session) | _coming_again(session, now) | {self.worker}
        ours = {key for key in stood if (who := key.partition(" ")[0]) in (self.worker, ANYONE) or who not in living}
        new, gone = begin.keys() - stood, ours - set(lately)
        return new, gone, (stood | new) - gone if new or gone else set()

    def _told(
        self, session: Session, begin: Mapping[str, Complaint], lately: Iterable[str], now: datetime
    ) -> list[Event]:
        new, gone, goes_on = self._changes(session, begin, lately, now)
        forget(session, [(STANDS, key) for key in gone])
        remember(session, [(STANDS, key) for key in sorted(new)], now)
        told = {name for _, name in reached(session, [TOLD])}
        names = {key: begin[key].names(self.worker) for key in new}
        unheard = [key for key in begin if key in new and told.isdisjoint(names[key])]
        remember(session, sorted({(TOLD, name) for both in names.values() for name in both}), now)
        if unheard:
            others = [key for key in begin if key not in unheard]  # what else is wrong, for who reads this one alone
            return [self._event(ALARM, [_line(begin[key].text) for key in (*unheard, *others)])]
        if gone and not goes_on:
            forget(session, [(TOLD, name) for name in told])
            return [self._event(MENDED, _lines_since_well(session))]
        return []

    def _event(self, event: str, lines: Sequence[Mapping[str, str]]) -> Event:
        return Event(self.actor, event, *ABOUT, {"why": None, "after": {"complaints": [dict(one) for one in lines]}})


def _line(text: Text) -> dict[str, str]:
    return {"zh-CN": text.zh, "en": text.en}


def _living(session: Session) -> set[str]:
    since = database_clock(session) - DEAD_AFTER
    return {worker for worker, seen_at in last_seen(session).items() if seen_at >= since}


def _coming_again(session: Session, now: datetime) -> set[str]:
    lately = (Milestone.event == CHECKED, col(Milestone.reached_at) > now - GONE_AFTER)
    return set(session.exec(select(Milestone.key).where(*lately)))


def _lines_since_well(session: Session) -> list[dict[str, str]]:
    """What was complained of since all was well, each once, as the journal tells it."""
    about = (JournalEntry.object_kind == ABOUT[0], JournalEntry.object_id == ABOUT[1])
    well = select(JournalEntry.batch).where(*about, JournalEntry.event == MENDED)
    last = session.exec(well.order_by(col(JournalEntry.batch).desc()).limit(1)).first() or 0
    alarms = select(JournalEntry.payload).where(*about, JournalEntry.event == ALARM, col(JournalEntry.batch) > last)
    payloads: list[Any] = list(session.exec(alarms.order_by(col(JournalEntry.batch))))
    lines = [line for payload in payloads if payload for line in payload["after"]["complaints"]]
    return list({line["en"]: line for line in lines}.values())
