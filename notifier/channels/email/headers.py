"""Mail headers, encoded here: a text in them arrives letter for letter, whatever it looks like.

The library decodes what looks like an encoded word (`=?utf-8?q?…?=`) when a header is set, so that a shop's name could
bring line breaks, and with them headers of its own. Here a text is either plain and harmless, or all of it encoded.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping

from notifier.words.lines import one_line

_PLAIN_TEXT = re.compile(r"[!-~]+(?: [!-~]+)*")  # RFC 5322, unstructured
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")  # a display name that needs no quotes
_LONGEST_PLAIN = 56  # characters: one line of at most 76, whatever the header's name
_WORD_BYTES = 33  # 44 characters of base64, with their frame 56


def header_text(text: str) -> str:
    """The value of a header that holds free text, like Subject; the text is put on one line.

    >>> header_text("Kaohe 77%")
    'Kaohe 77%'
    >>> header_text("店")
    '=?utf-8?b?5bqX?='
    """
    line = one_line(text)
    plain = _PLAIN_TEXT.fullmatch(line) and len(line) <= _LONGEST_PLAIN and "=?" not in line
    return line if plain else _encoded(line)


def mailbox(address: str, name: str = "") -> str:
    """The value of a header that holds one address, which the caller has checked, and whose it is.

    >>> mailbox("kaohe@example.com", "Kaohe, Ltd.")
    '=?utf-8?b?S2FvaGUsIEx0ZC4=?=\\r\\n <kaohe@example.com>'
    """
    line = one_line(name)
    if not line:
        return address
    plain = _PLAIN_NAME.fullmatch(line) and len(line) <= _LONGEST_PLAIN
    return f"{line} <{address}>" if plain else f"{_encoded(line)}\r\n <{address}>"


def header_block(headers: Mapping[str, str]) -> bytes:
    """The headers as they stand at the top of a mail. Raises ValueError if one of them would make another."""
    for name, value in headers.items():
        if not value.isascii() or not all(line.isprintable() for line in value.split("\r\n ")):
            raise ValueError(f"the header {name} would hold a line break or another character that forges headers")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")


def _encoded(line: str) -> str:
    """All of `line` as encoded words, each on a line of its own: mail programs put them together again."""
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in _pieces(line))


def _pieces(line: str) -> Iterator[bytes]:
    """The bytes of `line` in short pieces, no character cut in two."""
    piece = b""
    for character in line:
        one = character.encode()
        if len(piece) + len(one) > _WORD_BYTES:
            yield piece
            piece = b""
        piece += one
    if piece:
        yield piece
