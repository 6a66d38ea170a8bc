"""The journal: each change of state, who made it, when and why. An audit trail, and the source of notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, col, func, select

from engine.errors import KaoheError
from engine.ledger.canonical import sha256_of
from engine.ledger.chain import GENESIS, REDACTED, batch_digest, place, verify
from engine.ledger.decisions import note_decisions
from engine.ledger.dialects import Lock, bare, database_clock, insert_rows, take_lock
from engine.ledger.scoping import Sight
from engine.ledger.tables import JournalBatch, JournalEntry

__all__ = ["GENESIS", "Entry", "Event", "Head", "append", "batch_sizes", "entries", "head", "redact", "verify"]

EVERYTHING = Sight(everything=True)
_NEWEST = select(JournalBatch.seq, JournalBatch.digest).order_by(col(JournalBatch.seq).desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of state to be written: who did what (`violation.opened`) to which object.

    `payload` says why, and what was before and after: text, int, bool, None, lists and dicts; no floats.
    """

    actor: str
    event: str
    object_kind: str
    object_id: str
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of state as it stands in the journal, in UTC. A redacted one has a reason and no payload."""

    id: int
    batch: int
    position: int
    at: datetime
    actor: str
    event: str
    object_kind: str
    object_id: str
    payload: Mapping[str, Any] | None
    redacted_why: str | None


class Head(NamedTuple):
    """The last batch: its number and digest. Noted down, it shows later whether anything was removed."""

    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"


def append(session: Session, at: datetime, events: Sequence[Event]) -> int | None:
    """Add `events` as one batch at the end of the caller's transaction; its number, or None without events.

    `at` is when they happened (the caller's now); the batch also notes the database's own clock. This locks
    the journal until the transaction ends, so nothing but the commit should follow. Batches become visible
    in the order of their numbers, without gaps. Raises TypeError on a payload that has no canonical form.
    """
    if not events:
        return None
    session.flush()  # whatever is still to be written takes its locks before this one
    take_lock(session, Lock.JOURNAL)
    before = head(session)
    batch = JournalBatch(seq=before.seq + 1, previous=before.digest, digest="", committed_at=database_clock(session))
    rows = [_row(batch.seq, position, at, event) for position, event in enumerate(events)]
    batch.digest = batch_digest(batch, rows)
    insert_rows(session, JournalBatch, [batch.model_dump()])
    insert_rows(session, JournalEntry, [row.model_dump(exclude={"id"}) for row in rows])
    note_decisions(session, batch.seq, [(e.object_id, e.payload) for e in events if e.object_kind == "violation"])
    return batch.seq


def head(session: Session) -> Head:
    """The last batch's number and digest; (0, GENESIS) while the journal is empty."""
    found = bare(session).execute(_NEWEST).first()
    return Head(*found) if found else Head(0, GENESIS)


def batch_sizes(session: Session, after_batch: int, last: int) -> list[tuple[int, int]]:
    """The batches after `after_batch` up to `last`, each with how many entries it has."""
    batch = col(JournalEntry.batch)
    wanted = select(batch, func.count()).where(batch > after_batch, batch <= last)
    return list(session.exec(wanted.group_by(batch).order_by(batch)))


def entries(
    session: Session, after_batch: int = 0, object_id: str | None = None, batches: int | None = None
) -> list[Entry]:
    """The entries of the batches after `after_batch`, in the order in which they were written.

    `object_id` keeps those about one object; `batches` reads at most so many batches on.
    """
    wanted = select(JournalEntry).where(col(JournalEntry.batch) > after_batch)
    if object_id is not None:
        wanted = wanted.where(JournalEntry.object_id == object_id)
    if batches is not None:
        wanted = wanted.where(col(JournalEntry.batch) <= after_batch + batches)
    rows = session.exec(wanted.order_by(col(JournalEntry.batch), col(JournalEntry.position)))
    sight = getattr(session, "sight", EVERYTHING)
    told = (row.model_dump(exclude={"payload_sha256"}) for row in rows)
    return [Entry(**row | {"payload": _seen(row["payload"], sight)}) for row in told]


def _seen(payload: Any, sight: Sight) -> Any:
    """A payload without the client whose a shop was before or is by now, for those who must not know of that client."""
    if sight.everything or not isinstance(payload, dict):
        return payload
    return {key: _without_others(value, sight) if isinstance(value, dict) else value for key, value in payload.items()}


def _without_others(part: Mapping[str, Any], sight: Sight) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "client" or value in sight.clients}


def redact(session: Session, entry_id: int, why: str, actor: str, now: datetime) -> int:
    """Remove the payload of an entry for good, keep its digest, and journal who did it and why.

    Answers the number of the batch that says so. Raises KaoheError if there is no such entry, no payload, no
    reason given, or if the entry itself tells of a redaction.
    """
    row = session.get(JournalEntry, entry_id, with_for_update=True)
    if row is None:
        raise KaoheError(f"the journal has no entry {entry_id}")
    if not why.strip():
        raise KaoheError(f"entry {entry_id} of the journal cannot be redacted without a reason")
    if row.payload is None:
        raise KaoheError(f"entry {entry_id} of the journal has no payload that could be redacted")
    if row.event == REDACTED:
        raise KaoheError(f"entry {entry_id} of the journal tells of a redaction and stays as it is")
    row.payload, row.redacted_why = None, why
    session.add(row)
    batch = append(session, now, [Event(actor, REDACTED, "journal_entry", place(row), {"why": why})])
    assert batch is not None  # there was an event
    return batch


def _row(batch: int, position: int, at: datetime, event: Event) -> JournalEntry:
    payload = None if event.payload is None else dict(event.payload)
    return JournalEntry(
        batch=batch,
        position=position,
        at=at,
        actor=event.actor,
        event=event.event,
        object_kind=event.object_kind,
        object_id=event.object_id,
        payload=payload,
        payload_sha256=sha256_of(payload),
    )
