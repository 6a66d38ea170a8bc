"""What the journal says of a notice: who is told of what over which channel, never the text, addresses masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.ledger.journal import Event
from engine.ledger.tables import Notice
from notifier.words.lines import masked

ACTOR = "notifier"


def told(
    notice: Notice,
    number: int,
    event: str,
    actor: str = ACTOR,
    was: str | None = None,
    violations: Sequence[str] | None = None,
) -> Event:
    """That a notice has come into its state. `violations`: those of a digest that this is about."""
    after: dict[str, Any] = {
        "state": notice.state,
        "violation": notice.violation_id,
        "event": notice.event,
        "client": notice.client,
        "channel": notice.channel,
        "recipient": masked(notice.recipient),
        "language": notice.language,
        "template": notice.template,
        "attempts": notice.attempts,
        "answer": masked(notice.answer) if notice.answer else None,
    }
    if violations is not None:
        after["violations"] = list(violations)
    before = {"before": {"state": was}} if was else {}
    return Event(actor, event, "notice", str(number), before | {"after": after})
