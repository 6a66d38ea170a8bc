"""The journal's events that people are told about, until when telling them still makes sense, and whom they concern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.ledger.states import SETTLED, STATES

ALL = frozenset(STATES)
UNSETTLED = ALL - SETTLED


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why somebody is told. `event` names the notice and its templates, `states` those of the violation.

    Once the violation has left these states, the notice would be false: it is not queued, and not sent. What is `usual`
    goes to shops' own contacts, and over routes that name no events; the rest goes where a route asks for it. What is
    `of_house` goes to nobody but contacts of the house. `told_before`: it is news only to those who were told of the
    violation. Other news than what is `of_small` is not told of violations below their rule's `notify_floor`. What is
    `of_all` concerns every client where it names none; other news without a client goes to the house alone.
    """

    event: str
    states: frozenset[str] = ALL
    usual: bool = True
    of_house: bool = False
    told_before: bool = False
    of_small: bool = False
    of_all: bool = False


OPENED = Occasion("violation.opened", UNSETTLED)

# What was found long after its assessment is told in a digest: its templates are those of this event.
LATE = Occasion("violations.late", OPENED.states)

# Several notices to one recipient as one message; its templates are those of this event.
GATHERED = Occasion("notices.gathered")
NOTHING_LEFT = "not sent: none of its violations is left"  # the answer to a digest that has nothing to tell any more

# Nobody has acknowledged a violation: told along the routes that say whom then to tell.
ESCALATED = Occasion("violation.escalated", frozenset({"open"}), usual=False)

CORRECTED = Occasion("violation.corrected", UNSETTLED, told_before=True)
WITHDRAWN = Occasion("violation.withdrawn", frozenset({"withdrawn"}), told_before=True)

# By the journal's event. A violation that was withdrawn and stands again is news only to those not yet told.
EVENTS: Mapping[str, Occasion] = {
    "violation.opened": OPENED,
    "violation.reopened": OPENED,
}

# The others, each of whose entries in the journal is a piece of news of its own.
OTHERS: Mapping[str, Occasion] = {
    occasion.event: occasion
    for occasion in (
        CORRECTED,
        WITHDRAWN,
        Occasion("penalty.recorded"),
        Occasion("deadline.near", UNSETTLED, of_small=True),
        Occasion("sanction.begins", UNSETTLED),
        Occasion("sanction.ends", UNSETTLED),
        Occasion("warning.at_risk"),
        Occasion("warning.certain"),
        Occasion("warning.one_more"),
        Occasion("duty.near", usual=False),
        Occasion("duty.overdue", usual=False),
        Occasion("evidence.missing", usual=False),
        Occasion("rule.announced", usual=False, of_all=True),
        Occasion("week.listed", usual=False),
        Occasion("operator.alarm", usual=False, of_house=True),
        Occasion("operator.mended", usual=False, of_house=True),
    )
}

# What a route may ask for.
ROUTED: Mapping[str, Occasion] = {OPENED.event: OPENED, ESCALATED.event: ESCALATED, **OTHERS}
USUAL = frozenset(event for event, occasion in ROUTED.items() if occasion.usual)

OCCASIONS: Mapping[str, Occasion] = {**ROUTED, LATE.event: LATE, GATHERED.event: GATHERED}

NO_SUCH_EVENT = ("docs/notices.md lists them", "docs/notices.md 列出全部")  # what to do, in English and Chinese

# Their texts are made of others, and only when they are sent.
DIGESTS = frozenset({LATE.event, GATHERED.event})


def is_late(payload: Mapping[str, Any] | None) -> bool:
    """Whether the journal says of a violation that it was first recorded long after its assessment."""
    after = (payload or {}).get("after") or {}
    return after.get("late") is True
