"""Numbers within English sentences: their thousands grouped, their noun in its plural."""

from __future__ import annotations


class Number(int):
    """A number as sentences show it: `{n}` grouped, `{n:row}` with its noun, `{n:day is|days are}` with the choice.

    >>> "{n} · {n:row} · {n:day is|days are}".format(n=Number(2000))
    '2,000 · 2,000 rows · 2,000 days are'
    >>> "{n:row} · {n:day is|days are}".format(n=Number(1))
    '1 row · 1 day is'
    """

    def __format__(self, noun: str) -> str:
        if not noun:
            return f"{int(self):,}"
        one, _, many = noun.partition("|")
        return f"{int(self):,} {one if self == 1 else many or one + 's'}"
