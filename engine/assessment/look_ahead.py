"""The worker's look ahead: early warnings, each journalled once, whenever what they rest on has changed.

What is told is remembered in the transaction that tells it (see `engine/ledger/milestones.py`), so however many workers
look ahead, and wherever one dies, nothing is told twice, nor anything weaker after what is stronger.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from engine.assessment.outlook import Outlook, outlook
from engine.assessment.standing import waived_of
from engine.assessment.waiving import waived_in
from engine.assessment.warnings import EVENTS, EarlyWarning, untold, warnings_of
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.ledger.database import LedgerError, reading, transaction
from engine.ledger.journal import Event, append, head
from engine.ledger.milestones import one_at_a_time, reached, remember
from engine.ledger.tables import JournalEntry
from engine.measure.tallies import TallyCache
from engine.progress import Progress, silent
from engine.rulebook.model import Rule

TELLER = "warnings"
RESTS_ON = ("evidence", "lake", "shop", "waiver")  # what the journal tells of these may change a warning
OF_ITSELF = ("evidence.missing", *EVENTS)  # and this, of shops, does not

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LookedAhead:
    """How many warnings of each event were told, and why rules could not be looked at, by rule."""

    counts: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, KaoheError] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.counts.values())


@dataclass
class LookAhead:
    """Looks ahead when there is reason to: one of a process, for one thread at a time.

    Reasons are evidence, registrations or waivers that changed, other rules, and another hour. Where nothing of that
    has happened a look is one small question to the ledger. A rule that fails is tried again at the next reason, and
    holds up no other.
    """

    ledger: Engine
    lake: Callable[[], Lake]
    cache: TallyCache
    actor: str
    _rested_on: tuple[Any, ...] | None = None
    _read_to: int = 0
    _failures: dict[str, KaoheError] = field(default_factory=dict)

    def __call__(
        self,
        rules: Sequence[Rule],
        now: datetime,
        stop: Callable[[], bool] = lambda: False,
        progress: Progress = silent,
    ) -> LookedAhead:
        """Tell what is new at `now`. `stop` is asked before each rule; what is left then is looked at next time."""
        rests_on = _hour_and_rules(rules, now)
        with reading(self.ledger) as session:
            end = head(session).seq
            if rests_on == self._rested_on and not _changed(session, self._read_to, end):
                self._read_to = end
                return LookedAhead({}, dict(self._failures))
        self._rested_on = None  # until all of it is done
        self._failures = {}
        counts: dict[str, int] = {}
        for rule in rules:
            if stop():
                return LookedAhead(counts, dict(self._failures))
            try:
                events = look_ahead(self.ledger, self.lake(), self.cache, rule, now, self.actor, progress)
            except (LedgerError, DBAPIError):
                raise
            except KaoheError as error:
                self._failures[rule.id] = error
                continue
            except Exception as error:  # noqa: BLE001 — whatever it is, it must silence no other rule
                _log.error("looking ahead under %s", rule.id, exc_info=error)
                why = f"{type(error).__name__}: {error}"
                self._failures[rule.id] = KaoheError(f"internal fault: {why}", zh=f"程序内部错误：{why}")
                continue
            for one in events:
                counts[one.event] = counts.get(one.event, 0) + 1
        self._rested_on, self._read_to = rests_on, end
        return LookedAhead(counts, dict(self._failures))


def look_ahead(
    ledger: Engine, lake: Lake, cache: TallyCache, rule: Rule, now: datetime, actor: str, progress: Progress = silent
) -> list[Event]:
    """Tell what is new of one rule's open cycles; the journal's entries. May be called at any time, by anybody."""
    with reading(ledger) as session:
        outlooks = outlook(session, lake, cache, [rule], now, progress)
        held = waived_of(session, rule)
    cycles = {o.cycle.key: o.cycle for o in outlooks}
    waived = {key: set(waived_in(held, cycle)) for key, cycle in cycles.items()}
    return tell(ledger, warnings_of(outlooks, waived, now), now, actor)


def tell(ledger: Engine, warnings: Sequence[EarlyWarning], now: datetime, actor: str) -> list[Event]:
    """Journal those of `warnings` that are news, in one transaction with what remembers them; the journal's entries."""
    with reading(ledger) as session:
        if not _new(session, warnings):
            return []
    with transaction(ledger) as session:
        one_at_a_time(session, TELLER)
        new = _new(session, warnings)
        remember(session, [(w.event, w.key) for w in new], now)
        events = [Event(actor, w.event, "shop", w.shop, {"why": None, "after": w.told()}) for w in new]
        append(session, now, events)
    return events


def warned(session: Session, outlooks: Sequence[Outlook]) -> list[str | None]:
    """For each outlook the strongest warning that was told of it, by its event; None if there was none."""
    keys = [EarlyWarning("", o).key for o in outlooks]
    told = reached(session, EVENTS, keys)
    return [next((event for event in reversed(EVENTS) if (event, key) in told), None) for key in keys]


def _new(session: Session, warnings: Sequence[EarlyWarning]) -> list[EarlyWarning]:
    return untold(warnings, reached(session, EVENTS, [w.key for w in warnings]))


def _hour_and_rules(rules: Sequence[Rule], now: datetime) -> tuple[Any, ...]:
    """What else a warning rests on: the rules as they are written, and the hour of the day where they apply."""
    hours = {zone: now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H") for zone in sorted({r.zone for r in rules})}
    return (tuple(hours.items()), tuple((rule.id, rule.source_text) for rule in rules))


def _changed(session: Session, after: int, end: int) -> bool:
    """Whether the journal tells, after that batch, of anything that may change a warning."""
    if after == end:
        return False
    entries = (
        select(JournalEntry.id)
        .where(
            col(JournalEntry.batch) > after,
            col(JournalEntry.batch) <= end,
            col(JournalEntry.object_kind).in_(RESTS_ON),
            col(JournalEntry.event).not_in(OF_ITSELF),
        )
        .limit(1)
    )
    return session.exec(entries).first() is not None
