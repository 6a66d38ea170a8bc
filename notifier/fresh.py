"""A claimed notice with the text that is true now: what was queued may tell of a state that has passed meanwhile."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Engine, update
from sqlmodel import Session, col

from engine.ledger.database import reading, transaction
from engine.ledger.tables import Notice, Violation
from engine.rulebook.model import Language
from notifier.claims import Claim, Prepared, may_be_taken
from notifier.drafts import Drafter
from notifier.events import DIGESTS, OCCASIONS
from notifier.records import Record
from notifier.render import Rendered
from notifier.tales import tale_of


def prepared(ledger: Engine, number: int, drafter: Drafter, now: datetime) -> Prepared | str | None:
    """The text of a notice that is about to be taken; None for digests, whose news is known once they are held.

    `gone` where somebody has been faster: then it need not be made. Raises as `freshened` does.
    """
    with reading(ledger) as session:
        notice = session.get_one(Notice, number)
        if not may_be_taken(session, notice):
            return "gone"
        if notice.event in DIGESTS:
            return None
        tale = tale_of(session, notice)
    text = drafter.text(tale, notice.channel, cast("Language", notice.language), now)
    return Prepared(tale.record.violation if tale.record else None, columns_of(text))


def columns_of(text: Rendered) -> dict[str, Any]:
    """The columns that a text goes into."""
    said: dict[str, Any] = {"subject": text.subject, "body": text.body, "template": text.template}
    return said | {"variables": dict(text.variables) or None, "template_sha256": text.sha256}


def freshened(ledger: Engine, taken: Claim, drafter: Drafter, now: datetime) -> Claim | None:
    """The claimed notice, its text as what it tells of is on record now; the ledger has it then too.

    None if the notice is no longer ours, or its violation has changed again or been settled while this was written:
    then it must not be sent now. Raises TemplateFaultError, SheetError or UnknownNameError on a faulty template or
    sheet.
    """
    notice = taken.notice
    with reading(ledger) as session:
        tale = tale_of(session, notice)
    text = drafter.text(tale, notice.channel, cast("Language", notice.language), now)
    with transaction(ledger) as session:
        if tale.record is not None and not _stands(session, tale.record, notice.event):
            return None
        if not write_text(session, taken, text):
            return None
        return dataclasses.replace(taken, notice=session.get_one(Notice, taken.number))


def write_text(session: Session, taken: Claim, text: Rendered) -> bool:
    """Let the claimed notice have this text; False if it is no longer ours."""
    ours = (
        (col(Notice.id) == taken.number)
        & (col(Notice.state) == "sending")
        & (col(Notice.owner) == taken.notice.owner)
        & (col(Notice.attempts) == taken.notice.attempts)
    )
    return session.exec(update(Notice).where(ours).values(**columns_of(text))).rowcount == 1


def _stands(session: Session, record: Record, event: str) -> bool:
    """Whether the violation is still what was read of it, and its notice not false by now."""
    now = session.get_one(Violation, record.violation.id, populate_existing=True)
    occasion = OCCASIONS.get(event)
    return now == record.violation and (occasion is None or now.state in occasion.states)
