"""E-mail addresses: which text can stand as the address of one mail, and what is wrong with another."""

from __future__ import annotations

import re

from engine.rulebook.model import Text
from notifier.channels.kind import Address

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
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


def read_address(text: str) -> Address:
    """The address in the one way in which it is kept: its domain in small letters."""
    fault = address_fault(text)
    if fault:
        return Address(text, fault)
    local, domain = text.rsplit("@", 1)
    return Address(f"{local}@{domain.lower()}")


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
