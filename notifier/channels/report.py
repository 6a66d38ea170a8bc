"""What a provider reports of a message that it took: whether it arrived. Some are asked, some call by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from engine.errors import KaoheError
from notifier.channels.outcome import Outcome

Arrival = Literal["delivered", "undelivered"]


@dataclass(frozen=True, slots=True)
class Reported:
    """One report. `recipient` is written as notices have it; `own` is our word for the letter, where it is repeated."""

    channel: str
    provider_id: str
    recipient: str
    state: Arrival
    answer: str
    reported_at: datetime
    own: str | None = None


class Asked(NamedTuple):
    """A message that is asked after: by the provider's name for it, if it told one, and by our own word for it."""

    provider_id: str | None
    own: str
    sent_at: datetime


@runtime_checkable
class Reporter(Protocol):
    """A channel whose provider can be asked what became of messages that it took."""

    def receipts(self, recipient: str, asked: Sequence[Asked], now: datetime) -> list[Reported] | Outcome:
        """What is known by now of these messages to one recipient; or why it cannot be learned. Never raises."""
        ...


class NotGenuineError(KaoheError):
    """What came is no report of this provider's."""


@dataclass(frozen=True, slots=True)
class Callback:
    """How a provider's own calls are read.

    read    the reports in a body, without those to numbers that are never written to; raises NotGenuineError for a body
            of another shape, passes over a single report that is odd
    thanks  what the provider is answered once they are kept, as a JSON object
    """

    read: Callable[[bytes], list[Reported]]
    thanks: Mapping[str, object]
