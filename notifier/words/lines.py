"""Text from outside, made fit to stand on one line of a mail header, a log or a terminal."""

from __future__ import annotations

import re
import unicodedata

_ADDRESS = re.compile(r"[^\s<>\"'(),:;@]+@[^\s<>\"'(),:;@]+")


def one_line(text: str) -> str:
    """`text` on one line, without characters that steer a terminal, a mail header or the writing.

    >>> one_line("一店\\r\\nBcc: x@y.z\\u202e")
    '一店 Bcc: x@y.z'
    """
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text if not _steers(c))
    return " ".join("".join(kept).split())


def cut(text: str, length: int) -> str:
    """`text` on one line, of at most `length` characters, with … where it was cut."""
    line = one_line(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def masked(text: str) -> str:
    """`text` with every e-mail address in it cut to its first character and its domain.

    >>> masked("550 <zhang@example.com>: no such user")
    '550 <z***@example.com>: no such user'
    """
    return _ADDRESS.sub(lambda m: f"{m[0][0]}***@{m[0].rsplit('@', 1)[1]}", text)


def _steers(character: str) -> bool:
    return "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
