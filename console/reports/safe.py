"""What comes from outside (names of shops, notes, numbers of notices), made harmless for cells and file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

MOST_UNITS = 32_767  # of UTF-16, which is how spreadsheets count a cell's text
LONGEST_NAME = 40  # characters of a client in the name of a file
WHOLE = 64  # digits of a digest
CUT = "…"
_UNWANTED = frozenset({"Cc", "Cf", "Cs"})  # controls; what is not seen or turns the writing; halves of characters
_FORMULA = "=+-@＝＋－＠"
_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?%?")
_UNSAFE = re.compile(r"[^\w-]+")
_DIGESTED = re.compile(r".*-[0-9a-f]{8,}")


def clean(text: str) -> str:
    """`text` on one line, without control characters, signs that are not seen or turn the writing, and what XML lacks.

    At most as long as a cell may be.

    >>> clean("店\\x07铺\\tA\\u202e \\r\\n")
    '店铺 A'
    """
    if not text.isascii() or not text.isprintable():
        text = "".join(_cleaned(c) for c in text)
    text = text.strip()
    if len(text) * 2 <= MOST_UNITS or len(text.encode("utf-16-le")) // 2 <= MOST_UNITS:
        return text
    return text.encode("utf-16-le")[: 2 * (MOST_UNITS - 1)].decode("utf-16-le", "ignore") + CUT


def _cleaned(character: str) -> str:
    if character in "\t\n\r\v\f\x85\u2028\u2029":
        return " "
    unwanted = unicodedata.category(character) in _UNWANTED or (ord(character) & 0xFFFE) == 0xFFFE
    return "" if unwanted or 0xFDD0 <= ord(character) <= 0xFDEF else character


def harmless(text: str) -> str:
    """A text for CSV that no spreadsheet program takes for a formula.

    What begins with = + - @ (also in full width, also after blanks) gets an apostrophe before it, unless it is
    a plain number. Numbers of our own do not come here.

    >>> harmless("=cmd|' /C calc'!A0"), harmless("-12.5"), harmless("-1+1"), harmless("店铺")
    ("'=cmd|' /C calc'!A0", '-12.5', "'-1+1", '店铺')
    """
    text = clean(text)
    if text[:1] in _FORMULA and text and not _PLAIN.fullmatch(text):
        return f"'{text}"
    return text


def file_name(client: str, digits: int = 8) -> str:
    """A client as part of a file's name: letters, digits, `-` and `_`, different for different clients everywhere.

    Where anything was changed, or another system could take it for the same name, a digest of the name follows.

    >>> file_name("云杉户外"), file_name("../a"), file_name("Acme"), file_name("acme")
    ('云杉户外', 'a-61b4c98b', 'Acme-37036cd8', 'acme')
    """
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFKC", client)).strip("_")[:LONGEST_NAME]
    if safe and safe == client == client.casefold() and not _DIGESTED.fullmatch(client):
        return safe
    digest = hashlib.sha256(client.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    return f"{safe or 'client'}-{digest}"


def file_names(clients: Iterable[str]) -> dict[str, str]:
    """The names for all these clients, by client: never the same for two of them, however they are called."""
    wanted = list(clients)
    names = {client: file_name(client) for client in wanted}
    if len({name.casefold() for name in names.values()}) < len(names):
        names = {client: file_name(client, WHOLE) for client in wanted}
    return names
