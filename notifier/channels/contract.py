"""What every channel takes and gives, so that another channel is another folder and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from engine.errors import KaoheError
from engine.rulebook.model import Language
from notifier.channels.outcome import Outcome


def letter_digest(key: str, event: str, channel: str, recipient: str) -> str:
    """Our own word for the letter that tells this piece of news to this recipient over this channel."""
    return hashlib.sha256("\n".join((key, event, channel, recipient)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Letter:
    """One finished message to one recipient, about one violation or a digest, always of one client's shops.

    `key` is the violation's id, or the digest's own. `variables`: what a provider puts into a text that it keeps
    itself, as short messages have; `body` is then that text as it is read. `whole` is the command that shows all that
    it is about, where its reader can type it.
    """

    key: str
    violation: str | None
    event: str
    channel: str
    recipient: str
    language: Language
    subject: str
    body: str
    variables: Mapping[str, str] = field(default_factory=dict)
    whole: str | None = None

    @property
    def digest(self) -> str:
        """32 hexadecimal digits that name this letter: the same at every attempt, no other has them."""
        return letter_digest(self.key, self.event, self.channel, self.recipient)


class Channel(Protocol):
    """A way to send. Neither method ever raises for what a provider does."""

    def send(self, letter: Letter, now: datetime) -> Outcome:
        """Make one attempt, without any of its own to repeat it."""
        ...

    def settle(self, letter: Letter, since: datetime) -> Outcome | None:
        """What became of attempts whose outcome is unknown, the first of them made at `since`.

        None where the provider has none of them, or cannot be asked at all: then the letter is sent (again).
        """
        ...


@runtime_checkable
class Patchy(Protocol):
    """A channel whose addresses are set up one by one, and some of them perhaps wrongly."""

    def faults(self) -> Mapping[str, KaoheError]:
        """What is wrong, by address (`wecom:ops`)."""
        ...

    def fault_of(self, recipient: str) -> KaoheError | None:
        """Why nothing can be sent to this recipient; None where it can."""
        ...


@runtime_checkable
class KeepsOpen(Protocol):
    """A channel that can send several letters over one connection; others need not know of it."""

    def opened(self) -> AbstractContextManager[Channel]:
        """The channel for some letters in a row; what it has open is closed at the end."""
        ...
