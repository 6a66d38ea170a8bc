"""Whose evidence a run waits for, and who goes without a figure because it never came: a pure function.

Nobody is waited for of whom nothing is expected. Up to the deadline a shop with a missing day is left out of a run and
comes with a later one; after it, the shop has no data, and what is missing is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from engine.calendar.cycles import Cycle
from engine.calendar.spans import Spans, joined, span_words, within, without
from engine.measure.relations import COUNTS

PATIENCE = timedelta(hours=24)  # after the assessment instant, where no setting says otherwise
SESSIONS, MESSAGES = "sessions", "messages"  # sessions are derived from messages
MOST_SPANS = 3  # of one kind, in words

Days = tuple[tuple[str, Spans], ...]  # by kind, in alphabetical order


@dataclass(frozen=True, slots=True)
class Expects:
    """On which days evidence of a shop is expected, and on which it is covered, both by kind."""

    expected: Days
    covered: Days

    @classmethod
    def of(cls, expected: Mapping[str, Spans], covered: Mapping[str, Spans]) -> Expects:
        """The same of mappings; what covers messages covers the sessions that are derived from them."""
        whole = dict(covered)
        if MESSAGES in covered:
            whole[SESSIONS] = joined([*covered.get(SESSIONS, ()), *covered[MESSAGES]])
        return cls(tuple(sorted(expected.items())), tuple(sorted(whole.items())))


@dataclass(frozen=True, slots=True)
class Awaited:
    """What became of the evidence that a run awaits: shop → what is missing, in words.

    `waiting` may still come, `overdue` may not. `covered` are the shops of which nothing is missing, `silent` those
    among them of which every day of the cycle is covered: if nothing is there, then nothing was.
    """

    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overdue: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    covered: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()

    @property
    def told(self) -> frozenset[str]:
        """The shops of which the run has something to say, whether they are listed or not, once nobody waits."""
        return frozenset(self.waiting) | frozenset(self.overdue) | self.silent

    def as_data(self) -> list[list[Any]]:
        """What the digest of a run's input is made of; empty where nothing is awaited."""
        rows: list[list[Any]] = [[shop, "waiting", *missing] for shop, missing in self.waiting.items()]
        rows += [[shop, "overdue", *missing] for shop, missing in self.overdue.items()]
        rows += [[shop, "silent" if shop in self.silent else "covered"] for shop in self.covered]
        return sorted(rows)


NOTHING_AWAITED = Awaited()


def awaited(
    shops: Iterable[tuple[str, Expects | None]],
    reads: Collection[str],
    cycle: Cycle,
    due_at: datetime,
    now: datetime,
    patience: timedelta = PATIENCE,
) -> Awaited:
    """What a run of a rule that `reads` these kinds awaits in a cycle, and what has become of it by `now`."""
    return awaited_by(alike(shops), reads, cycle, now < due_at + patience)


def alike(shops: Iterable[tuple[str, Expects | None]]) -> Mapping[Expects, Sequence[str]]:
    """The shops of whom anything is expected, those of whom the same is expected and covered together."""
    found: dict[Expects, list[str]] = defaultdict(list)
    for shop, expects in shops:
        if expects is not None and expects.expected:
            found[expects].append(shop)
    return found


def awaited_by(groups: Mapping[Expects, Sequence[str]], reads: Collection[str], cycle: Cycle, waits: bool) -> Awaited:
    """The same of shops that are put together already; `waits` says that the deadline has not passed."""
    if not groups:
        return NOTHING_AWAITED
    lacking: dict[str, tuple[str, ...]] = {}
    covered: set[str] = set()
    silent: set[str] = set()
    for expects, shops in groups.items():
        days = awaited_days(expects, frozenset(reads), cycle.first, cycle.last)
        missing = missing_of(expects, days)
        if missing:
            words = missing_words(missing)
            lacking |= dict.fromkeys(shops, words)
        elif days:
            covered |= set(shops)
            if joined(span for _, spans in days for span in spans) == ((cycle.first, cycle.last),):
                silent |= set(shops)
    return Awaited(
        waiting=lacking if waits else {},
        overdue={} if waits else lacking,
        covered=frozenset(covered),
        silent=frozenset(silent),
    )


def lacking(
    groups: Mapping[Expects, Sequence[str]], reads: Collection[str], first: date, last: date
) -> dict[str, tuple[str, ...]]:
    """Shop → what is missing from `first` to `last`, in words; shops of which nothing is are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for expects, shops in groups.items():
        missing = missing_of(expects, awaited_days(expects, frozenset(reads), first, last))
        if missing:
            found |= dict.fromkeys(shops, missing_words(missing))
    return found


@lru_cache(maxsize=4096)
def awaited_days(expects: Expects, reads: frozenset[str], first: date, last: date) -> Days:
    """Which kinds a rule that `reads` these awaits of a shop, on which days from `first` to `last`.

    Each kind that it reads and that is expected; messages in the place of sessions that are not; and counts, which
    decide a whole figure, on days on which none of these is expected.
    """
    expected = dict(expects.expected)
    found: dict[str, Spans] = {kind: within(expected.get(kind, ()), first, last) for kind in reads}
    if SESSIONS in reads and MESSAGES not in reads:
        found[MESSAGES] = without(within(expected.get(MESSAGES, ()), first, last), found[SESSIONS])
    if COUNTS not in reads:
        others = joined(span for spans in found.values() for span in spans)
        found[COUNTS] = without(within(expected.get(COUNTS, ()), first, last), others)
    return tuple((kind, spans) for kind, spans in sorted(found.items()) if spans)


def missing_of(expects: Expects, days: Days) -> Days:
    """What of the awaited days no import has covered."""
    covered = dict(expects.covered)
    left = ((kind, without(spans, covered.get(kind, ()))) for kind, spans in days)
    return tuple((kind, spans) for kind, spans in left if spans)


def missing_words(missing: Days) -> tuple[str, ...]:
    """What is missing, a kind at a time, short enough for a table.

    >>> missing_words((("messages", ((date(2026, 3, 4), date(2026, 3, 5)),)),))
    ('messages 2026-03-04..2026-03-05',)
    """
    return tuple(_words(kind, spans) for kind, spans in missing)


def _words(kind: str, spans: Spans) -> str:
    told = " ".join(span_words(span) for span in spans[:MOST_SPANS])
    more = len(spans) - MOST_SPANS
    return f"{kind} {told}" + (f" +{more}" if more > 0 else "")


def names_days(missing: Iterable[str]) -> bool:
    """Whether what is said to be missing are days of evidence, and not a number that the evidence lacks."""
    return any(" " in what for what in missing)
