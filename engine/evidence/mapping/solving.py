"""Which whole numbers fit the counts and rounded rates of one row: the exact least and most of any sum of them.

The numbers of a row form trees (neutral ratings are a share of all ratings, those for bad attitude a share of the
neutral ones), some of them complete: their parts add up. The bounds are those of all assignments that fit every cell at
once. Where there are too many to go through, wider bounds are given, never narrower ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from engine.evidence.mapping.amounts import Rate, Span

MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Number:
    """One whole number of a row: what it is a part of, and what the row says of it."""

    name: str
    parent: str | None = None
    count: Span | None = None
    share: Rate | None = None

    @property
    def given(self) -> bool:
        """Whether the row says anything of it."""
        return self.count is not None or self.share is not None


class ImpossibleError(Exception):
    """No whole numbers fit the row; `number` is the first that does not, with those before it."""

    def __init__(self, number: str, *, adding_up: bool) -> None:
        self.number, self.adding_up = number, adding_up
        super().__init__(number)


class _TooWideError(Exception):
    """There are more assignments than can be gone through."""


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of a row, parents before their parts, and which of them are the sum of which parts."""

    numbers: tuple[Number, ...]
    adds_up: Mapping[str, tuple[str, ...]]

    def check(self) -> None:
        """Raises ImpossibleError where no whole numbers fit."""
        if _most(self, {}) is not None:
            return
        for length, number in enumerate(self.numbers, 1):
            if _most(Row(self.numbers[:length], {}), {}) is None:
                raise ImpossibleError(number.name, adding_up=False)
        raise ImpossibleError(next(iter(self.adds_up), self.numbers[0].name), adding_up=True)

    def bounds(self, weights: Mapping[str, int]) -> Span | None:
        """The least, likely and most of a sum; None where a number in it is missing. The row must have been checked."""
        known = self._known()
        if not all(name in known for name in weights):
            return None
        least = _most(self, {name: -weight for name, weight in weights.items()})
        most = _most(self, weights)
        if least is None or most is None:
            return None
        likely = sum(weight * known[name] for name, weight in weights.items())
        return Span(-least, min(max(likely, -least), most), most)

    def _known(self) -> dict[str, int]:
        """The likely value of every number that the row tells, or lets one reckon."""
        found: dict[str, int] = {}
        nothing: set[str] = set()  # the numbers that can only be 0, and so are their parts, whatever the row says
        for _ in range(2):  # the second time, with the siblings of what is told by the rest
            for number in self.numbers:
                value = 0 if number.parent in nothing else self._likely(number, found)
                if value is None or number.name in found:
                    continue
                found[number.name] = value
                if _most(self, {number.name: 1}) == 0:
                    nothing.add(number.name)
        return found

    def _likely(self, number: Number, found: Mapping[str, int]) -> int | None:
        if number.parent is not None and number.parent not in found:
            return None
        if number.count is not None:
            return number.count.likely
        if number.parent is None:
            return None
        if number.share is not None:
            return floor(found[number.parent] * number.share.printed + Fraction(1, 2))
        siblings = [name for name in self.adds_up.get(number.parent, ()) if name != number.name]
        if number.name in self.adds_up.get(number.parent, ()) and all(name in found for name in siblings):
            return found[number.parent] - sum(found[name] for name in siblings)
        return None


def _most(row: Row, weights: Mapping[str, int]) -> int | None:
    """The most that the weighted sum can be; None where nothing fits."""
    search = _Search(row, weights)
    try:
        return search.all_roots()
    except _TooWideError:
        return search.at_most()


class _Search:
    def __init__(self, row: Row, weights: Mapping[str, int]) -> None:
        self.row, self.weights = row, weights
        self.parts: dict[str, list[Number]] = {n.name: [] for n in row.numbers}
        for number in row.numbers:
            if number.parent is not None:
                self.parts[number.parent].append(number)
        self.memo: dict[tuple[str, int], int | None] = {}
        self.steps = 0

    def all_roots(self) -> int | None:
        return _sum(self.best(n, 0) for n in self.row.numbers if n.parent is None and n.count is not None)

    def best(self, number: Number, whole: int) -> int | None:
        """The best value of a part and all below it, where what it is a part of is `whole`."""
        low, high = _domain(number, whole)
        if low > high:
            return None
        if not self.parts[number.name]:
            weight = self.weights.get(number.name, 0)
            return weight * (high if weight > 0 else low)
        found = [value for n in self._through(low, high) if (value := self.at(number, n)) is not None]
        return max(found, default=None)

    def at(self, number: Number, value: int) -> int | None:
        """The best of a number and all below it, where it is `value`."""
        key = number.name, value
        if key not in self.memo:
            complete = set(self.row.adds_up.get(number.name, ()))
            others = [self.best(part, value) for part in self.parts[number.name] if part.name not in complete]
            together = [part for part in self.parts[number.name] if part.name in complete]
            best = _sum([*others, self.adding_up(together, value) if together else 0])
            self.memo[key] = None if best is None else best + self.weights.get(number.name, 0) * value
        return self.memo[key]

    def adding_up(self, parts: Sequence[Number], whole: int) -> int | None:
        """The best of parts that make up `whole`: all but the widest are tried, and the rest is left for that one."""
        ranges = sorted(((_domain(part, whole), part) for part in parts), key=lambda r: r[0][1] - r[0][0])
        if any(low > high for (low, high), _ in ranges):
            return None
        sums: dict[int, int] = {0: 0}
        for (low, high), part in ranges[:-1]:
            after: dict[int, int] = {}
            for n in self._through(low, high, len(sums)):
                value = self.at(part, n)
                for total, best in sums.items() if value is not None else ():
                    assert value is not None
                    after[total + n] = max(best + value, after.get(total + n, best + value))
            sums = after
        (low, high), last = ranges[-1]
        self._through(0, len(sums))
        rests = ((best, self.at(last, whole - n)) for n, best in sums.items() if low <= whole - n <= high)
        return max((best + value for best, value in rests if value is not None), default=None)

    def at_most(self) -> int | None:
        """A bound that needs no search: each number between its own bounds, whatever the others are."""
        ranges: dict[str, tuple[int, int]] = {}
        total = 0
        for number in self.row.numbers:
            if number.parent is None and number.count is None:
                continue
            if number.parent is not None and number.parent not in ranges:
                continue
            least, most = ranges[number.parent] if number.parent is not None else (0, 0)
            ranges[number.name] = low, high = _domain(number, least)[0], _domain(number, most)[1]
            if low > high:
                return None
            weight = self.weights.get(number.name, 0)
            total += weight * (high if weight > 0 else low)
        return total

    def _through(self, low: int, high: int, times: int = 1) -> range:
        self.steps += (high - low + 1) * times
        if self.steps > MOST_STEPS:
            raise _TooWideError
        return range(low, high + 1)


def _domain(number: Number, whole: int) -> tuple[int, int]:
    """From what to what a number can be, where what it is a part of is `whole`; backwards where it cannot be."""
    if number.parent is None:
        return (number.count.low, number.count.high) if number.count else (0, -1)
    low, high = 0, whole
    if number.count is not None:
        low, high = max(low, number.count.low), min(high, number.count.high)
    if number.share is not None:
        low, high = max(low, ceil(whole * number.share.low)), min(high, floor(whole * number.share.high))
    return low, high


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
