"""Which days of a shop are limited, and by which violations: measures whose days overlap or follow, put together.

Measures run side by side: a day that two violations limit is one limited day, and when one of them is overturned the
other still limits it. So what each violation adds is kept apart within the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise

from engine.assessment.outcome import DatedSanction

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row that the same violations limit; `ends` is the last of them."""

    starts: date
    ends: date
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """Days in a row that measures of one kind and scope limit, without a gap: its stretches follow on one another."""

    kind: str
    scope: str | None
    stretches: tuple[Stretch, ...]

    @property
    def starts(self) -> date:
        """The first limited day."""
        return self.stretches[0].starts

    @property
    def ends(self) -> date:
        """The last limited day."""
        return self.stretches[-1].ends


def limits(sanctions: Iterable[tuple[str, DatedSanction]]) -> tuple[Limit, ...]:
    """The limited days of one shop from the measures of its violations, given as (violation, measure).

    Measures without days limit none; of a span of days the longest is taken. In the order of kind, scope and first day.
    """
    spans: dict[tuple[str, str | None], dict[str, list[tuple[date, date]]]] = {}
    for violation, sanction in sanctions:
        if sanction.starts and sanction.ends:
            of_kind = spans.setdefault((sanction.spec.kind, sanction.spec.scope), {})
            of_kind.setdefault(violation, []).append((sanction.starts, sanction.ends))
    return tuple(
        Limit(kind, scope, stretches)
        for (kind, scope), of_kind in sorted(spans.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        for stretches in _without_gaps(_stretches(of_kind))
    )


def _stretches(spans: Mapping[str, Iterable[tuple[date, date]]]) -> Iterator[Stretch]:
    """Days cut wherever a span begins or has ended, and put together again where the violations stay the same."""
    cuts = {day for of_one in spans.values() for starts, ends in of_one for day in (starts, ends + _DAY)}
    pieces = [
        (first, beyond - _DAY, tuple(sorted(v for v, of_one in spans.items() if _holds(of_one, first))))
        for first, beyond in pairwise(sorted(cuts))
    ]
    for violations, same in groupby(pieces, key=lambda piece: piece[2]):
        days = list(same)
        if violations:
            yield Stretch(days[0][0], days[-1][1], violations)


def _holds(spans: Iterable[tuple[date, date]], day: date) -> bool:
    return any(starts <= day <= ends for starts, ends in spans)


def _without_gaps(stretches: Iterable[Stretch]) -> Iterator[tuple[Stretch, ...]]:
    row: list[Stretch] = []
    for stretch in stretches:
        if row and row[-1].ends + _DAY < stretch.starts:
            yield tuple(row)
            row = []
        row.append(stretch)
    if row:
        yield tuple(row)
