"""The kinds of evidence and their columns: what an import takes, how a row is known again, which day it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.errors import UnknownNameError

ColumnType = Literal["text", "instant", "secret"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind. `secret` is stored only as a keyed digest; `choices` are the values allowed."""

    name: str
    type: ColumnType = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """`later` must not lie before `earlier` where both are given; `reason`, a code, is told for the cell of `later`."""

    earlier: str
    later: str
    reason: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of evidence.

    `key`: the columns (beside the platform) that name a row, so that a newer import replaces it. `day_of`: the
    instant whose local day files the row, which must be one and the same for a key within a file.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    day_of: str
    orders: tuple[Order, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns of a day file that come from the rows; the platform's day and second are added to them."""
        return tuple(c for c in self.columns if c.name != "platform")


SESSIONS = Kind(
    name="sessions",
    columns=(
        Column("platform", required=True),
        Column("shop", required=True),
        Column("session", required=True),
        Column("buyer", "secret"),
        Column("agent"),
        Column("opened_by", choices=("buyer", "agent", "system"), default="buyer"),
        Column("opened_at", "instant", required=True),
        Column("first_human_reply_at", "instant"),
        Column("closed_at", "instant"),
    ),
    key=("shop", "session"),
    day_of="opened_at",
    orders=(
        Order("opened_at", "first_human_reply_at", "reply_first"),
        Order("opened_at", "closed_at", "closed_first"),
    ),
)

KINDS: Mapping[str, Kind] = {k.name: k for k in (SESSIONS,)}


def kind(name: str) -> Kind:
    """The kind called `name`; an unknown one is refused with the names that exist."""
    if name not in KINDS:
        raise UnknownNameError("kind of evidence", name, KINDS)
    return KINDS[name]
