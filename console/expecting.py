"""What is said about the evidence that is expected of a shop: kinds and days, as options, as cells and as told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from engine.calendar.spans import FOR_EVER, Spans, span_words
from engine.errors import KaoheError, UnknownNameError
from engine.ledger.subjects import Wish
from engine.measure.relations import DERIVATIONS

KINDS = tuple(dict.fromkeys(derivation.kind for derivation in DERIVATIONS.values()))  # those that rules read
_BETWEEN = re.compile(r"[;；,，、\s]+")


def kinds_in(text: str) -> tuple[str, ...]:
    """The kinds that a text names, each once. Raises UnknownNameError.

    >>> kinds_in("messages;ratings")
    ('messages', 'ratings')
    """
    kinds = tuple(dict.fromkeys(name for name in _BETWEEN.split(text) if name))
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownNameError("kind of evidence", kind, KINDS)
    return kinds


def wish_of(expects: Iterable[str], since: date | None, until: date | None) -> Wish | None:
    """What the options of `kaohe shops add` ask for, if anything. Raises KaoheError for days of nothing."""
    kinds = kinds_in(";".join(expects))
    if kinds:
        return Wish(kinds, since, until)
    if since or until:
        option = "--from" if since else "--expects-until"
        raise KaoheError(
            f"{option}: of what? Say which evidence is expected: --expects {'|'.join(KINDS)}",
            zh=f"{option}：是哪种数据的日期？请同时写 --expects {'|'.join(KINDS)}",
        )
    return None


def expected_json(expected: Mapping[str, Spans]) -> list[dict[str, str | None]]:
    """What is expected of a shop, one object for each span of days."""
    return [
        {"kind": kind, "from": first.isoformat(), "to": None if last == FOR_EVER else last.isoformat()}
        for kind, spans in sorted(expected.items())
        for first, last in spans
    ]


def expected_words(expected: Mapping[str, Spans]) -> str:
    """The same in one cell: `messages 2026-03-01.., ratings 2026-03-01..2026-04-30`."""
    return ", ".join(f"{kind} {span_words(span)}" for kind, spans in sorted(expected.items()) for span in spans)
