"""The calendar of assessments: which cycle is assessed when, what came of it, what is next, which shops are limited.

A pure function of rules, a stretch of days, the time, and what is on record (`engine.assessment.booked` reads that).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from engine.assessment.active import Limit, limits
from engine.assessment.outcome import DatedSanction
from engine.calendar.assessment import assessment_day, assessment_instant
from engine.calendar.cycles import CAMPAIGN, Cycle, cycle_of, cycles_between, following
from engine.calendar.zones import local_day
from engine.rulebook.model import Rule, Version

LONGEST_WAIT = 62  # days: no assessment comes longer after the end of its cycle

# coming: its instant is still to come; due, late: it has passed, and a run is wanted; done: what it read is assessed;
# nothing: it has passed, no shop was registered, and nothing happened.
State = Literal["coming", "due", "late", "done", "nothing"]
CycleName = tuple[str, str]  # the id of a rule, the key of a cycle


@dataclass(frozen=True, slots=True)
class Appointment:
    """A cycle, and when it is assessed: `day` is the local one, in `zone`; `due_at` the instant, in UTC.

    `cycle_start`..`cycle_end` are inclusive local days.
    """

    rule: str
    version: str
    platform: str
    cycle: str
    cycle_start: date
    cycle_end: date
    day: date
    due_at: datetime
    zone: str

    @property
    def name(self) -> CycleName:
        """What tells it from every other one."""
        return self.rule, self.cycle

    def sort_key(self) -> tuple[Any, ...]:
        """assessed_on, platform, rule, cycle; by the hour within a day."""
        return (self.day, self.due_at, self.platform, self.rule, self.cycle_start, self.cycle)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop as a list names it."""

    platform: str
    client: str
    id: str
    name: str | None  # its alias, or else its name

    def shown(self) -> str:
        """By what people know it."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Breach:
    """A shop that is in violation in a cycle; `state` is that of the violation."""

    shop: Shop
    violation: str
    state: str
    severity: str | None


@dataclass(frozen=True, slots=True)
class Booked:
    """What is on record for a cycle: how many shops by verdict, and those in violation, by id."""

    appointment: Appointment
    verdicts: Mapping[str, int]
    breaches: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with days that a violation brings on a shop; `position` tells it from the violation's others."""

    shop: Shop
    rule: str
    violation: str
    state: str
    position: int
    sanction: DatedSanction


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the ledger says. `measures`: all with days of every shop that has one in the stretch asked for.

    `shops` counts those of a platform; `done` are the cycles with a finished run, `due` those that want one now.
    """

    shops: Mapping[str, int]
    booked: Sequence[Booked] = ()
    done: frozenset[CycleName] = frozenset()
    due: frozenset[CycleName] = frozenset()
    measures: Sequence[Measure] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An appointment with its state; `shops` are those that the platform has, as far as they were asked for."""

    appointment: Appointment
    state: State
    shops: int
    verdicts: Mapping[str, int] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopLimit:
    """Days in a row on which a shop is limited, and in what state each of the violations is that did it."""

    shop: Shop
    limit: Limit
    states: Mapping[str, str]

    def sort_key(self) -> tuple[Any, ...]:
        """By the first day, then platform, shop, kind and scope."""
        return (self.limit.starts, self.shop.platform, self.shop.id, self.limit.kind, self.limit.scope or "")

    def holds(self, day: date) -> bool:
        """Whether the shop is limited on `day`."""
        return self.limit.starts <= day <= self.limit.ends


@dataclass(frozen=True, slots=True)
class Agenda:
    """The days `first`..`last`: their appointments and limited shops, and each rule's next appointment after now."""

    first: date
    last: date
    items: tuple[Item, ...]
    limits: tuple[ShopLimit, ...]
    measures: tuple[Measure, ...]
    upcoming: tuple[Appointment, ...]

    def active(self, day: date) -> tuple[ShopLimit, ...]:
        """The limits that hold on `day`."""
        return tuple(limit for limit in self.limits if limit.holds(day))


def agenda(
    rules: Sequence[Rule], first: date, last: date, now: datetime, record: OnRecord, late_after: timedelta
) -> Agenda:
    """What is assessed on the days `first`..`last`, as it stands at `now`. What is due for `late_after` is late.

    What is on record stands on the day on which it was assessed, whatever became of its rule; all else follows today's
    rules. Raises KaoheError at the ends of the calendar.
    """
    booked = {b.appointment.name: b for b in record.booked}
    planned = {a.name: a for rule in rules for a in appointments(rule, first, last)}
    planned |= {name: b.appointment for name, b in booked.items()}

    def item(appointment: Appointment) -> Item:
        state = _state(appointment, now, record, late_after)
        shops, found = record.shops.get(appointment.platform, 0), booked.get(appointment.name)
        if found is None or state == "coming":  # it was assessed under a later `now`
            return Item(appointment, state, shops)
        return Item(appointment, state, shops, found.verdicts, found.breaches)

    limited = shop_limits(record.measures)
    of_shops = [limit for limit in limited if limit.limit.starts <= last and limit.limit.ends >= first]
    return Agenda(
        first,
        last,
        tuple(item(a) for a in sorted(planned.values(), key=Appointment.sort_key)),
        tuple(sorted(of_shops, key=ShopLimit.sort_key)),
        tuple(m for m in record.measures if _touches(m.sanction, first, last)),
        tuple(sorted(filter(None, (next_appointment(rule, now) for rule in rules)), key=Appointment.sort_key)),
    )


def appointments(rule: Rule, first: date, last: date) -> Iterator[Appointment]:
    """The appointments of `rule` on the local days `first`..`last`, by version and cycle.

    A campaign is announced and not computed: a rule by campaign has none of its own accord, nor has a repealed version.
    """
    since = date.fromordinal(max(first.toordinal() - LONGEST_WAIT, 1))
    for version in rule.versions:
        if not _judges(version):
            continue
        assert version.cycle is not None and version.assessed is not None
        for cycle in cycles_between(version.cycle, max(since, version.since), last):
            if rule.version_for(cycle.first) is version and first <= assessment_day(cycle, version.assessed) <= last:
                yield _appointment(rule, version, cycle)


def next_appointment(rule: Rule, now: datetime) -> Appointment | None:
    """The first appointment of `rule` after `now`; None where no version of it judges any more."""
    found = (_next_of(rule, version, now) for version in rule.versions if _judges(version))
    return min(filter(None, found), key=lambda a: a.due_at, default=None)


def _next_of(rule: Rule, version: Version, now: datetime) -> Appointment | None:
    assert version.cycle is not None
    today = local_day(now, rule.zone)
    cycle = cycle_of(version.cycle, max(version.since, date.fromordinal(max(today.toordinal() - LONGEST_WAIT, 1))))
    while cycle.first < version.since:  # one that began under an earlier version is not governed by this one
        cycle = following(cycle)
    while rule.version_for(cycle.first) is version:
        appointment = _appointment(rule, version, cycle)
        if appointment.due_at > now:
            return appointment
        cycle = following(cycle)
    return None


def _judges(version: Version) -> bool:
    return version.assessed is not None and version.cycle not in (None, CAMPAIGN)


def _appointment(rule: Rule, version: Version, cycle: Cycle) -> Appointment:
    assert version.assessed is not None
    return Appointment(
        rule=rule.id,
        version=version.key,
        platform=rule.platform,
        cycle=cycle.key,
        cycle_start=cycle.first,
        cycle_end=cycle.last,
        day=assessment_day(cycle, version.assessed),
        due_at=assessment_instant(cycle, version.assessed, rule.zone),
        zone=rule.zone,
    )


def _state(appointment: Appointment, now: datetime, record: OnRecord, late_after: timedelta) -> State:
    if appointment.due_at > now:
        return "coming"
    if appointment.name in record.due:
        return "late" if now - appointment.due_at > late_after else "due"
    return "done" if appointment.name in record.done else "nothing"


def shop_limits(measures: Iterable[Measure]) -> Iterator[ShopLimit]:
    """The days on which each shop is limited: measures that overlap or follow on one another, put together."""
    of_shops: dict[Shop, list[Measure]] = {}
    for measure in measures:
        of_shops.setdefault(measure.shop, []).append(measure)
    for shop, found in of_shops.items():
        states = {m.violation: m.state for m in found}
        for limit in limits((m.violation, m.sanction) for m in found):
            named = sorted({v for stretch in limit.stretches for v in stretch.violations})
            yield ShopLimit(shop, limit, {v: states[v] for v in named})


def _touches(sanction: DatedSanction, first: date, last: date) -> bool:
    return bool(sanction.starts and sanction.ends and sanction.starts <= last and sanction.ends >= first)
