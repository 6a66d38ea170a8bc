"""How addresses and telephone numbers are shown, everywhere alike: enough to recognise, too little to use."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s<>\"'(),:;@]+@[^\s<>\"'(),:;@]+")
_BETWEEN = re.compile(r"(\s*[;；]\s*)")


def masked(text: str) -> str:
    """`text` with every e-mail address in it cut to its first character and its domain.

    >>> masked("550 <zhang@example.com>: no such user")
    '550 <z***@example.com>: no such user'
    """
    return _ADDRESS.sub(lambda m: f"{m[0][0]}***@{m[0].rsplit('@', 1)[1]}", text)


def masked_contact(contact: str) -> str:
    """A shop's contact with each part masked; what is no address keeps its first and last character.

    >>> masked_contact("zhang@example.com; 13800001234")
    'z***@example.com; 1***4'
    """
    parts = _BETWEEN.split(contact)
    return "".join(part if odd else _part(part) for odd, part in zip((0, 1) * len(parts), parts, strict=False))


def _part(text: str) -> str:
    return masked(text) if _ADDRESS.fullmatch(text) else f"{text[:1]}***{text[-1:]}" if text else ""
