"""Who must know: from a shop to the people who get its notices, and over which channel.

There is one route: the contact of the shop. The column may hold several addresses, separated by `;`: e-mail addresses,
and those of other channels behind their name, like `wecom:ops`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from engine.ledger.tables import Notice, Subject
from engine.rulebook.model import Language, Text
from notifier.channels.registry import written_address
from notifier.words.lines import cut

LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address on one channel. With a `fault` nothing may be sent there; the fault says how to mend it.

    `address` of a faulty recipient is made fit to be shown, and is not the text that was given.
    """

    address: str
    channel: str
    language: Language
    fault: str | None = None


def recipients_of(shop: Subject, language: Language) -> list[Recipient]:
    """Everybody who gets the notices of this shop, each address once, in the order of its contact.

    Empty for a shop without a contact. An address that cannot be used is there too, with its fault.
    """
    found: dict[tuple[str, str], Recipient] = {}
    for text in _addresses(shop.contact or ""):
        channel, address = written_address(text)
        if address.fault:
            mend = f"mend the contact of {shop.key} with `kaohe shops import`, then `kaohe notices retry`"
            recipient = Recipient(_shown(text), channel, language, f"{address.fault.en}; {mend}")
        else:
            recipient = Recipient(address.text, channel, language)
        found.setdefault((channel, recipient.address.lower()), recipient)
    return list(found.values())


def contact_faults(contact: str) -> list[tuple[str, Text]]:
    """The parts of a shop's contact that are no addresses to write to, each with what is wrong with it.

    >>> [(text, fault.en) for text, fault in contact_faults("zhang@example.com; 13800001234")]
    [('13800001234', 'is not an e-mail address: it has no @')]
    """
    return [(text, fault) for text in _addresses(contact) if (fault := written_address(text)[1].fault)]


def _addresses(contact: str) -> list[str]:
    return [part.strip() for part in re.split("[;；]", contact) if part.strip()]


def misdirected(notice: Notice, shop: Subject | None) -> str | None:
    """Why this notice must not go where it was to go, or None: its shop has another contact by now."""
    known = recipients_of(shop, cast("Language", notice.language)) if shop else []
    if any((r.channel, r.address) == (notice.channel, notice.recipient) for r in known):
        return None
    return f"{notice.recipient} is not in the contact of the shop any more"


def _shown(text: str) -> str:
    """The text with what cannot be seen written out, so that it is never mistaken for a usable address."""
    return cut("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text), LONGEST_SHOWN)
