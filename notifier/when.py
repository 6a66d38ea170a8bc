"""When a notice that waits may go, and what it waits for: what lists of notices tell beside *queued*."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from engine.ledger.tables import Notice
from notifier.events import LATE
from notifier.routing.limits import next_opening
from notifier.routing.model import ALWAYS, Routing
from notifier.routing.recipients import limits_of

# What it waits for: the provider, the hours of its recipient, room under a cap, others to be told with it, its turn.
Reason = Literal["provider", "hours", "cap", "together", "turn"]


class Wait(NamedTuple):
    """The first instant at which a notice may go, and why not before."""

    until: datetime
    why: Reason


def wait_of(notice: Notice, routing: Routing, now: datetime) -> Wait | None:
    """What a queued notice waits for; None for one in another state.

    As far as can be told without counting what went there: whether there will be room under a cap shows at its turn.
    """
    if notice.state != "queued":
        return None
    at = max(now, notice.next_attempt_at)
    limits = limits_of(notice, routing)
    hours = ALWAYS if notice.urgent else limits.hours
    opens = next_opening(hours, at)
    if opens > at:
        return Wait(opens, "hours")
    if at == now:
        return Wait(at, "turn")
    if notice.answer:
        return Wait(at, "provider")
    if notice.event == LATE.event:
        return Wait(at, "together")
    if next_opening(hours, now) > now:
        return Wait(at, "hours")
    return Wait(at, "cap" if limits.capped else "turn")
