"""What people decided about violations, as far as an assessment reads it: noted where the journal is written.

Nothing about a violation changes without a journal entry, so none of them can be missed here; and only there is the
number of the batch known, by which a run can tell what it had read from what came after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import update
from sqlmodel import Session, col, select

from engine.ledger.dialects import insert_missing
from engine.ledger.presence import portions
from engine.ledger.tables import Decided, JournalEntry, Subject, Violation

# Which assessments a decision has a say in. counts: those of later cycles, whose ladder counts what was confirmed;
# waived: that of its own cycle; spoken: that of its own cycle, if a waiver covers it, which has no say any more.
Kind = Literal["counts", "waived", "spoken"]
PLATFORM_SPOKE = frozenset({"confirmed", "appealed", "overturned"})  # states that only the platform's word brings
RECKONED = ("violation.opened", "violation.corrected", "violation.contradicted")  # what an assessment journals itself
Payload = Mapping[str, Any] | None
NAME = ("rule", "cycle", "assessed_on", "kind")  # of a row


class Decision(NamedTuple):
    """The last decision of a kind about violations of a cycle: the batch in which it stands."""

    kind: Kind
    assessed_on: date
    batch: int


def kinds_of(before: str | None, after: str | None) -> Iterator[Kind]:
    """In what an assessment reads otherwise once a violation goes from one state to another.

    >>> list(kinds_of("open", "confirmed")), list(kinds_of("confirmed", "appealed")), list(kinds_of("open", "waived"))
    (['counts', 'spoken'], ['counts'], ['waived'])
    >>> list(kinds_of("open", "acknowledged")), list(kinds_of("confirmed", "closed"))
    ([], [])
    """
    if before is None or after is None or after in (before, "closed"):  # to close a case changes nothing
        return
    if "confirmed" in (before, after):
        yield "counts"
    if "waived" in (before, after):
        yield "waived"
    if (before in PLATFORM_SPOKE) != (after in PLATFORM_SPOKE):
        yield "spoken"


def note_decisions(session: Session, batch: int, told: Iterable[tuple[str, Payload]]) -> None:
    """Note what makes cycles due again of what the journal's `batch` tells of violations. Its lock is held.

    `told` are the ids of violations with the payloads of their entries.
    """
    changed: dict[str, set[Kind]] = {}
    for violation, payload in told:
        if kinds := set(kinds_of(*_states(payload))):
            changed.setdefault(violation, set()).update(kinds)
    found: set[tuple[str, str, date, str]] = set()
    for part in portions(changed):
        for v in session.exec(select(Violation).where(col(Violation.id).in_(part))):
            found |= {(v.rule, v.cycle, v.assessed_on, kind) for kind in changed[v.id]}
    rows = [dict(zip(NAME, one, strict=True), batch=batch) for one in sorted(found)]
    insert_missing(session, Decided, rows)
    for row in rows:
        same = (getattr(Decided, name) == row[name] for name in NAME)
        session.exec(update(Decided).where(*same, col(Decided.batch) < batch).values(batch=batch))


def decisions(session: Session, rule: str) -> dict[str, list[Decision]]:
    """Cycle → the last decision of each kind about its violations under `rule`."""
    found: dict[str, list[Decision]] = {}
    for row in session.exec(select(Decided).where(Decided.rule == rule)):
        found.setdefault(row.cycle, []).append(Decision(cast("Kind", row.kind), row.assessed_on, row.batch))
    return found


def decided_since(session: Session, rule: str, batch: int) -> frozenset[str]:
    """The shops about whose violations under `rule` something was decided after `batch` that an assessment reads.

    Those among them of which the journal keeps no payload any more: it may have been such a decision.
    """
    wanted = (
        select(Subject.external_id, JournalEntry.payload)
        .join(Violation, col(Violation.subject_id) == col(Subject.id))
        .join(JournalEntry, col(JournalEntry.object_id) == col(Violation.id))
        .where(
            JournalEntry.object_kind == "violation",
            col(JournalEntry.batch) > batch,
            col(JournalEntry.event).not_in(RECKONED),
            Violation.rule == rule,
        )
    )
    told = session.exec(wanted)
    return frozenset(shop for shop, payload in told if payload is None or any(kinds_of(*_states(payload))))


def _states(payload: Payload) -> tuple[str | None, str | None]:
    told = [(payload or {}).get(name) for name in ("before", "after")]
    before, after = (one.get("state") if isinstance(one, Mapping) else None for one in told)
    return before, after
