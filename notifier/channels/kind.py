"""What a channel's folder tells of itself: its name, its settings, its addresses, and how it is set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from engine.rulebook.model import Text
from engine.settings import Setting
from notifier.channels.contract import Channel
from notifier.channels.outcome import Outcome
from notifier.channels.report import Callback

# Which templates a channel's texts are made with: a mail's; Markdown of a chat; the variables of a short message.
Form = Literal["email", "chat", "sms"]


class Setup(Protocol):
    """What an installation tells a channel that is set up in it."""

    @property
    def outbox(self) -> Path:
        """A directory for channels that write files."""
        ...

    def value(self, name: str) -> str:
        """A setting of this channel, a secret also from the file that is named for it; empty where it is not set."""
        ...


class Address(NamedTuple):
    """An address in the one way in which it is kept; with a `fault` nothing may be sent there."""

    text: str
    fault: Text | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of channel; a folder of `notifier.channels` has one as `CHANNEL`.

    address   reads an address as people write it
    faults    what may be wrong with one
    build     the channel as it is set up, None where it is not; raises KaoheError where the settings are wrong
    greet     goes as far as one can without sending anything; None where that cannot be tried
    extra     the extra of the package that must be installed for it, if any
    callback  how the provider's own reports of delivery are read, where it sends any
    """

    name: str
    title: Text
    form: Form
    address: Callable[[str], Address]
    build: Callable[[Setup], Channel | None]
    faults: tuple[Text, ...] = ()
    settings: tuple[Setting, ...] = ()
    greet: Callable[[Setup], Outcome | None] = lambda _: None
    extra: str | None = None
    callback: Callback | None = None
