"""Sets of days as spans: what is expected, what is covered, and what is left over, without listing every day.

A set is a tuple of inclusive spans, ascending, with at least one day between two of them: equal sets are equal tuples.
`FOR_EVER` is the end of a span that has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

Span = tuple[date, date]
Spans = tuple[Span, ...]

FOR_EVER = date.max
ONE_DAY = timedelta(days=1)


def joined(spans: Iterable[Span]) -> Spans:
    """All days of these spans as a set; a span that ends before it begins has none.

    >>> joined([(date(2026, 3, 3), date(2026, 3, 4)), (date(2026, 3, 1), date(2026, 3, 2))])
    ((datetime.date(2026, 3, 1), datetime.date(2026, 3, 4)),)
    """
    found: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] <= span[1]):
        if found and (found[-1][1] == FOR_EVER or first <= found[-1][1] + ONE_DAY):
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def within(spans: Iterable[Span], first: date, last: date) -> Spans:
    """The days of these spans from `first` to `last`."""
    return joined((max(one, first), min(other, last)) for one, other in spans)


def without(spans: Iterable[Span], others: Sequence[Span]) -> Spans:
    """The days of `spans` that are not in the set `others`.

    >>> march = [(date(2026, 3, 1), date(2026, 3, 31))]
    >>> [str(first) for first, _ in without(march, ((date(2026, 3, 2), date(2026, 3, 5)),))]
    ['2026-03-01', '2026-03-06']
    """
    found: list[Span] = []
    for begin, end in joined(spans):
        first: date | None = begin
        for one, other in others:
            if first is None or one > end:
                break
            if other < first:
                continue
            if one > first:
                found.append((first, one - ONE_DAY))
            first = None if other >= end else other + ONE_DAY
        if first is not None:
            found.append((first, end))
    return tuple(found)


def holds(spans: Iterable[Span], day: date) -> bool:
    """Whether a day is in the set."""
    return any(first <= day <= last for first, last in spans)


def span_words(span: Span) -> str:
    """A span as people write it: one day, two days with dots between, or an open end.

    >>> span_words((date(2026, 3, 4), date(2026, 3, 5))), span_words((date(2026, 3, 4), FOR_EVER))
    ('2026-03-04..2026-03-05', '2026-03-04..')
    >>> span_words((date(2026, 3, 4), date(2026, 3, 4)))
    '2026-03-04'
    """
    first, last = span
    if first == last:
        return first.isoformat()
    return f"{first.isoformat()}..{'' if last == FOR_EVER else last.isoformat()}"
