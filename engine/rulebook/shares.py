"""Which figures are shares: what can be told of a figure from its two counters alone, before anything is counted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from sqlglot import condition, exp

from engine.rulebook.model import Counter, Figure
from engine.rulebook.relations import COUNTS

Kind = Literal["share", "ratio", "number"]


def kind_of(figure: Figure, counters: Mapping[str, Counter]) -> Kind | None:
    """What a figure is; None where a counter of it is not there.

    share    some of the rows over all of them: from 0 to 1
    ratio    two counts of one relation's rows, neither known to be a part of the other
    number   all else: plain counts and sums, means, counts of different things
    """
    part = counters.get(figure.numerator)
    whole = counters.get(figure.denominator) if figure.denominator else None
    if part is None or (whole is None and figure.denominator):
        return None
    if whole is None:
        return "number"
    if is_part_of(part, whole):
        return "share"
    both_count = part.relation == whole.relation and part.total_of is None and whole.total_of is None
    return "ratio" if both_count else "number"


@cache
def is_part_of(part: Counter, whole: Counter) -> bool:
    """Whether `part` counts only rows that `whole` counts too: under all its conditions, and maybe more.

    Counters that sum a column, or were counted elsewhere, are never taken for parts.
    """
    return (
        part.relation == whole.relation
        and part.relation != COUNTS.name
        and part.total_of is None
        and whole.total_of is None
        and whole.hours in (None, part.hours)
        and _conditions(whole) <= _conditions(part)
    )


def _conditions(counter: Counter) -> frozenset[str]:
    if counter.where is None:
        return frozenset()
    tree = condition(counter.where, dialect="duckdb")
    parts = tree.flatten() if isinstance(tree, exp.And) else [tree]
    return frozenset(part.unnest().sql(dialect="duckdb") for part in parts)
