"""From the journal to the queue: each violation that was opened becomes its notices, once.

Texts are made outside the transaction that stores them, so that a long run of violations does not hold up
other writers. That transaction moves the cursor only from where the texts began: whoever comes second
writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, update
from sqlmodel import Session, col

from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.journal import Entry, append, entries, head
from engine.ledger.tables import Cursor, Notice
from engine.rulebook.model import Language, Rule
from notifier.drafts import Drafter
from notifier.events import EVENTS
from notifier.queued import store, told
from notifier.records import Record, records_of
from notifier.render import Templates
from notifier.routes import recipients_of
from notifier.sheets import Sheets

READER = "notices"
BATCHES = 100  # how many of the journal's batches one transaction works off

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning came to: `queued`, `refused` and `already` count notices, the rest violations.

    refused          the address cannot be used: recorded as failed, with how to mend it
    already          the notice was there
    without_contact  nobody to tell: the shops' keys are in `silent_shops`
    old              opened too long ago to tell anybody
    settled          no longer open when its turn came
    """

    queued: int = 0
    refused: int = 0
    already: int = 0
    without_contact: int = 0
    old: int = 0
    settled: int = 0
    silent_shops: frozenset[str] = field(default_factory=frozenset)

    def __add__(self, other: Planned) -> Planned:
        return Planned(
            self.queued + other.queued,
            self.refused + other.refused,
            self.already + other.already,
            self.without_contact + other.without_contact,
            self.old + other.old,
            self.settled + other.settled,
            self.silent_shops | other.silent_shops,
        )


def plan_notices(
    ledger: Engine,
    rulebook: Mapping[str, Rule],
    now: datetime,
    language: Language,
    templates: Templates | None = None,
    sheets: Sheets | None = None,
) -> Planned:
    """Queue the notices of all violations that the journal opened since the last time.

    May be called at any time, by any number of processes, and may die at any point: nothing is queued twice
    and nothing is left out. Raises TemplateFaultError or SheetError on a faulty template or sheet, and then
    leaves the violations concerned for the next call.
    """
    drafter = Drafter(rulebook, language, templates or Templates(), sheets or Sheets())
    total = Planned()
    while (step := _step(ledger, drafter, now)) is not None:
        total += step
    return total


def _step(ledger: Engine, drafter: Drafter, now: datetime) -> Planned | None:
    """Work off some batches of the journal; None if there is nothing left."""
    with reading(ledger) as session:
        begin = _position(session)
        end = min(head(session).seq, begin + BATCHES)
        if end == begin:
            return None
        found = [e for e in entries(session, begin, batches=BATCHES) if e.event in EVENTS]
        records = records_of(session, sorted({e.object_id for e in found}))
    made, planned = _drafts(drafter, found, records, now)
    with transaction(ledger) as session:
        if not _advance(session, begin, end):
            return Planned()
        fresh = store(session, made)
        append(session, now, [told(n, number, f"notice.{n.state}") for n, number in fresh])
    refused = sum(1 for notice, _ in fresh if notice.state == "failed")
    return planned + Planned(queued=len(fresh) - refused, refused=refused, already=len(made) - len(fresh))


def _drafts(
    drafter: Drafter, found: Sequence[Entry], records: Mapping[str, Record], now: datetime
) -> tuple[list[Notice], Planned]:
    made: list[Notice] = []
    old = settled = 0
    silent: list[str] = []
    for entry in found:
        record = records.get(entry.object_id)
        if _is_old(entry):
            old += 1
        elif record is None or record.violation.state not in (occasion := EVENTS[entry.event]).states:
            settled += 1
        elif recipients := recipients_of(record.shop, drafter.language) if record.shop else []:
            made += drafter.notices(record, occasion.event, recipients, now)
        else:
            silent.append(record.shop.key if record.shop else record.violation.id)
    for key in sorted(set(silent)):
        _log.warning("nobody is told about %s: it has no contact; add one with `kaohe shops import`", key)
    return made, Planned(without_contact=len(silent), old=old, settled=settled, silent_shops=frozenset(silent))


def _is_old(entry: Entry) -> bool:
    after = (entry.payload or {}).get("after") or {}
    return after.get("notify") is False


def _position(session: Session) -> int:
    cursor = session.get(Cursor, READER)
    return cursor.batch if cursor else 0


def _advance(session: Session, begin: int, end: int) -> bool:
    """Move the cursor from `begin` to `end`; False if somebody else has moved it."""
    if begin == 0:
        insert_missing(session, Cursor, [{"reader": READER, "batch": 0}])
    here = (col(Cursor.reader) == READER) & (col(Cursor.batch) == begin)
    return session.exec(update(Cursor).where(here).values(batch=end)).rowcount == 1
