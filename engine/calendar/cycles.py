"""The stretch of days that a figure covers: natural day, week or month, the last N days, or a campaign.

A cycle is known everywhere by its key (`2026-03-02`, `2026-W10`, `2026-03`, `30d:2026-03-02`,
`campaign:2026-618`); this module makes cycles of days. Campaigns are announced, not computed:
`engine.calendar.campaigns` makes theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import total_ordering
from typing import Literal

from engine.calendar.days import month_day, plain_day, shifted
from engine.errors import KaoheError, UnknownNameError

LONGEST_ROLLING = 3660  # ten years: what is longer is a slip of the pen

KindName = Literal["day", "week", "month", "rolling", "campaign"]
KIND_NAMES: tuple[KindName, ...] = ("day", "week", "month", "rolling", "campaign")


@dataclass(frozen=True, slots=True)
class CycleKind:
    """What sort of cycle a rule has. `length` is in days and belongs to `rolling` alone.

    >>> str(rolling(30)), str(WEEK)
    ('rolling 30 days', 'week')
    """

    name: KindName
    length: int | None = None

    def __post_init__(self) -> None:
        if self.name not in KIND_NAMES:
            raise KaoheError(f"no cycle is called {self.name!r}; cycles are {', '.join(KIND_NAMES)}")
        if self.name != "rolling":
            if self.length is not None:
                raise KaoheError(f"a {self.name} cycle takes no length; only rolling cycles have one")
        elif type(self.length) is not int or not 1 <= self.length <= LONGEST_ROLLING:
            raise KaoheError(f"a rolling cycle has 1 to {LONGEST_ROLLING} days, not {self.length}")

    def __str__(self) -> str:
        return self.name if self.length is None else f"rolling {self.length} days"


DAY = CycleKind("day")
WEEK = CycleKind("week")
MONTH = CycleKind("month")
CAMPAIGN = CycleKind("campaign")

FORMS: Mapping[KindName, str] = {
    "day": "2026-03-02",
    "week": "2026-W10",
    "month": "2026-03",
    "rolling": "30d:2026-03-02",
    "campaign": "campaign:2026-618",
}
_KEY = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"|(?P<week>[0-9]{4}-W[0-9]{2})"
    r"|(?P<month>[0-9]{4}-[0-9]{2})"
    r"|(?P<length>[1-9][0-9]{0,3})d:(?P<rolling>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"|campaign:(?P<campaign>.+)"
)


def rolling(length: int) -> CycleKind:
    """The cycle of the last `length` days, a new one every day. Raises KaoheError outside 1 to 3660."""
    return CycleKind("rolling", length)


@total_ordering
@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle: `first` and `last` are inclusive local days. Cycles sort by first day, then last, then key.

    >>> week = cycle_of(WEEK, date(2026, 3, 4))
    >>> week.key, date(2026, 3, 8) in week, len(list(week.days()))
    ('2026-W10', True, 7)
    """

    kind: CycleKind
    key: str
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise KaoheError(f"cycle {self.key} would end on {self.last}, before it begins on {self.first}")

    def days(self) -> Iterator[date]:
        """Every day of the cycle, ascending."""
        return (date.fromordinal(n) for n in range(self.first.toordinal(), self.last.toordinal() + 1))

    def __contains__(self, day: date) -> bool:
        return self.first <= plain_day(day) <= self.last

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Cycle):
            return NotImplemented
        return (self.first, self.last, self.key) < (other.first, other.last, other.key)

    def __str__(self) -> str:
        return self.key


def cycle_of(kind: CycleKind, day: date) -> Cycle:
    """The day, week or month that contains `day`; of a rolling kind, the window that ends on `day`.

    Weeks run from Monday to Sunday and are numbered as ISO 8601 does. Raises KaoheError for campaigns, and
    where the cycle would leave the years 1 to 9999.

    >>> cycle_of(WEEK, date(2027, 1, 3)).key, cycle_of(MONTH, date(2028, 2, 1)).last.day
    ('2026-W53', 29)
    >>> window = cycle_of(rolling(30), date(2026, 3, 2))
    >>> window.key, window.first.isoformat()
    ('30d:2026-03-02', '2026-02-01')
    """
    plain_day(day)
    if kind.name == "day":
        return Cycle(kind, day.isoformat(), day, day)
    if kind.name == "week":
        year, week, weekday = day.isocalendar()
        monday = shifted(day, 1 - weekday)
        return Cycle(kind, f"{year:04d}-W{week:02d}", monday, shifted(monday, 6))
    if kind.name == "month":
        first = day.replace(day=1)
        return Cycle(kind, f"{day.year:04d}-{day.month:02d}", first, month_day(first, 31))
    if kind.length is None:
        raise KaoheError("campaign cycles are announced, not computed from a day; name one, like campaign:2026-618")
    return Cycle(kind, f"{kind.length}d:{day.isoformat()}", shifted(day, 1 - kind.length), day)


def following(cycle: Cycle) -> Cycle:
    """The cycle after `cycle`, of its kind (rolling: ending a day later). Raises as `cycle_of` does."""
    return cycle_of(cycle.kind, shifted(cycle.last, 1))


def preceding(cycle: Cycle) -> Cycle:
    """The cycle before `cycle`, of its kind (rolling: ending a day earlier). Raises as `cycle_of` does."""
    return cycle_of(cycle.kind, shifted(cycle.last if cycle.kind.name == "rolling" else cycle.first, -1))


def cycles_between(kind: CycleKind, first: date, last: date) -> list[Cycle]:
    """Every cycle that has a day in [first, last], ascending; rolling: every one whose *last* day is in it.

    Empty where `last` is before `first`. Raises as `cycle_of` does.

    >>> [c.key for c in cycles_between(WEEK, date(2026, 12, 31), date(2027, 1, 4))]
    ['2026-W53', '2027-W01']
    """
    if last < first:
        return []
    cycles = [cycle_of(kind, first)]
    while cycles[-1].last < last:
        cycles.append(following(cycles[-1]))
    return cycles


def parse_cycle(key: str, *kinds: CycleKind, campaigns: Mapping[str, Cycle] | None = None) -> Cycle:
    """The cycle that has this key.

    With `kinds`, it must be of one of them; `campaigns` maps names to their cycles. Raises KaoheError with
    the forms that are expected, and UnknownNameError for a campaign that is not in the mapping.

    >>> parse_cycle("2026-W53").last.isoformat()
    '2027-01-03'
    >>> parse_cycle("2026-03", WEEK)
    Traceback (most recent call last):
    ...
    engine.errors.KaoheError: '2026-03' is a month cycle; expected: 2026-W10 (week)
    >>> parse_cycle("2025-W53")
    Traceback (most recent call last):
    ...
    engine.errors.KaoheError: '2025-W53' names no cycle: 2025 has no week 53
    """
    found = _KEY.fullmatch(key)
    if not found:
        raise KaoheError(
            f"{key!r} is not a cycle; expected: {_expected(kinds)}",
            zh=f"{key!r} 不是周期；写成 2026-W10、2026-03、2026-03-02 这样",
        )
    cycle = _campaign(found["campaign"], campaigns or {}) if found["campaign"] else _computed(key, found)
    if kinds and cycle.kind not in kinds:
        raise KaoheError(f"{key!r} is a {cycle.kind} cycle; expected: {_expected(kinds)}")
    return cycle


def _campaign(name: str, campaigns: Mapping[str, Cycle]) -> Cycle:
    if name not in campaigns:
        raise UnknownNameError("campaign", name, campaigns, "" if campaigns else "no campaign is announced")
    return campaigns[name]


def _computed(key: str, found: re.Match[str]) -> Cycle:
    try:
        if found["week"]:
            return cycle_of(WEEK, _monday(int(key[:4]), int(key[6:])))
        if found["month"]:
            return cycle_of(MONTH, _day(f"{key}-01"))
        if found["rolling"]:
            return cycle_of(rolling(int(found["length"])), _day(found["rolling"]))
        return cycle_of(DAY, _day(key))
    except KaoheError as why:
        raise KaoheError(f"{key!r} names no cycle: {why}", zh=f"没有 {key!r} 这个周期") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KaoheError(f"the calendar has no {text}") from None


def _monday(year: int, week: int) -> date:
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        raise KaoheError(f"{year} has no week {week}") from None


def _expected(kinds: tuple[CycleKind, ...]) -> str:
    def form(kind: CycleKind) -> str:
        return FORMS[kind.name] if kind.length is None else f"{kind.length}d:2026-03-02"

    return ", ".join(f"{form(kind)} ({kind})" for kind in kinds or (DAY, WEEK, MONTH, rolling(30), CAMPAIGN))
