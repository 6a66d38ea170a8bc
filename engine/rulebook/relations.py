"""What a counter may count: relations that the evidence offers, documented column by column.

A rule on these columns is data; another relation is code, here and in the room that measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["text", "integer", "boolean", "date"]


@dataclass(frozen=True, slots=True)
class ColumnDoc:
    """One column that a condition may name."""

    type: ColumnType
    doc: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows that a counter may count. `kind` is the kind of evidence that it reads.

    `bounded` says whether no row waits for anything longer than a limit that the rule itself names; where it
    does (a session may be answered until somebody closes it), a rule must name its cut-off.
    """

    name: str
    doc: str
    kind: str
    columns: Mapping[str, ColumnDoc]
    bounded: bool = False


SESSIONS = Relation(
    name="sessions",
    doc="One row for each conversation, in the cycle of the local day on which it was opened.",
    kind="sessions",
    columns=MappingProxyType(
        {
            "shop": ColumnDoc("text", "the shop's id on its platform"),
            "session": ColumnDoc("text", "the conversation's id; a reopened conversation has its own"),
            "agent": ColumnDoc("text", "the first human who replied, else the agent on record; null if nobody"),
            "opened_by": ColumnDoc("text", "who began: buyer, agent or system"),
            "day": ColumnDoc("date", "local day of the opening"),
            "second": ColumnDoc("integer", "second of that local day, 0 to 86399"),
            "replied_before_close": ColumnDoc(
                "boolean", "a human replied at or before the close and at or before the rule's cut-off"
            ),
        }
    ),
)

RELATIONS: Mapping[str, Relation] = MappingProxyType({SESSIONS.name: SESSIONS})
