"""From facts to a message: each variable made fit for a provider, and the text as it will be read."""

from __future__ import annotations

import re
import unicodedata

from notifier.sms.binding import Binding
from notifier.sms.facts import Facts, value
from notifier.words.lines import one_line

# Brackets that could be taken for a sign, a placeholder or markup become round ones; the rest providers do not take.
_INSTEAD = str.maketrans("【〖『「[{<】〗』」]}>", "（（（（(((））））)))") | str.maketrans(
    "＃#★※→←●•■◆√¥￥^&|\\", " " * 17
)
_ADDRESS = re.compile(r"\w+://|(?<=[A-Za-z0-9])\.(?=[A-Za-z]{2,})", re.ASCII)


def fitted(text: str, longest: int) -> str:
    """`text` as a variable may hold it, its end lost for … where it is too long.

    Line breaks and control characters become blanks, brackets round ones; pictures and symbols that providers refuse
    become blanks, and so do the dots of what reads like an address of the web.

    >>> fitted("一店【特价】\\nwww.example.com", 20), fitted("演示一店旗舰店", 5)
    ('一店（特价） www example…', '演示一店…')
    """
    plain = _ADDRESS.sub(" ", one_line(text).translate(_INSTEAD))
    line = " ".join("".join(" " if unicodedata.category(c) in ("So", "Co", "Cn", "Cf") else c for c in plain).split())
    if not line:
        return "-"
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def filled(binding: Binding, facts: Facts) -> tuple[dict[str, str], str]:
    """The variables in their order, and the message as it is read."""
    values = {v.name: fitted(value(facts, v.fact), v.longest) for v in binding.variables}
    return values, binding.read(values)
