"""Where every shop stands in the cycles that are not assessed yet: safe, lost, or how many it takes.

Nothing is recorded here, and nothing is decided: it is the forecast that lets somebody act before the platform does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import duckdb
from sqlmodel import Session

from engine.assessment.standing import clients_of, live_files, registrations
from engine.assessment.waiting import alike, lacking
from engine.calendar.assessment import assessment_instant
from engine.calendar.cycles import CAMPAIGN, Cycle, cycle_of, preceding
from engine.calendar.hours import DAY_SECONDS
from engine.calendar.zones import local_day, second_of_day
from engine.evidence.duck import name, text
from engine.evidence.lake import Lake
from engine.judge.box import narrowed, whole_numbers
from engine.judge.headroom import Headroom, headroom, together
from engine.judge.subjects import interval_of
from engine.judge.verdict import ONE, Reading, corners_of, reading_of
from engine.measure.counts import high_column, low_column
from engine.measure.details import pending_rows
from engine.measure.figures import Workshop, measure
from engine.measure.presence import kinds_of
from engine.measure.tallies import TallyCache
from engine.progress import Progress, silent
from engine.rulebook.model import Bound, Interval, Rule, Version

# below_gate: too little happened to be assessed; unknown: a number is missing, or rounding leaves both sides open, or
# evidence has not come.
Standing = Literal["holding", "behind", "safe", "lost", "below_gate", "unknown"]
LOOK_BACK = timedelta(days=62)  # no cycle ends longer before its assessment


@dataclass(frozen=True, slots=True)
class Outlook:
    """How one shop stands in one open cycle. `due_at`: the assessment instant.

    `running`: the hours that count on its last day are not over, so that something new can still count. `pending`: so
    many that count already can still become good. `mends` counts those first. `missing` names the evidence that is
    expected of the days before today and has not come: nothing is known then.
    """

    rule: Rule
    version: Version
    client: str
    shop: str
    cycle: Cycle
    due_at: datetime
    running: bool
    numerator: int | None
    denominator: int | None
    standing: Standing
    mends: int | None = None
    breaks: int | None = None
    pending: int = 0
    gate_lacks: Mapping[str, int] | None = None
    missing: tuple[str, ...] = ()
    dilutes: int | None = None
    numerator_range: Interval | None = None  # where an import was rounded: what the number lies between
    denominator_range: Interval | None = None

    def figure_words(self) -> str:
        """The figure as people read it: `79/100`, `69..75/160` where it was rounded, `-` where there is none."""
        if self.denominator is None:
            return "-"
        top, bottom = self.numerator_range or self.numerator, self.denominator_range or self.denominator
        return f"{'-' if top is None else top}/{bottom}"

    def sort_key(self) -> tuple[Any, ...]:
        """By assessment, platform, shop and rule."""
        return (self.due_at, self.rule.platform, self.shop, self.rule.id, self.cycle.key)


def open_cycles(rule: Rule, now: datetime) -> list[tuple[Version, Cycle]]:
    """The cycles of `rule` that hold `now`, or are over and not yet assessed, oldest first.

    A rule by campaign has no cycle of its own accord, and so none here.
    """
    found = list(_open_cycles(rule, now))
    return found[::-1]


def _open_cycles(rule: Rule, now: datetime) -> Iterator[tuple[Version, Cycle]]:
    today = local_day(now, rule.zone)
    for kind in dict.fromkeys(v.cycle for v in rule.versions if v.cycle is not None and v.cycle != CAMPAIGN):
        cycle = cycle_of(kind, today)
        while cycle.last > today - LOOK_BACK:
            version = rule.version_for(cycle.first)
            if version is not None and version.cycle == kind and version.assessed is not None:
                if assessment_instant(cycle, version.assessed, rule.zone) <= now:
                    break
                yield version, cycle
            cycle = preceding(cycle)


def outlook(
    session: Session, lake: Lake, cache: TallyCache, rules: Sequence[Rule], now: datetime, progress: Progress
) -> list[Outlook]:
    """How all shops with evidence stand in the open cycles of `rules`, in the order of their assessments."""
    workshop = Workshop(lake, cache, live_files(session))
    found: list[Outlook] = []
    with workshop.connection() as con:
        for done, rule in enumerate(rules):
            progress("looking ahead", done, len(rules))
            clients = clients_of(session, rule.platform)
            expecting = alike((r.shop, r.expects) for r in registrations(session, rule.platform, rule.zone))
            yesterday = local_day(now, rule.zone) - timedelta(days=1)
            for version, cycle in open_cycles(rule, now):
                missing = lacking(expecting, kinds_of(version), cycle.first, min(cycle.last, yesterday))
                found += _of_cycle(con, workshop, rule, version, cycle, clients, missing, now)
        progress("looking ahead", len(rules), len(rules))
    return sorted(found, key=Outlook.sort_key)


def _of_cycle(
    con: duckdb.DuckDBPyConnection,
    workshop: Workshop,
    rule: Rule,
    version: Version,
    cycle: Cycle,
    clients: Mapping[str, str],
    missing: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> Iterator[Outlook]:
    measure(con, workshop, rule, version, [cycle], silent)
    reading = reading_of(version)
    running = now < _last_instant(rule, version, cycle)
    assert version.assessed is not None
    due_at = assessment_instant(cycle, version.assessed, rule.zone)
    pending = pending_rows(con, workshop, rule, version, cycle, now)
    columns = "".join(f", {name(c)}, {name(low_column(c))}, {name(high_column(c))}" for c in reading.counters)
    rows = con.execute(
        f"SELECT _shop{columns} FROM figures WHERE _grain = 'shop' AND _cycle = {text(cycle.key)} ORDER BY _shop"
    ).fetchall()
    nothing = [
        (shop, *(None for _ in reading.counters for _ in "123")) for shop in missing.keys() - {r[0] for r in rows}
    ]
    for shop, *cells in [*rows, *nothing]:
        numbers = dict(zip(reading.counters, cells[::3], strict=True))
        ranges = {
            counter: interval_of(low, high)
            for counter, low, high in zip(reading.counters, cells[1::3], cells[2::3], strict=True)
        }
        spans = {
            counter: ranges[counter] or Interval(number, number)
            for counter, number in numbers.items()
            if number is not None and number >= 0
        }
        waiting = pending.get(shop, 0)
        sure = shop not in missing and len(spans) == len(numbers)
        standing, head, lacks = _standing(reading, spans, running, waiting) if sure else ("unknown", None, None)
        figure = reading.figure
        yield Outlook(
            rule=rule,
            version=version,
            client=clients.get(shop, "default"),
            shop=shop,
            cycle=cycle,
            due_at=due_at,
            running=running,
            numerator=numbers[figure.numerator],
            denominator=numbers[figure.denominator] if figure.denominator else 1,
            standing=standing,
            mends=head.mends if head else None,
            breaks=head.breaks if head else None,
            pending=waiting,
            gate_lacks=lacks,
            missing=missing.get(shop, ()),
            dilutes=head.dilutes if head else None,
            numerator_range=ranges[figure.numerator],
            denominator_range=ranges[figure.denominator] if figure.denominator else None,
        )


def _last_instant(rule: Rule, version: Version, cycle: Cycle) -> datetime:
    """The end of the last hours of the cycle in which any of the version's counters counts something new."""
    ends = [counter.hours.end if counter.hours else DAY_SECONDS for counter in version.counters]
    return second_of_day(cycle.last, max(ends, default=DAY_SECONDS), rule.zone)


def _standing(
    reading: Reading, spans: Mapping[str, Interval], running: bool, pending: int
) -> tuple[Standing, Headroom | None, Mapping[str, int] | None]:
    """Where a figure with these ends stands: wherever all its points stand alike, else unknown."""
    within = [(spans[counter], narrowed(spans[counter], bound)) for counter, bound in reading.conditions]
    if any(part is None for _, part in within):
        lacks = {counter: n for counter, bound in reading.gate if (n := _lacking(bound, spans[counter].low))}
        return ("below_gate" if running else "safe"), None, lacks or None
    top, bottom = reading.figure.numerator, reading.figure.denominator
    points = corners_of(reading, spans[top], spans[bottom] if bottom else ONE)
    if points is None or any(part != span for span, part in within):
        return "unknown", None, None
    ends = [headroom(reading.standard.complies, *point, running, pending) for point in dict.fromkeys(points)]
    found = together(ends)
    return (found.standing, found, None) if found else ("unknown", None, None)


def _lacking(bound: Bound, number: int) -> int:
    """How many more a counter needs until its gate lets the figure be judged."""
    least, _ = whole_numbers(bound)
    return max(0, least - number) if least is not None else 0
