"""How addresses and telephone numbers are shown, everywhere alike: enough to recognise, too little to use."""

from __future__ import annotations

import re
from collections.abc import Collection

_ADDRESS = re.compile(r"[^\s<>\"'(),:;@]+@[^\s<>\"'(),:;@]+")
# A mobile number of the mainland, as people and providers write it, whatever word it stands in: only digits before or
# after make another number of it. In an address of the web %2B is a +, and other %xx are no digits.
_MOBILE = re.compile(
    r"(?:(?<![0-9])|(?<=%[0-9A-F]{2}))((?:(?:\+|%2B|00)?86[ -]?)?1[3-9][0-9])[ -]?[0-9]{4}[ -]?([0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(\s*[;；]\s*)")


def masked(text: str) -> str:
    """`text` with the e-mail addresses in it cut to first character and domain, mobile numbers to their two ends.

    >>> masked("550 <zhang@example.com>: no such user"), masked("no credit for +8613800001234")
    ('550 <z***@example.com>: no such user', 'no credit for +86138****1234')
    """
    without = _ADDRESS.sub(lambda m: f"{m[0][0]}***@{m[0].rsplit('@', 1)[1]}", text)
    return _MOBILE.sub(r"\1****\2", without)


def masked_contact(contact: str, named: Collection[str] = ()) -> str:
    """A shop's contact with each part masked; what is no address keeps its first and last character.

    `named` are the channels whose addresses are names that this installation gave, and nobody's own.

    >>> masked_contact("zhang@example.com; 13800001234; wecom:ops", ["wecom"])
    'z***@example.com; 1***4; wecom:ops'
    """
    parts = _BETWEEN.split(contact)
    return "".join(part if odd else _part(part, named) for odd, part in zip((0, 1) * len(parts), parts, strict=False))


def _part(text: str, named: Collection[str]) -> str:
    channel, colon, name = text.partition(":")
    if colon and channel.strip().lower() in named:
        return f"{channel}:{masked(name)}"
    return masked(text) if _ADDRESS.fullmatch(text) else f"{text[:1]}***{text[-1:]}" if text else ""
