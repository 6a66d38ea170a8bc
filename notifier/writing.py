"""The text of a digest, written when it is sent: only then is it known what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from engine.assessment.recording import NOTIFY_WITHIN
from engine.ledger.database import reading, transaction
from engine.ledger.tables import Assessment, Notice, Run, Subject, Violation
from engine.rulebook.model import Language
from notifier.claims import Claim
from notifier.digests import items_of
from notifier.drafts import Drafter
from notifier.events import DIGESTS, GATHERED, LATE, OPENED
from notifier.fresh import write_text
from notifier.readers import reader_at
from notifier.records import outlines, records_of
from notifier.render import Rendered
from notifier.routing.model import News
from notifier.routing.recipients import misdirected
from notifier.routing.rows import routing_of
from notifier.sms.binding import BindingError
from notifier.tales import tale_of
from notifier.together import read_together, text_together

CATCH_UP = timedelta(days=1)  # what was opened so long before a digest belongs to the same catch-up


def text_of(ledger: Engine, notice: Notice, drafter: Drafter, now: datetime) -> Rendered | None:
    """What a notice would say now; None where a digest holds nothing, or a text message has no sound binding.

    Raises TemplateFaultError or SheetError on a faulty template or sheet.
    """
    if notice.event in DIGESTS:
        return _written(ledger, notice, drafter, now)[0]
    with reading(ledger) as session:
        tale = tale_of(session, notice)
    try:
        return drafter.text(tale, notice.channel, cast("Language", notice.language), now)
    except BindingError:
        return None


def write(ledger: Engine, taken: Claim, drafter: Drafter, now: datetime) -> Claim | None:
    """The claimed digest with its text, which the ledger has then too; None if it is no longer ours.

    Nothing joins or leaves a digest while it is held; where something of it has changed meanwhile (its client, its
    state), it must not be sent now either. Raises as `text_of` does.
    """
    text, told = _written(ledger, taken.notice, drafter, now)
    if text is None or told is None:
        return None
    with transaction(ledger) as session:
        by_now = outlines(session, [violation.id for violation in told])
        if any(by_now[violation.id].violation != violation for violation in told):
            return None
        return write_text(session, taken, text)


def _written(
    ledger: Engine, digest: Notice, drafter: Drafter, now: datetime
) -> tuple[Rendered | None, Sequence[Violation] | None]:
    """What a digest says, and of which violations, as they were read; None where that is not all it holds."""
    number = digest.id or 0
    with reading(ledger) as session:
        if digest.event == GATHERED.event:
            together = read_together(session, digest, drafter, now)
        else:
            records = records_of(session, items_of(session, [number])[number])
            older = _older(session, digest) if records else 0
            reader = reader_at(digest, routing_of(session))
    if digest.event == GATHERED.event:
        if together is None:
            return None, []
        told = [record.violation for record in together.records.values()]
        return text_together(drafter, digest, together, now), None if together.holding.strays else told
    told = [record.violation for record in records.values()]
    return drafter.digest(digest, records.values(), older, reader) if records else None, told


def _older(session: Session, digest: Notice) -> int:
    """How many open violations of the recipient's shops came to light in the same catch-up, too late for a notice."""
    since = digest.created_at - CATCH_UP
    shop_id = func.coalesce(Subject.parent_id, Subject.id)
    wanted = (
        select(Violation, Run.due_at, shop_id)
        .join(Subject, col(Subject.id) == Violation.subject_id)
        .join(Assessment, col(Assessment.violation_id) == Violation.id)
        .join(Run, col(Run.id) == Assessment.run_id)
        .where(Violation.client == digest.client, Violation.opened_at >= since)
        .where(col(Violation.state).in_(sorted(LATE.states)), col(Assessment.superseded_at).is_(None))
    )
    old = [(v, shop) for v, due, shop in session.exec(wanted) if v.opened_at - due > NOTIFY_WITHIN]
    if not old:
        return 0
    known = session.exec(select(Subject).where(Subject.client == digest.client, Subject.kind == "shop"))
    shops, routing = {shop.id: shop for shop in known}, routing_of(session)
    count = 0
    for v, number in old:
        shop = shops.get(number)
        news = News(OPENED.event, v.client, v.platform, shop.key if shop else None, v.rule, v.severity)
        count += not misdirected(digest, news, shop, routing)
    return count
