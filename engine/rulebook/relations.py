"""What a counter may count: relations that the evidence offers, documented column by column.

A rule on these columns is data; another relation is code, here and in the room that measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["text", "integer", "boolean", "date"]
# What the hours of a counter choose: the rows, by their `second`, or the parts that a row is made of, before it is.
HoursChoose = Literal["rows", "parts"]
# When a row is as it will stay: on its own day, once its waiting is over or beyond a limit, or never by itself.
Settled = Literal["on its day", "by a limit", "never"]


@dataclass(frozen=True, slots=True)
class ColumnDoc:
    """One column that a condition may name. `choices` are the only constants that it can equal, where they are few."""

    type: ColumnType
    doc: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows that a counter may count. `kind` is the kind of evidence that it reads.

    `settled` says when a row stops changing. Where a limit settles it, `wait` is the column that a rule must limit to
    do without a cut-off, and `answered` are those that are known only once the waiting is over. `counted`: the
    numbers were counted elsewhere, and a counter takes them whole.
    """

    name: str
    doc: str
    kind: str
    columns: Mapping[str, ColumnDoc]
    settled: Settled = "never"
    wait: str | None = None
    answered: frozenset[str] = frozenset()
    hours_choose: HoursChoose | None = "rows"
    counted: bool = False


_SHOP = ColumnDoc("text", "the shop's id on its platform")
_SCORES = ("satisfied", "neutral", "disappointed")
_SECOND = ColumnDoc("integer", "second of that local day, 0 to 86399")


def _columns(**columns: ColumnDoc) -> Mapping[str, ColumnDoc]:
    return MappingProxyType(columns)


SESSIONS = Relation(
    name="sessions",
    doc="One row for each conversation, in the cycle of the local day on which it was opened.",
    kind="sessions",
    columns=_columns(
        shop=_SHOP,
        session=ColumnDoc("text", "the conversation's id; a reopened conversation has its own"),
        agent=ColumnDoc("text", "the first human who replied, else the agent on record; null if nobody"),
        opened_by=ColumnDoc("text", "who began", ("buyer", "agent", "system")),
        day=ColumnDoc("date", "local day of the opening"),
        second=_SECOND,
        replied_before_close=ColumnDoc(
            "boolean", "a human replied at or before the close and at or before the rule's cut-off"
        ),
    ),
)

_WAIT = (
    "whole seconds until a human's first answer in the same conversation, a begun second counting whole; the same "
    "instant answers at once (0), bots never answer; null if nobody did by the end of the next local day or by the "
    "cut-off"
)
_ANSWERER = ColumnDoc("text", "who answered; if nobody did, the conversation's agent; null if it has none")

WAITS = Relation(
    name="waits",
    doc="One row for each message of a buyer, in the cycle of the local day on which it was sent.",
    kind="messages",
    columns=_columns(
        shop=_SHOP,
        session=ColumnDoc("text", "the conversation's id; null where the platform gives none"),
        agent=_ANSWERER,
        day=ColumnDoc("date", "local day of the message"),
        second=_SECOND,
        wait=ColumnDoc("integer", _WAIT),
    ),
    settled="by a limit",
    wait="wait",
    answered=frozenset({"agent"}),
)

PERSON_DAYS = Relation(
    name="person_days",
    doc=(
        "One row for each shop, buyer and local day on which the buyer wrote, whatever the conversations; a counter's "
        "hours choose the messages that make it up."
    ),
    kind="messages",
    columns=_columns(
        shop=_SHOP,
        agent=ColumnDoc(
            "text",
            "in an agent's own figure that agent, whose rows are made of the messages that waits gives them; in a "
            "shop's figure null, since its rows are made of all messages",
        ),
        day=ColumnDoc("date", "local day of the messages"),
        messages=ColumnDoc("integer", "how many messages make it up"),
        worst_wait=ColumnDoc("integer", "the longest wait of these messages, as in waits; null if any has none"),
    ),
    settled="by a limit",
    wait="worst_wait",
    answered=frozenset({"agent"}),
    hours_choose="parts",
)

ROUNDS = Relation(
    name="rounds",
    doc=(
        "One row for each round: from a buyer's first unanswered message to the first human answer, in the cycle of "
        "the local day of that message. What the buyer writes while waiting belongs to the round."
    ),
    kind="messages",
    columns=_columns(
        shop=_SHOP,
        session=ColumnDoc("text", "the conversation's id; null where the platform gives none"),
        agent=_ANSWERER,
        day=ColumnDoc("date", "local day of the round's first message"),
        second=_SECOND,
        wait=ColumnDoc("integer", _WAIT),
    ),
    settled="by a limit",
    wait="wait",
    answered=frozenset({"agent"}),
)


def _rating_columns(instant: str) -> Mapping[str, ColumnDoc]:
    given = "the buyer named this reason; false if another or none"
    return _columns(
        shop=_SHOP,
        rating=ColumnDoc("text", "the rating's id; null where the platform gives none"),
        session=ColumnDoc("text", "the conversation that was rated; null if unknown"),
        agent=ColumnDoc("text", "who was rated; null if nobody is named"),
        agent_kind=ColumnDoc("text", "what served the buyer; null if unknown", ("human", "bot")),
        day=ColumnDoc("date", f"local day on which {instant}"),
        second=_SECOND,
        score=ColumnDoc("text", "the score in words; null if there are stars alone", _SCORES),
        stars=ColumnDoc("integer", "the score in stars; null if there are words alone", ("1", "2", "3", "4", "5")),
        bad_attitude=ColumnDoc("boolean", f"bad attitude: {given}"),
        slow=ColumnDoc("boolean", f"slow answers: {given}"),
        unresolved=ColumnDoc("boolean", f"the problem was not solved: {given}"),
        unprofessional=ColumnDoc("boolean", f"poor knowledge: {given}"),
        other=ColumnDoc("boolean", "the buyer named a reason that is none of these"),
        origin=ColumnDoc("text", "what led to the rating; null if unknown", ("buyer", "invited", "system")),
    )


RATINGS = Relation(
    name="ratings",
    doc="One row for each rating, in the cycle of the local day on which the buyer gave it.",
    kind="ratings",
    columns=_rating_columns("the rating was given"),
    settled="on its day",
)

RATINGS_BY_SENDING = Relation(
    name="ratings_by_sending",
    doc=(
        "One row for each rating whose card was sent at a known time, in the cycle of that local day. It is seen if "
        "the rating was given within 31 days of it, and by the cut-off."
    ),
    kind="ratings",
    columns=_rating_columns("the card was sent"),
)

COUNTS = Relation(
    name="counts",
    doc=(
        "No rows to choose from: figures that were counted elsewhere. A counter is what was imported for exactly this "
        "cycle under its name, `<rule id>/<counter>`; shorter periods within it add up, and must not overlap."
    ),
    kind="counts",
    columns=_columns(),
    settled="on its day",
    hours_choose=None,
    counted=True,
)

RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        relation.name: relation
        for relation in (SESSIONS, WAITS, PERSON_DAYS, ROUNDS, RATINGS, RATINGS_BY_SENDING, COUNTS)
    }
)
