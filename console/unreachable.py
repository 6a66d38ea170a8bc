"""Addresses that nothing can be sent to as this installation is set up: told, and taken all the same.

Where a file is applied need not be where messages leave, and a channel may be set up later; so nobody is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from console.routing_words import said
from console.sentences import sentence
from console.settings import Settings
from engine.errors import KaoheError
from engine.ledger.masking import masked
from engine.rulebook.model import Language
from notifier.channels.contract import Patchy
from notifier.channels.registry import channels_of
from notifier.channels.robots import named_channels
from notifier.routing.model import Contact, Routing
from notifier.routing.recipients import Recipient, own_addresses


class Ways:
    """What the channels of this installation can reach."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _built(self) -> tuple[dict[str, object], dict[str, KaoheError]]:
        built = channels_of(self._settings)
        return dict(built.channels), dict(built.faults)

    def complaint(self, channel: str, address: str, language: Language) -> str | None:
        """Why nothing can be sent to this address from here; None where it can, as far as is known."""
        ready, faults = self._built
        if channel not in ready:
            if channel in faults:
                return faults[channel].in_language(language)
            return sentence("channel not set up", language, channel=channel)
        known = ready[channel]
        fault = known.fault_of(address) if isinstance(known, Patchy) else None
        return fault.in_language(language) if fault else None


def contact_lines(routing: Routing, settings: Settings, language: Language) -> Iterator[str]:
    """The addresses of contacts that cannot be reached from here, a line for each."""
    return _lines(((c.name, a.channel, a.address) for c in _named(routing) for a in c.addresses), settings, language)


def recipient_lines(found: Iterable[Recipient], settings: Settings, language: Language) -> Iterator[str]:
    """The same of those who would be told of something."""
    own = said("own route", language)
    sound = ((r.contact or own, r.channel, r.address) for r in found if not r.fault)
    return _lines(sound, settings, language)


def shop_lines(contacts: Iterable[tuple[str, str]], settings: Settings, language: Language) -> Iterator[str]:
    """The same of shops' own contacts: of each its name and the cell."""
    found = ((shop, channel, address) for shop, cell in contacts for channel, address in own_addresses(cell))
    return _lines(found, settings, language)


def _named(routing: Routing) -> list[Contact]:
    """The contacts that some route leads to; what stands there unused harms nobody."""
    used = {name for route in routing.routes for name in (*route.to, *route.escalate_to)}
    return [contact for contact in routing.contacts.values() if contact.name in used]


def _lines(found: Iterable[tuple[str, str, str]], settings: Settings, language: Language) -> Iterator[str]:
    ways, named = Ways(settings), named_channels()
    for whose, channel, address in found:
        why = ways.complaint(channel, address, language)
        if why:
            shown = address if channel in named else masked(address)
            yield sentence("unreachable", language, whose=whose, address=f"{channel}:{shown}", why=why)
