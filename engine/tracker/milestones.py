"""What time brings about, and telling it: each turn is told once, by whoever finds it first.

What is to come of something is a `Coming`: its turns in their order, and until when telling them makes sense. The mark
and the journal entry stand in one transaction. What had passed already when somebody looked is never told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from engine.ledger.journal import Event
from engine.ledger.milestones import reached, remember
from engine.ledger.tables import Subject


@dataclass(frozen=True, slots=True)
class Turn:
    """One instant of a `Coming`: its keys (the first is its own, others those under which it may have been told)."""

    keys: tuple[str, ...]
    at: datetime
    more: Mapping[str, Any] = field(default_factory=dict)  # what the journal says of it besides


@dataclass(frozen=True, slots=True)
class Coming:
    """What time will bring about: `turns` in the order of their instants, none of which is told from `over` on."""

    event: str
    object_kind: str
    object_id: str
    turns: tuple[Turn, ...]
    over: datetime
    after: Mapping[str, Any]

    def passed(self, now: datetime) -> int:
        """How many of the turns have come."""
        return sum(turn.at <= now for turn in self.turns)

    def due(self, now: datetime) -> bool:
        """Whether one of the turns has come and can still be told."""
        return self.passed(now) > 0 and now < self.over

    def next(self, now: datetime) -> datetime | None:
        """When the next turn comes."""
        return next((turn.at for turn in self.turns if turn.at > now), None)


def tell(session: Session, comings: Iterable[Coming], actor: str, now: datetime) -> list[Event]:
    """Mark the latest turn that has come of each of these, and say what the journal says of those marked by this.

    A turn is not told where a later one was: the clock of whoever looked then was ahead. To be appended in the same
    transaction, in which nobody else tells the same.
    """
    due = [coming for coming in comings if coming.due(now)]
    keys = sorted({key for coming in due for turn in coming.turns for key in turn.keys})
    known = reached(session, {coming.event for coming in due}, keys)
    events, new = [], []
    for coming in due:
        latest = coming.passed(now) - 1
        turn = coming.turns[latest]
        if known.isdisjoint((coming.event, key) for later in coming.turns[latest:] for key in later.keys):
            new.append((coming.event, turn.keys[0]))
            payload = {"why": None, "after": {**coming.after, **turn.more}}
            events.append(Event(actor, coming.event, coming.object_kind, coming.object_id, payload))
    remember(session, new, now)
    return events


def shop_of(subject: Subject, parent: Subject | None) -> Subject:
    """The shop of a subject, which is its parent where it has one; a person or a team itself."""
    return subject if parent is None else parent


def named(**after: Any) -> dict[str, Any]:
    """What the journal is to say: what is not there (a shop, a rule) is left out."""
    return {key: value for key, value in after.items() if value is not None}
