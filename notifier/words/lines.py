"""Text from outside, made fit to stand on one line of a mail header, a log or a terminal."""

from __future__ import annotations

import unicodedata

from engine.ledger.masking import masked

__all__ = ["cut", "masked", "one_line", "unmarked"]


def one_line(text: str) -> str:
    """`text` on one line, without characters that steer a terminal, a mail header or the writing.

    >>> one_line("一店\\r\\nBcc: x@y.z\\u202e")
    '一店 Bcc: x@y.z'
    """
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text if not _steers(c))
    return " ".join("".join(kept).split())


# What Markdown, and the tags that chats mix into it, are made of; each with a sign that looks like it.
_MARKS = str.maketrans("<[]*`~#\\&", "＜［］＊｀～＃＼＆")


def unmarked(text: str) -> str:
    """Text from outside that means nothing in the Markdown of a chat: no link, no mention, no emphasis.

    Chats differ in what a backslash does, so that signs which look alike take the place of those that do something.

    >>> unmarked("<at id=all></at> [一店](https://v.il)")
    '＜at id=all>＜/at> ［一店］(https://v.il)'
    """
    return text.translate(_MARKS)


def cut(text: str, length: int) -> str:
    """`text` on one line, of at most `length` characters, with … where it was cut."""
    line = one_line(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def _steers(character: str) -> bool:
    return "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
