"""What lies behind one shop's figure: its days, its agents with and without each, and what tells against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from engine.calendar.cycles import Cycle
from engine.evidence.duck import name
from engine.measure.against import AgainstRow, against
from engine.measure.counting import by_person, condition, count, files_of, relation_rows, within
from engine.measure.counts import CountRow, count_rows, files_of_counts
from engine.measure.figures import Workshop, cut_off, measure
from engine.measure.needs import Need, TallySet, tally_sets
from engine.measure.relations import DERIVATIONS
from engine.progress import silent
from engine.rulebook.model import Rule, Version


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a figure: of a day, or of an agent. `without` is the shop's figure as it would be without the agent."""

    name: str
    numerator: int | None
    denominator: int | None
    without: tuple[int | None, int | None] | None = None


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day file that was read: its generation names its content."""

    kind: str
    day: date
    generation: str


@dataclass(frozen=True, slots=True)
class Details:
    """Everything behind a figure, from the evidence that counts now.

    `counted` are the numbers that were counted elsewhere: where there are any, they are the figure, and no days or
    rows stand behind it here.
    """

    files: tuple[DayRead, ...]
    days: tuple[Part, ...]
    agents: tuple[Part, ...]
    whole: Part
    against: tuple[AgainstRow, ...]
    against_total: int
    counted: tuple[CountRow, ...] = ()


def details(
    con: duckdb.DuckDBPyConnection,
    shop: Workshop,
    rule: Rule,
    version: Version,
    cycle: Cycle,
    subject: str,
    most: int | None,
) -> Details:
    """Take the figure of shop `subject` apart; at most `most` rows against it are listed.

    Raises UncountableError.
    """
    needs = _needs(rule, version, cycle)
    measure(con, shop, rule, version, [cycle], silent)
    agents = _parts(con, version, "agent", subject, "_agent")
    whole = _parts(con, version, "shop", subject, "_shop")
    counted = count_rows(con, shop.lake, rule, version, cycle, shop.live, subject)
    days, found = [], []
    if not counted:
        agents = _with_and_without(con, shop, version, needs, subject, agents)
        days = _days(con, shop, rule, version, cycle, subject)
        found = against(con, shop, version, needs, subject)
    files = {file for counter in version.counters for file in files_of(counter.relation, needs, shop.live)}
    files |= set(files_of_counts(rule.platform, [cycle], shop.live))
    return Details(
        files=tuple(DayRead(kind, day, generation) for kind, _, day, generation in sorted(files)),
        days=tuple(days),
        agents=tuple(agents),
        whole=whole[0] if whole else Part(subject, None, None),
        against=tuple(found[:most]),
        against_total=len(found),
        counted=counted,
    )


def pending_rows(
    con: duckdb.DuckDBPyConnection, shop: Workshop, rule: Rule, version: Version, cycle: Cycle
) -> dict[str, int]:
    """Shop → how many of its sessions in the denominator nobody has answered or closed: they can still be answered.

    Empty for figures on other relations, where nothing in the denominator waits for long.
    """
    figure = version.figure
    assert figure is not None
    counters = {c.name: c for c in version.counters}
    part, whole = counters[figure.numerator], counters.get(figure.denominator or "")
    needs = _needs(rule, version, cycle)
    if whole is None or {part.relation, whole.relation} != {"sessions"} or not files_of("sessions", needs, shop.live):
        return {}
    source = relation_rows(con, shop.lake, "sessions", needs, shop.live)
    rows = con.execute(
        f"SELECT shop, count(*) FROM ({source}) WHERE ({condition(whole)}) AND ({condition(part)}) IS NOT TRUE "
        "AND first_human_reply_at IS NULL AND closed_at IS NULL GROUP BY shop"
    )
    return dict(rows.fetchall())


def _needs(rule: Rule, version: Version, cycle: Cycle) -> list[Need]:
    until = cut_off(rule, version, cycle)
    return [Need(rule.platform, day, until) for day in cycle.days()]


def _parts(con: duckdb.DuckDBPyConnection, version: Version, grain: str, subject: str, label: str) -> list[Part]:
    figure = version.figure
    assert figure is not None
    denominator = name(figure.denominator) if figure.denominator else "1"
    rows = con.execute(
        f"SELECT {label}, {name(figure.numerator)}, {denominator} FROM figures "
        "WHERE _grain = ? AND _shop = ? ORDER BY 1",
        [grain, subject],
    ).fetchall()
    return [Part(*row) for row in rows]


def _days(
    con: duckdb.DuckDBPyConnection, shop: Workshop, rule: Rule, version: Version, cycle: Cycle, subject: str
) -> list[Part]:
    singles = [Cycle(cycle.kind, day.isoformat(), day, day) for day in cycle.days()]
    measure(con, shop, rule, version, singles, silent, cut_off(rule, version, cycle))
    found = {part.name: part for part in _parts(con, version, "shop", subject, "_cycle")}
    return [found.get(single.key, Part(single.key, 0, 0)) for single in singles]


def _with_and_without(
    con: duckdb.DuckDBPyConnection,
    shop: Workshop,
    version: Version,
    needs: Sequence[Need],
    subject: str,
    agents: Sequence[Part],
) -> list[Part]:
    """The agents, each with the shop's figure as all that is not theirs would make it."""
    figure = version.figure
    assert figure is not None
    without: dict[str, dict[str, int | None]] = {agent.name: {} for agent in agents}
    for tallies in tally_sets(version.counters):
        if not agents or not files_of(tallies.relation, needs, shop.live):
            continue
        for name_, *counted in _others(con, shop, tallies, needs, subject, list(without)):
            without[name_] |= dict(zip((c.name for c in tallies.counters), counted, strict=True))
    found = []
    for agent in agents:
        rest = without[agent.name]
        denominator = rest.get(figure.denominator, 0) if figure.denominator else 1
        found.append(replace(agent, without=(rest.get(figure.numerator, 0), denominator)))
    return found


def _others(
    con: duckdb.DuckDBPyConnection,
    shop: Workshop,
    tallies: TallySet,
    needs: Sequence[Need],
    subject: str,
    agents: Sequence[str],
) -> list[tuple[Any, ...]]:
    """For each agent the counters of the shop over all rows that are not theirs."""
    source = relation_rows(con, shop.lake, tallies.relation, needs, shop.live)
    hours = within(tallies.hours) or "true"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE behind AS SELECT * FROM ({source}) WHERE shop = ? AND {hours}", [subject]
    )
    counters = "".join(f", {count(c)}" for c in tallies.counters)
    found = []
    for agent in agents:
        others = "SELECT * FROM behind WHERE agent IS DISTINCT FROM $agent"
        if DERIVATIONS[tallies.relation].by_person:
            others = f"SELECT * FROM ({by_person(others, None)}) WHERE grain = 'shop'"
        found += con.execute(f"SELECT $agent{counters} FROM ({others})", {"agent": agent}).fetchall()
    return found
