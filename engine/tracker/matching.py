"""Which penalty belongs to which of our violations: a pure function, the same in whatever order the rows come.

What a person decided, and the number of a notice that was recorded with a violation, stand first. Of what is left the
pairs are graded: by the rule (named, guessed from the words of the notice, or any), by the cycle (named; the one last
assessed when the notice came; an earlier one within the days that a notice may take), and then by severity, amount and
nearness. Grade by grade a pair is taken where neither side has another of this grade. Where one does, nobody but a
person can tell, and so the penalty is left alone, with its candidates.

The work grows with the number of rows: only rows of one shop are ever compared, found by their rule and day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Literal, NamedTuple

from engine.calendar.zones import local_day
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.guessing import Guesser, Meant
from engine.tracker.penalties import Penalty, PenaltyKey

Result = Literal["matched", "ours_only", "theirs_only", "differing"]
# Why a person should look: the rule is a guess, or not told at all; the notice came later than the next assessment;
# more than one violation, or more than one penalty, is as likely.
Doubt = Literal["rule guessed", "rule unknown", "late", "several"]
# What a pair rests on.
Basis = Literal[
    "person", "reference", "rule and cycle", "rule and time", "words and cycle", "words and time", "cycle", "time"
]
MOST_CANDIDATES = 10  # that are told of one penalty

_LIMITS_STAND = frozenset({"open", "acknowledged", "confirmed", "appealed"})
_UNSPOKEN = frozenset({"open", "acknowledged"})


@dataclass(frozen=True, slots=True)
class Ours:
    """A violation of a shop, as matching reads it. `amount_fen` is what it can cost as it stands, if that is told."""

    id: str
    rule: str
    platform: str
    shop: str
    cycle: str
    cycle_days: int
    assessed_on: date
    state: str
    severity: str | None
    amount_fen: tuple[int, int] | None
    reference: str | None
    spoken: bool = False  # whether the platform's word about it is on record

    @property
    def place(self) -> tuple[str, str]:
        """The shop, as penalties name it."""
        return self.platform, self.shop


@dataclass(frozen=True, slots=True)
class Match:
    """A line of the comparison. `differs` names the figures that do; `candidates` are violations, the likeliest first.

    `likeness` is how much of the rule's title the notice has, where the rule is a guess.
    `means`: of a penalty that is none of ours, the rules that its notice names, or may mean.
    """

    penalty: PenaltyKey | None
    violation: str | None
    result: Result
    basis: Basis | None = None
    differs: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    candidates: tuple[str, ...] = ()
    likeness: Fraction | None = None
    means: tuple[str, ...] = ()


class _Grade(NamedTuple):
    """How likely a pair is; the smaller the likelier. The first three make a grade, the others order it."""

    rule: int  # 0 named, 1 guessed, 2 any
    unlike: Fraction
    cycle: int  # 0 named, 1 the one last assessed, 2 an earlier one
    differing: int
    gap: int

    @property
    def step(self) -> tuple[int, Fraction, int]:
        return self.rule, self.unlike, self.cycle


class _Pair(NamedTuple):
    grade: _Grade
    penalty: Penalty
    ours: Ours


@dataclass(slots=True)
class _Taken:
    """What is settled of one shop so far: penalties with their violations."""

    found: dict[PenaltyKey, Match] = field(default_factory=dict)
    violations: set[str] = field(default_factory=set)

    def take(
        self,
        penalty: Penalty,
        ours: Ours,
        basis: Basis,
        doubts: tuple[Doubt, ...] = (),
        candidates: tuple[str, ...] = (),
        likeness: Fraction | None = None,
    ) -> None:
        differs = differences(penalty, ours)
        result: Result = "differing" if differs else "matched"
        self.found[penalty.key] = Match(penalty.key, ours.id, result, basis, differs, doubts, candidates, likeness)
        self.violations.add(ours.id)


def match(
    penalties: Iterable[Penalty],
    ours: Iterable[Ours],
    guesser: Guesser,
    today: date,
    days: int,
    decided: Mapping[PenaltyKey, str | None] | None = None,
) -> list[Match]:
    """Compare all penalties with all violations; `decided` is what people said (violation, or None: none of ours).

    Penalties come first, by shop and number, then what only we have: violations of which nothing has come on `today`,
    more than `days` after their assessment day. Those that may still come, and those that a person may yet give to a
    doubtful penalty, are not listed.
    """
    by_shop: dict[tuple[str, str], tuple[list[Penalty], list[Ours]]] = defaultdict(lambda: ([], []))
    for penalty in penalties:
        by_shop[penalty.platform, penalty.shop][0].append(penalty)
    for one in ours:
        by_shop[one.place][1].append(one)
    theirs: list[Match] = []
    alone: list[Ours] = []
    for place in sorted(by_shop):
        of_shop, violations = by_shop[place]
        matches = _of_shop(of_shop, violations, guesser, days, decided or {}) if of_shop else []
        theirs += matches
        named = {name for m in matches for name in (m.violation, *m.candidates)}
        alone += [v for v in violations if v.id not in named and _awaits_nothing(v, today, days)]
    alone.sort(key=lambda v: (v.assessed_on, v.place, v.rule, v.cycle, v.id))
    return theirs + [Match(None, v.id, "ours_only") for v in alone]


def differences(penalty: Penalty, ours: Ours) -> tuple[str, ...]:
    """Which figures the two tell differently; what one of them lacks does not differ."""
    found = []
    if penalty.severity is not None and ours.severity is not None and penalty.severity != ours.severity:
        found.append("severity")
    if penalty.amount_fen is not None and ours.amount_fen is not None:
        low, high = ours.amount_fen
        found += [] if low <= penalty.amount_fen <= high else ["amount"]
    return tuple(found)


def amount_told(state: str, charged: int | None, exposure: tuple[int, int]) -> tuple[int, int] | None:
    """What a violation costs: what was charged, else the span of its measures while they stand, else nothing."""
    if charged is not None:
        return charged, charged
    return exposure if state in _LIMITS_STAND else None


def _awaits_nothing(ours: Ours, today: date, days: int) -> bool:
    return ours.state in _UNSPOKEN and not ours.spoken and (today - ours.assessed_on).days > days


def _of_shop(
    penalties: Sequence[Penalty],
    violations: Sequence[Ours],
    guesser: Guesser,
    days: int,
    decided: Mapping[PenaltyKey, str | None],
) -> list[Match]:
    taken = _Taken()
    by_id = {v.id: v for v in violations}
    refused = {p.key for p in penalties if p.key in decided and decided[p.key] not in by_id}
    for penalty in penalties:
        told = decided.get(penalty.key)
        if told in by_id:
            taken.take(penalty, by_id[told], "person")
    _by_reference(penalties, violations, refused, taken)
    pairs = _pairs([p for p in penalties if p.key not in refused], violations, guesser, days, taken)
    undecided = _by_grade(pairs, taken)
    found = taken.found
    for penalty in penalties:
        if penalty.key in undecided:
            found[penalty.key] = Match(penalty.key, None, "theirs_only", None, (), *undecided[penalty.key])
        elif penalty.key not in found:
            found[penalty.key] = _alone(penalty, guesser, by_a_person=penalty.key in refused)
    return [found[key] for key in sorted(found)]


def _alone(penalty: Penalty, guesser: Guesser, *, by_a_person: bool) -> Match:
    """A penalty that is none of ours. Nothing of ours compares with it, so which rule it means is what there is."""
    meant = guesser.meant(penalty.platform, penalty.rule, (penalty.kind, penalty.measure))
    likeness = None if meant.named or not meant.rules else meant.likeness
    doubts: tuple[Doubt, ...] = () if meant.named else ("rule guessed",) if meant.rules else ("rule unknown",)
    basis: Basis | None = "person" if by_a_person else None
    found = Match(penalty.key, None, "theirs_only", basis, (), doubts, likeness=likeness, means=meant.rules)
    return replace(found, doubts=(), likeness=None) if by_a_person else found


def _by_reference(
    penalties: Sequence[Penalty], violations: Sequence[Ours], refused: set[PenaltyKey], taken: _Taken
) -> None:
    """Take the pairs that a recorded number makes, where it was recorded with one violation alone."""
    recorded: dict[str, list[Ours]] = defaultdict(list)
    for one in violations:
        if one.reference is not None and one.id not in taken.violations:
            recorded[one.reference].append(one)
    for penalty in penalties:
        found = recorded.get(penalty.reference, [])
        if len(found) == 1 and penalty.key not in taken.found and penalty.key not in refused:
            taken.take(penalty, found[0], "reference")


def _pairs(
    penalties: Sequence[Penalty], violations: Sequence[Ours], guesser: Guesser, days: int, taken: _Taken
) -> list[_Pair]:
    """All pairs that may be, the likeliest first."""
    by_rule: dict[str, list[Ours]] = defaultdict(list)
    for one in sorted(violations, key=lambda v: (v.assessed_on, v.id)):
        if one.id not in taken.violations and one.state != "withdrawn":
            by_rule[one.rule].append(one)
    index = {rule: _Rule(rows) for rule, rows in by_rule.items()}
    found: list[_Pair] = []
    for penalty in penalties:
        if penalty.key in taken.found:
            continue
        meant = guesser.meant(penalty.platform, penalty.rule, (penalty.kind, penalty.measure))
        if penalty.rule in index:  # on record, whatever became of its file
            meant = Meant((penalty.rule,), True, Fraction(1))
        for rule in meant.rules or sorted(index):
            if rule in index:
                found += index[rule].pairs(penalty, meant, days)
    return sorted(found, key=lambda pair: (pair.grade, pair.penalty.key, pair.ours.id))


class _Rule:
    """The violations of one rule of one shop, by assessment day and by cycle."""

    def __init__(self, rows: list[Ours]) -> None:
        self._rows, self._days = rows, [v.assessed_on for v in rows]
        self._by_cycle: dict[str, list[Ours]] = defaultdict(list)
        for one in rows:
            self._by_cycle[one.cycle].append(one)

    def pairs(self, penalty: Penalty, meant: Meant, days: int) -> Iterator[_Pair]:
        """The pairs that this penalty may make, with their grades."""
        day = _day(penalty.noticed_at, penalty.platform)
        if penalty.cycle is not None:
            for one in self._by_cycle.get(penalty.cycle, ()):
                yield self._pair(penalty, one, meant, 0, abs((day - one.assessed_on).days))
            return
        low = bisect_left(self._days, day - timedelta(days=days))
        for one in self._rows[low : bisect_right(self._days, day)]:
            gap = (day - one.assessed_on).days
            yield self._pair(penalty, one, meant, 1 if gap < one.cycle_days else 2, gap)

    @staticmethod
    def _pair(penalty: Penalty, ours: Ours, meant: Meant, cycle: int, gap: int) -> _Pair:
        rule = 0 if meant.named else 1 if meant.rules else 2
        grade = _Grade(rule, 1 - meant.likeness, cycle, len(differences(penalty, ours)), gap)
        return _Pair(grade, penalty, ours)


def _day(instant: datetime, platform: str) -> date:
    return local_day(instant, PLATFORMS[platform].zone)


_Undecided = tuple[tuple[Doubt, ...], tuple[str, ...], Fraction | None]


def _by_grade(pairs: Sequence[_Pair], taken: _Taken) -> dict[PenaltyKey, _Undecided]:
    """Take pairs grade by grade; the penalties that are left between several, with why and their candidates."""
    candidates: dict[PenaltyKey, list[str]] = defaultdict(list)
    for pair in pairs:
        candidates[pair.penalty.key].append(pair.ours.id)
    undecided: dict[PenaltyKey, _Undecided] = {}
    contested: set[str] = set()

    def free(among: Iterable[_Pair]) -> list[_Pair]:
        left = (p for p in among if p.ours.id not in taken.violations and p.penalty.key not in taken.found)
        return [p for p in left if p.penalty.key not in undecided]

    for _, step in groupby(pairs, key=lambda pair: pair.grade.step):
        of_step = free(step)
        alike = _counted(of_step)
        for _, equal in groupby(of_step, key=lambda pair: pair.grade):
            level = free(equal)
            tied = _counted(level)
            for pair in level:
                several = not _sole(pair, alike) or pair.ours.id in contested
                doubts = _doubts(pair.grade, several)
                told = tuple(candidates[pair.penalty.key][:MOST_CANDIDATES]) if doubts else ()
                likeness = 1 - pair.grade.unlike if pair.grade.rule == 1 else None
                if _sole(pair, tied) and pair.ours.id not in contested:
                    taken.take(pair.penalty, pair.ours, _basis(pair.grade), doubts, told, likeness)
                else:
                    undecided[pair.penalty.key] = doubts, told, likeness
            contested |= {p.ours.id for p in level if p.penalty.key in undecided}
    return undecided


_Counted = tuple[Mapping[PenaltyKey, int], Mapping[str, int]]


def _sole(pair: _Pair, counted: _Counted) -> bool:
    """Whether neither side has another pair among those that were counted."""
    of_penalty, of_violation = counted
    return of_penalty[pair.penalty.key] == 1 and of_violation[pair.ours.id] == 1


def _counted(pairs: Iterable[_Pair]) -> _Counted:
    """How many of these pairs each penalty and each violation has."""
    of_penalty: dict[PenaltyKey, int] = defaultdict(int)
    of_violation: dict[str, int] = defaultdict(int)
    for pair in pairs:
        of_penalty[pair.penalty.key] += 1
        of_violation[pair.ours.id] += 1
    return of_penalty, of_violation


def _doubts(grade: _Grade, several: bool) -> tuple[Doubt, ...]:
    found: list[Doubt] = []
    if grade.rule:
        found.append("rule guessed" if grade.rule == 1 else "rule unknown")
    if grade.cycle == 2:
        found.append("late")
    if several:
        found.append("several")
    return tuple(found)


def _basis(grade: _Grade) -> Basis:
    by_cycle: tuple[Basis, ...] = ("rule and cycle", "words and cycle", "cycle")
    by_time: tuple[Basis, ...] = ("rule and time", "words and time", "time")
    return by_time[grade.rule] if grade.cycle else by_cycle[grade.rule]
