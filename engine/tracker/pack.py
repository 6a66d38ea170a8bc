"""What proves or disputes a violation, gathered for whoever decides about an appeal: nothing is decided again here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, or_, select

from engine.assessment import diagnosis
from engine.assessment.explain import Explanation, explain
from engine.assessment.forfeiting import Until, appeal_until
from engine.evidence.lake import Lake
from engine.ledger import journal
from engine.ledger.actors import Actor, Permission
from engine.ledger.canonical import sha256_of
from engine.ledger.journal import Head
from engine.ledger.parts import in_parts
from engine.ledger.tables import Appeal, Attachment, JournalBatch, JournalEntry, Notice, NoticeItem, Violation
from engine.ledger.violations import by, shop_of
from engine.rulebook.book import RuleBook
from engine.tracker.appeals import appeals_of, attachments
from engine.tracker.attachments import AttachmentStore
from engine.tracker.bundle import file_name

VEILED_WHY = "parts of it are for people of the house"


@dataclass(frozen=True, slots=True)
class File:
    """An attachment in a pack: where it lies in it, and its bytes."""

    row: Attachment
    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """All that a pack tells of a violation. `entries` and `batches` are the journal's about it, `head` is its end.

    `internal`: it is for people of the house. Agents' names are left out otherwise, and to whom notices went.
    """

    explanation: Explanation
    violation: Violation
    until: Until
    appeals: tuple[tuple[Appeal, tuple[File, ...]], ...]
    notices: tuple[Notice, ...]
    entries: tuple[JournalEntry, ...]
    batches: Mapping[int, JournalBatch]
    head: Head
    internal: bool


def gather(
    session: Session,
    rulebook: RuleBook,
    lake: Lake,
    cache: Path,
    store: AttachmentStore,
    violation_id: str,
    actor: Actor,
) -> Content:
    """What the pack of a violation holds, with all that tells against it.

    Raises UnknownNameError and NotAllowedError, KaoheError for a violation that today's evidence no longer shows, and
    for an attachment that is gone or was changed.
    """
    violation = by(session, violation_id)
    actor.must(Permission.READ, violation.client, shop_of(session, violation))
    explanation = explain(session, rulebook, lake, cache, violation.id, None)
    entries = _entries(session, violation.id)
    return Content(
        explanation=explanation if actor.internal else without_agents(explanation),
        violation=violation,
        until=appeal_until(violation, explanation.outcome.version),
        appeals=_appeals(session, store, violation.id),
        notices=_notices(session, violation.id),
        entries=entries,
        batches=_batches(session, sorted({entry.batch for entry in entries})),
        head=journal.head(session),
        internal=actor.internal,
    )


def without_agents(found: Explanation) -> Explanation:
    """The explanation without the names of those who served the buyers, and without the parts that each had in it."""
    behind = found.details
    nameless = replace(
        behind,
        agents=(),
        against=tuple(replace(row, agent=None) for row in behind.against),
        counted=tuple(row for row in behind.counted if row.agent is None),
    )
    causes = found.diagnosis and diagnosis.without_agents(found.diagnosis)
    return replace(found, details=nameless, outcome=replace(found.outcome, agent=None), diagnosis=causes)


def journal_json(content: Content) -> dict[str, Any]:
    """The journal's entries about the violation, each with the digest of its payload and its batch in the chain."""
    return {
        "head": str(content.head),
        "verify": f"kaohe journal verify --expect {content.head}",
        "entries": [
            {
                "batch": entry.batch,
                "position": entry.position,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "event": entry.event,
                "object": entry.object_id,
                "payload": None if _veiled(entry) else entry.payload,
                "payload_sha256": entry.payload_sha256,
                "redacted_why": entry.redacted_why or _veiled(entry),
                "batch_digest": content.batches[entry.batch].digest,
                "batch_previous": content.batches[entry.batch].previous,
            }
            for entry in content.entries
        ],
    }


def _veiled(entry: JournalEntry) -> str | None:
    """That not all of an entry is told, veiled for its reader: without its digest, it would prove nothing."""
    return None if sha256_of(entry.payload) == entry.payload_sha256 else VEILED_WHY


def _appeals(session: Session, store: AttachmentStore, violation: str) -> tuple[tuple[Appeal, tuple[File, ...]], ...]:
    found, number = [], 0
    for appeal in appeals_of(session, violation):
        files = []
        for row in attachments(session, appeal):
            number += 1
            files.append(File(row, f"attachments/{file_name(number, row.name)}", store.read(row.sha256)))
        found.append((appeal, tuple(files)))
    return tuple(found)


def _notices(session: Session, violation: str) -> tuple[Notice, ...]:
    """The notices that were sent about it, alone, in a digest, or gathered with others."""
    digests = select(NoticeItem.notice_id).where(NoticeItem.violation_id == violation)
    gathered = select(Notice.within_id).where(Notice.violation_id == violation)
    about = or_(Notice.violation_id == violation, col(Notice.id).in_(digests), col(Notice.id).in_(gathered))
    wanted = select(Notice).where(Notice.state == "sent", about)
    return tuple(session.exec(wanted.order_by(col(Notice.id))))


def _entries(session: Session, violation: str) -> tuple[JournalEntry, ...]:
    wanted = select(JournalEntry).where(JournalEntry.object_kind == "violation", JournalEntry.object_id == violation)
    return tuple(session.exec(wanted.order_by(col(JournalEntry.batch), col(JournalEntry.position))))


def _batches(session: Session, numbers: Sequence[int]) -> dict[int, JournalBatch]:
    found: dict[int, JournalBatch] = {}
    for part in in_parts(numbers):
        wanted = select(JournalBatch).where(col(JournalBatch.seq).in_(part))
        found |= {batch.seq: batch for batch in session.exec(wanted)}
    return found
