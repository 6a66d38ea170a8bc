"""The channel of e-mail: a letter becomes a mail, and goes one of two ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from notifier.channels.contract import Letter
from notifier.channels.email.folder import OutboxFolder
from notifier.channels.email.message import Mail, Sender, mail_of
from notifier.channels.outcome import Outcome


class Transport(Protocol):
    """Where a finished mail goes."""

    def carry(self, mail: Mail) -> Outcome:
        """Hand the mail over once; never raises for what a server or a disk does."""
        ...

    def opened(self) -> AbstractContextManager[Transport]:
        """The same for some mails in a row."""
        ...


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """The e-mail channel: who sends, and which way."""

    sender: Sender
    transport: Transport

    def send(self, letter: Letter, now: datetime) -> Outcome:
        """Send one letter as one mail to one recipient. One that no mail can be made of is refused for good."""
        try:
            mail = mail_of(letter, self.sender, now)
        except Exception as error:  # noqa: BLE001  whatever it is, it is about this letter: the others go on
            return Outcome.of("permanent", f"no mail can be made of this notice: {error} ({type(error).__name__})")
        outcome = self.transport.carry(mail)
        return replace(outcome, reference=mail.message_id) if outcome.kind == "accepted" else outcome

    @contextmanager
    def opened(self) -> Iterator[EmailChannel]:
        """The channel for some letters in a row, over one connection as far as the server lets them."""
        with self.transport.opened() as transport:
            yield replace(self, transport=transport)

    def settle(self, letter: Letter, since: datetime) -> Outcome | None:  # noqa: ARG002  the contract's signature
        """None: nobody can be asked."""
        return None


def folder_of(channel: object) -> Path | None:
    """The folder that this channel writes its mails to; None where it sends them, or is another channel."""
    transport = channel.transport if isinstance(channel, EmailChannel) else None
    return transport.path if isinstance(transport, OutboxFolder) else None
