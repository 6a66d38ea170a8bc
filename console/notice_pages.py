"""Which notices a list shows: all of them in parts, or the newest page by page. Their texts are not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from console.phrases import NOTICE_STATES
from engine.errors import UnknownNameError
from engine.ledger.tables import Notice
from notifier.receipts import UNDELIVERED

AT_ONCE = 500
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
    conditions, last = wanted.conditions(), 0
    number = col(Notice.id)
    while True:
        some = select(Notice).options(*_TEXTS).where(number > last, *conditions).order_by(number).limit(AT_ONCE)
        part = list(session.exec(some))
        if part:
            yield part
        if len(part) < AT_ONCE:
            return
        last = part[-1].id or 0
        session.expunge_all()


def newest(session: Session, wanted: Wanted, limit: int | None, before: int | None) -> tuple[list[Notice], int]:
    """At most `limit` notices, the newest first, and how many are older; `before` is the last of the page before."""
    conditions, number = wanted.conditions(), col(Notice.id)
    if before is not None:
        conditions.append(number < before)
    found = list(session.exec(select(Notice).options(*_TEXTS).where(*conditions).order_by(number.desc()).limit(limit)))
    if limit is None or len(found) < limit:
        return found, 0
    older = select(func.count()).select_from(Notice).where(*conditions, number < found[-1].id)
    return found, session.exec(older).one()


def _in_state(asked: str) -> ColumnElement[bool]:
    """Notices in this state, named or in Chinese; what arrived, and what did not, are of those that were sent."""
    name = {words.zh: name for name, words in NOTICE_STATES.items()}.get(asked.strip(), asked)
    if name not in NOTICE_STATES:
        words = "、".join(f"{name}（{words.zh}）" for name, words in NOTICE_STATES.items())
        raise UnknownNameError("state", asked, NOTICE_STATES, zh=words)
    if name in ARRIVALS:
        return (col(Notice.state) == "sent") & (col(Notice.receipt) == name)
    return col(Notice.state) == name
