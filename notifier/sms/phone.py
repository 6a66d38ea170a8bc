"""Mobile numbers of the mainland: the one way in which one is kept, and what is wrong with another text."""

from __future__ import annotations

import re

from engine.rulebook.model import Text
from notifier.channels.kind import Address

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})", re.ASCII)
_BETWEEN = re.compile(r"[ \-]")
SEVERAL = Text("几个号码写在了一起；请用 ; 分隔", "several numbers in one; separate them with ;")
ABROAD = Text(
    "不是中国大陆的号码；只发往 +86 的手机号",
    "is no number of mainland China; messages go to mobile numbers of +86 only",
)
CHARACTERS = Text(
    "手机号里有不是数字的字符；写作 13800001234 或 +8613800001234",
    "has characters that are no digits; write 13800001234 or +8613800001234",
)
NO_MOBILE = Text(
    "不是手机号：应为以 13 到 19 开头的 11 位数字",
    "is no mobile number: those have 11 digits and begin with 13 to 19",
)
PHONE_FAULTS = (SEVERAL, ABROAD, CHARACTERS, NO_MOBILE)


def read_phone(text: str) -> Address:
    """A mobile number as +86 and eleven digits; blanks and dashes between them are dropped.

    >>> read_phone("138-0000 1234")
    Address(text='+8613800001234', fault=None)
    >>> read_phone("010 6552 9988").fault.en
    'is no mobile number: those have 11 digits and begin with 13 to 19'
    """
    bare = _BETWEEN.sub("", text.strip())
    found = _MOBILE.fullmatch(bare)
    return Address(f"+86{found[1]}") if found else Address(text, _fault(bare))


def national(number: str) -> str:
    """The eleven digits of a number that is kept."""
    return number.removeprefix("+86")


def _fault(bare: str) -> Text:
    if re.search(r"[,，、/]", bare):
        return SEVERAL
    if re.fullmatch(r"(\+|00)(?!86)\d+", bare, re.ASCII):
        return ABROAD
    return NO_MOBILE if re.fullmatch(r"\+?\d+", bare, re.ASCII) else CHARACTERS
