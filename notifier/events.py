"""The journal's events that people are told about, and until when telling them still makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why somebody is told. `event` names the notice and its templates, `states` those of the violation.

    Once the violation has left these states, the notice would be false: it is not queued, and not sent.
    """

    event: str
    states: frozenset[str]


OPENED = Occasion("violation.opened", frozenset({"open", "acknowledged", "confirmed", "appealed"}))

# What was found long after its assessment is told in a digest: its templates are those of this event.
LATE = Occasion("violations.late", OPENED.states)

# By the journal's event. A violation that was withdrawn and stands again is news only to those not yet told.
EVENTS: Mapping[str, Occasion] = {
    "violation.opened": OPENED,
    "violation.reopened": OPENED,
}

OCCASIONS: Mapping[str, Occasion] = {occasion.event: occasion for occasion in (*EVENTS.values(), LATE)}


def is_late(payload: Mapping[str, Any] | None) -> bool:
    """Whether the journal says of a violation that it was first recorded long after its assessment."""
    after = (payload or {}).get("after") or {}
    return after.get("late") is True
