"""Which notices a list shows: all of them in parts, or the newest page by page. Their texts are not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from console.phrases import NOTICE_STATES
from engine.errors import UnknownNameError
from engine.ledger.parts import in_parts
from engine.ledger.tables import Notice
from notifier.receipts import UNDELIVERED

ARRIVALS = ("delivered", UNDELIVERED)  # what carriers say of notices that were sent
_TEXTS = tuple(defer(getattr(Notice, name)) for name in ("subject", "body", "variables"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listed: those of one state, as people call it, and those that one message tells together."""

    state: str | None = None
    within: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """What their rows fulfil. Raises UnknownNameError for a state that there is not."""
        found = []
        if self.within is not None:
            found.append(col(Notice.within_id) == self.within)
        if self.state is not None:
            found.append(_in_state(self.state))
        return found


def every(session: Session, wanted: Wanted) -> Iterator[list[Notice]]:
    """The notices, oldest first, some hundred at a time."""
    # Their numbers alone are put in order; an index has them.
    found = session.exec(select(col(Notice.id)).where(*wanted.conditions()))
    for some in in_parts(sorted(number or 0 for number in found)):
        yield _rows(session, some)
        session.expunge_all()


def newest(session: Session, wanted: Wanted, limit: int | None, before: int | None) -> tuple[list[Notice], int]:
    """At most `limit` notices, the newest first, and how many are older; `before` is the last of the page before."""
    conditions, number = wanted.conditions(), col(Notice.id)
    if before is not None:
        conditions.append(number < before)
    found = list(session.exec(select(number).where(*conditions).order_by(number.desc()).limit(limit)))
    rows = [row for some in in_parts(found) for row in reversed(_rows(session, some))]
    if limit is None or len(found) < limit:
        return rows, 0
    older = select(func.count()).select_from(Notice).where(*conditions, number < found[-1])
    return rows, session.exec(older).one()


def _rows(session: Session, numbers: Sequence[int | None]) -> list[Notice]:
    """These notices without their texts, oldest first."""
    return list(
        session.exec(select(Notice).options(*_TEXTS).where(col(Notice.id).in_(numbers)).order_by(col(Notice.id)))
    )


def _in_state(asked: str) -> ColumnElement[bool]:
    """Notices in this state, named or in Chinese; what arrived, and what did not, are of those that were sent."""
    name = {words.zh: name for name, words in NOTICE_STATES.items()}.get(asked.strip(), asked.strip().lower())
    if name not in NOTICE_STATES:
        words = "、".join(f"{name}（{words.zh}）" for name, words in NOTICE_STATES.items())
        raise UnknownNameError("state", asked, NOTICE_STATES, zh=words)
    if name in ARRIVALS:
        return (col(Notice.state) == "sent") & (col(Notice.receipt) == name)
    return col(Notice.state) == name
