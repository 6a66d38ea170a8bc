"""The chain that holds the journal together, and the check that finds where somebody changed it.

Each batch has a digest over the digest before it, its number, its time and all its entries; each entry
holds the digest of its payload. So an edit, a reorder or a removal breaks the chain, and a removal at the
very end is found by whoever noted an earlier head. A payload can be redacted: its digest stays, and the
chain still fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlmodel import Session

from engine.ledger import raw_journal
from engine.ledger.canonical import sha256_of
from engine.ledger.raw_journal import RawBatch, RawEntry
from engine.ledger.tables import JournalBatch, JournalEntry

GENESIS = "0" * 64  # the digest before the first batch
REDACTED = "journal.redacted"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def place(row: JournalEntry | RawEntry) -> str:
    """Where an entry stands in the chain: `12.0` is the first entry of batch 12."""
    return f"{row.batch}.{row.position}"


def batch_digest(batch: JournalBatch | RawBatch, rows: Sequence[JournalEntry] | Sequence[RawEntry]) -> str:
    """The digest that `batch` must have: over everything in it and in `rows`, its entries in their order."""
    said = [
        [
            row.position,
            _instant(row.at),
            row.actor,
            row.event,
            row.object_kind,
            row.object_id,
            row.payload_sha256,
        ]
        for row in rows
    ]
    return sha256_of([batch.seq, batch.previous, _instant(batch.committed_at), said])


def verify(session: Session, expect: tuple[int, str] | None = None) -> list[str]:
    """What is wrong with the journal, in its order; an empty list if it is sound.

    `expect` is a head noted earlier (number, digest): without it a removal at the very end cannot be seen.
    Reads the whole journal, with little memory; wants a `reading` session, which sees one moment of it.
    """
    findings = raw_journal.missing(session)
    if findings:
        return findings
    with raw_journal.as_it_is(session):
        return _findings(session, expect)


def _findings(session: Session, expect: tuple[int, str] | None) -> list[str]:
    findings: list[str] = []
    reasons = _redactions(session)
    rows = _Rows(session)
    previous, last = GENESIS, 0
    for batch in raw_journal.batches(session):
        findings += _gap(last + 1, batch.seq - 1)
        if batch.previous != previous:
            findings.append(f"batch {batch.seq} does not follow from the one before it")
        findings += (_stray(row) for row in rows.before(batch.seq))
        findings += _faults_of(batch, rows.of(batch.seq), reasons)
        if expect and batch.seq == expect[0] and batch.digest != expect[1]:
            findings.append(f"batch {batch.seq} is not the one that was noted ({expect[1]})")
        previous, last = batch.digest, batch.seq
    findings += (_stray(row) for row in rows.before(None))
    if expect and expect[0] > last:
        findings.append(f"the journal ends with batch {last}, but {expect[0]} was noted: its end is missing")
    return findings


def _gap(first: int, last: int) -> Iterator[str]:
    if first == last:
        yield f"batch {first} is missing"
    elif first < last:
        yield f"batches {first} to {last} are missing"


def _stray(row: RawEntry) -> str:
    if any(fault.startswith("its batch ") for fault in row.faults):
        return f"the entry with the id {row.id!r} belongs to no batch: {'; '.join(row.faults)}"
    return f"entry {place(row)} belongs to no batch"


def _faults_of(batch: RawBatch, rows: list[RawEntry], reasons: dict[str, str]) -> Iterator[str]:
    yield from (f"batch {batch.seq}: {fault}" for fault in batch.faults)
    yield from (f"entry {place(row)}: {fault}" for row in rows for fault in row.faults)
    if not rows:
        yield f"batch {batch.seq} has no entries"
    if [row.position for row in rows] != list(range(len(rows))):
        yield f"the entries of batch {batch.seq} are not numbered from 0 without gaps"
    if batch_digest(batch, rows) != batch.digest:
        yield f"batch {batch.seq} or one of its entries was changed: the digest does not fit"
    for row in rows:
        if row.redacted_why is None:
            if _digest_of(row.payload) != row.payload_sha256:
                yield f"the payload of entry {place(row)} was changed"
        elif row.payload is not None:
            yield f"entry {place(row)} is marked as redacted, but has a payload"
        elif reasons.get(place(row)) != row.redacted_why:
            yield f"entry {place(row)} is marked as redacted, but the journal does not say so"


def _digest_of(payload: object) -> str | None:
    """The digest of a payload; None for one that has no canonical form, and so is none of ours."""
    try:
        return sha256_of(payload)
    except (TypeError, ValueError, RecursionError):
        return None


def _redactions(session: Session) -> dict[str, str]:
    """Which entries the journal itself says were redacted, and why."""
    told = raw_journal.entries(session, REDACTED)
    return {row.object_id: row.payload["why"] for row in told if isinstance(row.payload, dict) and "why" in row.payload}


class _Rows:
    """The entries in the order of the chain, handed out batch by batch."""

    def __init__(self, session: Session) -> None:
        self._rows = raw_journal.entries(session)
        self._next = next(self._rows, None)

    def before(self, batch: int | None) -> Iterator[RawEntry]:
        """The entries with a smaller batch number that nobody has asked for (None: all that are left)."""
        while self._next is not None and (batch is None or self._next.batch < batch):
            yield self._next
            self._next = next(self._rows, None)

    def of(self, batch: int) -> list[RawEntry]:
        """The entries of this batch."""
        found = []
        while self._next is not None and self._next.batch == batch:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found
