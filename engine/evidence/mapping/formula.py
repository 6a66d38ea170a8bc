"""The formulas of a mapping: sums and differences of numbers, and shares of them (`rated * neutral_rate`)."""

from __future__ import annotations

import re

from engine.errors import KaoheError
from engine.rulebook.faults import shown

_NAME = r"[a-z][a-z0-9_]{0,39}"
_TERM = re.compile(rf"\s*([+-]?)\s*({_NAME})\s*")
_SHARE = re.compile(rf"({_NAME})\s*\*\s*({_NAME})")
MOST_TERMS = 20


class FormulaError(KaoheError):
    """What is wrong with a formula, and after how many of its characters."""

    def __init__(self, what: str, offset: int = 0) -> None:
        self.offset = offset
        super().__init__(what)


def terms(text: str) -> dict[str, int]:
    """The numbers of a sum with their signs.

    >>> terms("people - unanswered"), terms("good")
    ({'people': 1, 'unanswered': -1}, {'good': 1})
    """
    found: dict[str, int] = {}
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None or (bool(match[1]) == (not found) and not (not found and not match[1])):
            raise FormulaError(f"{shown(text)} is no sum; write it like neutral + disappointed, or people - lost", at)
        if match[2] in found:
            raise FormulaError(f"{shown(match[2])} stands twice in this sum", match.start(2))
        if len(found) >= MOST_TERMS:
            raise FormulaError(f"a sum has at most {MOST_TERMS} terms", at)
        found[match[2]] = -1 if match[1] == "-" else 1
        at = match.end()
    return found


def share(text: str) -> tuple[str, str]:
    """The number and the rate of a share.

    >>> share("rated * neutral_rate")
    ('rated', 'neutral_rate')
    """
    match = _SHARE.fullmatch(text)
    if match is None:
        raise FormulaError(f"{shown(text)} is no share; write a number and a rate, like rated * neutral_rate")
    return match[1], match[2]
