"""Claimed notices with the text that is true now: what was queued may tell of a state that has passed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Engine, update
from sqlmodel import Session

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.database import reading, transaction
from engine.ledger.tables import Notice
from engine.rulebook.model import Language
from notifier.claims import RETURNED, Claim, number_of
from notifier.drafts import Drafter
from notifier.events import OCCASIONS
from notifier.records import Record, outlines
from notifier.render import Rendered
from notifier.sheet_file import SheetError
from notifier.tales import Tale, tales_of
from notifier.template_fault import TemplateFaultError

FAULTS = (TemplateFaultError, SheetError, UnknownNameError)  # of a template or a sheet: nothing can be written


def freshened(
    ledger: Engine, taken: Sequence[Claim], drafter: Drafter, now: datetime
) -> dict[int, Claim | KaoheError | None]:
    """The claimed notices, no digests, by number, their texts as what they tell of is on record now; the ledger has
    them then too.

    None where a notice is no longer ours, or its violation has changed again or been settled while this was written:
    then it must not be sent now. The error where its template or sheet is faulty.
    """
    with reading(ledger) as session:
        tales = tales_of(session, [one.notice for one in taken])
    texts = {one.number: _text(one, tales[one.number], drafter, now) for one in taken}
    written: dict[int, Claim | KaoheError | None] = {}
    with transaction(ledger) as session:
        records = {tale.record.violation.id: tale.record for tale in tales.values() if tale.record}
        current = outlines(session, sorted(records))
        for one in sorted(taken, key=number_of):
            text, record = texts[one.number], tales[one.number].record
            if isinstance(text, KaoheError):
                written[one.number] = text
            elif record is not None and not _stands(current[record.violation.id], record, one.notice.event):
                written[one.number] = None
            else:
                written[one.number] = write_text(session, one, text)
    return written


def _text(one: Claim, tale: Tale, drafter: Drafter, now: datetime) -> Rendered | KaoheError:
    try:
        return drafter.text(tale, one.notice.channel, cast("Language", one.notice.language), now)
    except FAULTS as error:
        return error


def write_text(session: Session, taken: Claim, text: Rendered) -> Claim | None:
    """Let the claimed notice have this text; None if it is no longer ours."""
    ours = update(Notice).where(taken.is_ours()).values(**columns_of(text)).returning(Notice)
    notice = session.exec(ours, execution_options=RETURNED).scalar_one_or_none()
    return None if notice is None else replace(taken, notice=notice)


def columns_of(text: Rendered) -> Mapping[str, Any]:
    """The columns that a text goes into."""
    said: dict[str, Any] = {"subject": text.subject, "body": text.body, "template": text.template}
    return said | {"variables": dict(text.variables) or None, "template_sha256": text.sha256}


def _stands(now: Record, then: Record, event: str) -> bool:
    """Whether the violation is still what was read of it, and its notice not false by now."""
    occasion = OCCASIONS.get(event)
    return now.violation == then.violation and (occasion is None or now.violation.state in occasion.states)
