"""When a version judges: its cycle, the day and hour of the assessment, and what still counts by then."""

from __future__ import annotations

import re
from datetime import time
from typing import cast

from engine.calendar.assessment import WEEKDAYS, AssessedOn
from engine.calendar.cycles import CAMPAIGN, DAY, MONTH, WEEK, CycleKind, rolling
from engine.errors import KaoheError
from engine.rulebook import values
from engine.rulebook.faults import near, shown
from engine.rulebook.model import CutOff
from engine.rulebook.nodes import Fields, Place

CUT_OFFS = ("cycle_end", "assessed", "bounded")
NEXT = "next cycle"
_KINDS = {kind.name: kind for kind in (DAY, WEEK, MONTH, CAMPAIGN)}
_ROLLING = re.compile(r"rolling ([1-9][0-9]{0,5}) days")
_CYCLES = (*_KINDS, "rolling 30 days")


def read_cycle(place: Place) -> CycleKind | None:
    """day, week, month or rolling N days; a campaign is understood, and cannot be assessed so far."""
    cycle = place.read(_cycle)
    if cycle == CAMPAIGN:
        place.fault(
            "campaigns cannot be assessed so far: nothing says when they are; write day, week, month or rolling N days"
        )
    return cycle


def _cycle(text: str) -> CycleKind:
    if found := _ROLLING.fullmatch(text):
        return rolling(int(found[1]))
    if text not in _KINDS:
        raise KaoheError(f"unknown cycle {shown(text)}{near(text, _CYCLES)}")
    return _KINDS[text]


def read_assessed(place: Place, cycle: CycleKind | None) -> AssessedOn | None:
    """{day: next, at}, or of the next cycle: {weekday, of, at} for weeks and {day, of, at} for months."""
    fields = place.fields(("at",), ("day", "weekday", "of"))
    if fields is None:
        return None
    at = fields.take("at", lambda it: it.read(values.clock))
    if ("day" in fields) == ("weekday" in fields):
        place.fault("expected exactly one of day and weekday")
        return None
    assessed = _weekday(fields, at) if "weekday" in fields else _day(fields, at)
    if assessed is not None and cycle is not None:
        _check_suits(place, assessed, cycle)
    return assessed


def _weekday(fields: Fields, at: time | None) -> AssessedOn | None:
    name = fields["weekday"].one_of(WEEKDAYS, "weekday")
    _check_of(fields)
    return None if name is None or at is None else AssessedOn(at, weekday=WEEKDAYS.index(name))


def _day(fields: Fields, at: time | None) -> AssessedOn | None:
    text = fields.text("day")
    if text == "next":
        if "of" in fields:
            fields["of"].fault("day: next is the day after the cycle; leave `of` out")
        return None if at is None else AssessedOn(at, day="next")
    number = fields["day"].read(_day_of_month)
    _check_of(fields)
    return None if number is None or at is None else AssessedOn(at, day=number)


def _day_of_month(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 2 or not 1 <= int(text) <= 31:
        raise KaoheError(f"{shown(text)} is no assessment day; write next, or a day of the month from 1 to 31")
    return int(text)


def _check_of(fields: Fields) -> None:
    if "of" not in fields:
        fields.place.below("of").fault(f"missing; write of: {NEXT}")
    else:
        fields["of"].one_of((NEXT,), "reference")


def _check_suits(place: Place, assessed: AssessedOn, cycle: CycleKind) -> None:
    if assessed.weekday is not None and cycle != WEEK:
        place.fault(f"a weekday suits cycles of a week, not {cycle}; use day: next or a day of the month")
    if isinstance(assessed.day, int) and cycle != MONTH:
        place.fault(f"a day of the month suits cycles of a month, not {cycle}; use day: next or a weekday")


def read_cut_off(place: Place) -> CutOff | None:
    """Until when what happens still counts: cycle_end, assessed, or bounded by a limit of the rule."""
    return cast("CutOff | None", place.one_of(CUT_OFFS, "cut-off"))
