"""Who must know: from a shop to the people who get its notices, and over which channel.

There is one route: the contact of the shop. The column may hold several e-mail addresses, separated by `;`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from engine.ledger.tables import Notice, Subject
from engine.rulebook.model import Language, Text
from notifier.words.lines import cut

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
LONGEST_SHOWN = 120
CONTROL = Text(
    "含有换行或其他控制字符，可能伪造邮件头",
    "holds a line break or another control character, which could forge a mail header",
)
LETTERS = Text(
    "含有邮件服务器不收的字符；请用 ASCII 书写，域名写成 xn--…",
    "has letters that mail servers do not take; write the address in ASCII, its domain as xn--…",
)
ENCODED_WORD = Text(
    "含有 =?；邮件程序会把它当作编码字，从而变成另一个地址",
    "holds =?, which mail programs take for the beginning of an encoded word, and so for another address",
)
SEVERAL = Text("几个地址写在了一起；请用 ; 分隔", "several addresses in one; separate them with ;")
NO_AT = Text("不是邮箱地址：没有 @", "is not an e-mail address: it has no @")
BEFORE_AT = Text(
    "不是邮箱地址：@ 前面的部分不对；只写地址，不写姓名",
    "is not an e-mail address: what stands before the @ cannot; give the bare address, without a name",
)
AFTER_AT = Text(
    "不是邮箱地址：@ 后面不是 example.com 这样的域名",
    "is not an e-mail address: what stands after the @ is no domain, like example.com",
)
ADDRESS_FAULTS = (CONTROL, LETTERS, SEVERAL, ENCODED_WORD, NO_AT, BEFORE_AT, AFTER_AT)


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
    found: dict[str, Recipient] = {}
    for text in _addresses(shop.contact or ""):
        fault = address_fault(text)
        if fault:
            mend = f"mend the contact of {shop.key} with `kaohe shops import`, then `kaohe notices retry`"
            recipient = Recipient(_shown(text), "email", language, f"{fault.en}; {mend}")
        else:
            local, domain = text.rsplit("@", 1)
            recipient = Recipient(f"{local}@{domain.lower()}", "email", language)
        found.setdefault(recipient.address.lower(), recipient)
    return list(found.values())


def contact_faults(contact: str) -> list[tuple[str, Text]]:
    """The parts of a shop's contact that are no addresses to write to, each with what is wrong with it.

    >>> [(text, fault.en) for text, fault in contact_faults("zhang@example.com; 13800001234")]
    [('13800001234', 'is not an e-mail address: it has no @')]
    """
    return [(text, fault) for text in _addresses(contact) if (fault := address_fault(text))]


def _addresses(contact: str) -> list[str]:
    return [part.strip() for part in re.split("[;；]", contact) if part.strip()]


def misdirected(notice: Notice, shop: Subject | None) -> str | None:
    """Why this notice must not go where it was to go, or None: its shop has another contact by now."""
    known = recipients_of(shop, cast("Language", notice.language)) if shop else []
    if any(recipient.address == notice.recipient for recipient in known):
        return None
    return f"{notice.recipient} is not in the contact of the shop any more"


def _shown(text: str) -> str:
    """The text with what cannot be seen written out, so that it is never mistaken for a usable address."""
    return cut("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text), LONGEST_SHOWN)


def address_fault(address: str) -> Text | None:
    """Why this text cannot stand as the address of one mail, or None if it can.

    >>> address_fault("zhang@example.com")
    >>> address_fault("zhang@example.com, li@example.com").en
    'several addresses in one; separate them with ;'
    """
    if not address.isprintable():
        return CONTROL
    if not address.isascii():
        return LETTERS
    if address.count("@") > 1:
        return SEVERAL
    if "=?" in address:
        return ENCODED_WORD
    local, at, domain = address.partition("@")
    if not at:
        return NO_AT
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        return BEFORE_AT
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return AFTER_AT
    return None
