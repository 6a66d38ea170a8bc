"""A claimed notice with the text that is true now: what was queued may tell of a state that has passed meanwhile."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from engine.ledger.database import reading, transaction
from engine.ledger.tables import Contact, Notice, Violation
from engine.rulebook.model import Language
from notifier.claims import Claim
from notifier.drafts import Drafter
from notifier.events import OCCASIONS
from notifier.records import Record, records_of


def freshened(ledger: Engine, taken: Claim, drafter: Drafter) -> Claim | None:
    """The claimed notice about a violation, its text as the violation is on record now; the ledger has it then too.

    None if the notice is no longer ours, or its violation has changed again or been settled while this was written:
    then it must not be sent now. Raises TemplateFaultError, SheetError or UnknownNameError on a faulty template or
    sheet.
    """
    notice = taken.notice
    assert notice.violation_id is not None  # a digest is written by `notifier.writing`
    with reading(ledger) as session:
        record = records_of(session, [notice.violation_id])[notice.violation_id]
        of_house = select(Contact.id).where(Contact.name == notice.contact, col(Contact.client).is_(None))
        named = notice.contact is not None and session.exec(of_house).first() is not None
    facts = record.facts(drafter.rulebook, drafter.sheets, cast("Language", notice.language), named=named)
    text = drafter.templates.render(notice.event, notice.channel, facts)
    said: dict[str, Any] = {"subject": text.subject, "body": text.body, "template": text.template}
    said |= {"variables": dict(text.variables) or None}
    with transaction(ledger) as session:
        if not _stands(session, record, notice.event) or not _write(session, taken, said):
            return None
        return dataclasses.replace(taken, notice=session.get_one(Notice, taken.number))


def _stands(session: Session, record: Record, event: str) -> bool:
    """Whether the violation is still what was read of it, and its notice not false by now."""
    now = session.get_one(Violation, record.violation.id, populate_existing=True)
    occasion = OCCASIONS.get(event)
    return now == record.violation and (occasion is None or now.state in occasion.states)


def _write(session: Session, taken: Claim, said: dict[str, Any]) -> bool:
    ours = (
        (col(Notice.id) == taken.number)
        & (col(Notice.state) == "sending")
        & (col(Notice.owner) == taken.notice.owner)
        & (col(Notice.attempts) == taken.notice.attempts)
    )
    return session.exec(update(Notice).where(ours).values(**said)).rowcount == 1
