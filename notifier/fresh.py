"""Claimed notices with the text that is true now: what was queued may tell of a state that has passed meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Engine, update
from sqlmodel import Session

from engine.errors import KaoheError
from engine.ledger.database import LedgerError, reading, transaction
from engine.ledger.tables import Notice
from engine.rulebook.model import Language
from notifier.about import Known, all_about, over_of
from notifier.claims import RETURNED, Claim, number_of
from notifier.drafts import Drafter
from notifier.render import Rendered
from notifier.routing.rows import routing_of
from notifier.tales import Tale, tales_of

Made = TypeVar("Made")
_log = logging.getLogger(__name__)


def freshened(
    ledger: Engine, taken: Sequence[Claim], drafter: Drafter, now: datetime
) -> dict[int, Claim | KaoheError | None]:
    """The claimed notices, no digests, by number, their texts as what they tell of is on record now; the ledger has
    them then too.

    None where a notice is no longer ours, or while this was written its violation or shop has changed, it was settled,
    or its recipient is not to be told any more: then it must not be sent now. The error where nothing can be written.
    """
    with reading(ledger) as session:
        tales = tales_of(session, [one.notice for one in taken])
    texts = {one.number: _text(one, tales[one.number], drafter, now) for one in taken}
    written: dict[int, Claim | KaoheError | None] = {}
    with transaction(ledger) as session:
        known, routing = all_about(session, [one.notice for one in taken]), routing_of(session)
        for one in sorted(taken, key=number_of):
            text, by_now = texts[one.number], known[one.number]
            if isinstance(text, KaoheError):
                written[one.number] = text
            elif _stands(by_now, tales[one.number]) and not over_of(one.notice, *by_now, routing):
                written[one.number] = write_text(session, one, text)
            else:
                written[one.number] = None
    return written


def _text(one: Claim, tale: Tale, drafter: Drafter, now: datetime) -> Rendered | KaoheError:
    language = cast("Language", one.notice.language)
    return unless_faulty(lambda: drafter.text(tale, one.notice.channel, language, now), one.number)


def unless_faulty(write: Callable[[], Made], number: int) -> Made | KaoheError:
    """What `write` makes of this notice, or why nothing can be made: whatever it is, the others go on."""
    try:
        return write()
    except LedgerError:
        raise
    except KaoheError as error:
        return error
    except Exception as error:  # noqa: BLE001  whatever it is, it is about this notice: the others go on
        _log.exception("notice %s cannot be written", number)
        return KaoheError(
            f"no text can be made of this notice: {error} ({type(error).__name__})",
            zh=f"写不出这封通知：{error}（{type(error).__name__}）",
        )


def write_text(session: Session, taken: Claim, text: Rendered) -> Claim | None:
    """Let the claimed notice have this text; None if it is no longer ours."""
    ours = update(Notice).where(taken.is_ours()).values(**columns_of(text)).returning(Notice)
    notice = session.exec(ours, execution_options=RETURNED).scalar_one_or_none()
    return None if notice is None else replace(taken, notice=notice)


def columns_of(text: Rendered) -> Mapping[str, Any]:
    """The columns that a text goes into."""
    said: dict[str, Any] = {"subject": text.subject, "body": text.body, "template": text.template}
    return said | {"variables": dict(text.variables) or None, "template_sha256": text.sha256}


def _stands(by_now: Known, tale: Tale) -> bool:
    """Whether the violation and the shop are still what was read of them."""
    record = tale.record
    unchanged = record is None or (by_now.record is not None and by_now.record.violation == record.violation)
    return unchanged and by_now.shop == tale.shop
