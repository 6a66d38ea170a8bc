"""By when evidence that is expected must come: who is waited for now, and the deadline of a single day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.assessment.due import Registration, governed_cycles
from engine.assessment.waiting import Expects, alike, awaited_by, awaited_days
from engine.calendar.assessment import assessment_instant
from engine.calendar.cycles import CAMPAIGN, Cycle, cycle_of
from engine.calendar.days import shifted
from engine.calendar.zones import local_day
from engine.measure.presence import kinds_of
from engine.rulebook.model import Rule

LONGEST = 62  # days from the end of a cycle to its assessment, at the most


@dataclass(frozen=True, slots=True)
class Wait:
    """A shop that a run has left out, since evidence of it may still come `until` then. `missing` is in words."""

    rule: Rule
    cycle: Cycle
    shop: str
    missing: tuple[str, ...]
    until: datetime


def waits(rule: Rule, registrations: Sequence[Registration], now: datetime, patience: timedelta) -> Iterator[Wait]:
    """Who is waited for at `now` under a rule: the instant has passed, the deadline has not."""
    expecting = alike((r.shop, r.expects) for r in registrations if r.platform == rule.platform)
    if not expecting:
        return
    since = shifted(local_day(now - patience, rule.zone), -LONGEST)
    for version, cycle in governed_cycles(rule, since, now):
        assert version.assessed is not None
        until = assessment_instant(cycle, version.assessed, rule.zone) + patience
        if now < until:
            awaited = awaited_by(expecting, kinds_of(version), cycle, waits=True)
            for shop, missing in sorted(awaited.waiting.items()):
                yield Wait(rule, cycle, shop, missing, until)


def due_by(rules: Iterable[Rule], expects: Expects, kind: str, day: date, patience: timedelta) -> datetime | None:
    """By when evidence of this kind and day must have come: the first deadline of `rules`, which are of its platform.

    None where none of them awaits it of this shop.
    """
    deadlines = [
        assessment_instant(cycle, version.assessed, rule.zone) + patience
        for rule in rules
        for version in rule.versions
        if version.cycle is not None and version.cycle != CAMPAIGN and version.assessed is not None
        for cycle in [cycle_of(version.cycle, day)]
        if not version.repealed and rule.version_for(cycle.first) is version
        if kind in dict(awaited_days(expects, frozenset(kinds_of(version)), day, day))
    ]
    return min(deadlines, default=None)
