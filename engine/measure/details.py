"""What lies behind one shop's figure: its days, its agents with and without each, and what tells against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from engine.calendar.cycles import Cycle
from engine.calendar.zones import local_day
from engine.evidence.duck import name, text
from engine.measure.against import AgainstRow, against
from engine.measure.counting import by_person, condition, count, files_of, relation_rows, within
from engine.measure.counts import CountRow, count_rows, files_of_counts
from engine.measure.figures import Workshop, cut_off, measure
from engine.measure.needs import Need, TallySet, tally_sets
from engine.measure.relations import DERIVATIONS
from engine.progress import silent
from engine.rulebook.model import Counter, Rule, Version
from engine.rulebook.relations import RELATIONS


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
    if counted:
        agents = _without_by_difference(whole, agents)
    else:
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
    con: duckdb.DuckDBPyConnection, shop: Workshop, rule: Rule, version: Version, cycle: Cycle, now: datetime
) -> dict[str, int]:
    """Shop → how many rows of the denominator can still come into the numerator, or out of what tells against it.

    Of sessions, those that nobody has answered or closed. Of messages, people and rounds, those that would count if
    all that is unanswered were answered at `now`. Ratings are what they are: none.
    """
    figure = version.figure
    assert figure is not None
    counters = {c.name: c for c in version.counters}
    part, whole = counters[figure.numerator], counters.get(figure.denominator or "")
    needs = _needs(rule, version, cycle)
    relation = part.relation
    if whole is None or whole.relation != relation or not files_of(relation, needs, shop.live):
        return {}
    source = relation_rows(con, shop.lake, relation, needs, shop.live)
    if relation == "sessions":
        waiting = "first_human_reply_at IS NULL AND closed_at IS NULL"
        chosen = f"({source}) WHERE ({condition(whole)}) AND ({condition(part)}) IS NOT TRUE AND {waiting}"
    elif RELATIONS[relation].wait and part.hours == whole.hours:
        chosen = _answered_now(source, rule, part, whole, now)
    else:
        return {}
    return dict(con.execute(f"SELECT shop, count(*) FROM {chosen} GROUP BY shop").fetchall())


def _answered_now(source: str, rule: Rule, part: Counter, whole: Counter, now: datetime) -> str:
    """A FROM clause of the rows that do not count as they are, and would if what is unanswered were answered `now`."""
    at = f"TIMESTAMP {text(now.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' '))}"
    # An answer is looked for until the end of the next day; what lies before that can no longer get one.
    reachable = f"day >= DATE {text((local_day(now, rule.zone) - timedelta(days=1)).isoformat())}"
    by_now = f"greatest(0, (epoch_us({at}) - epoch_us(sent_at) + 999999) // 1000000)"
    told = f"SELECT *, ({condition(part)}) IS TRUE AS counted FROM ({source})"
    if_answered = "SELECT * REPLACE (CASE WHEN wait IS NULL AND {} THEN {} ELSE wait END AS wait) FROM ({})"
    if not DERIVATIONS[part.relation].by_person:
        chosen = f"NOT counted AND ({condition(whole)}) AND ({condition(part)})"
        return f"({if_answered.format(reachable, by_now, told)}) WHERE {chosen}"
    if_answered = if_answered.format(reachable, by_now, source)
    counted = f"grain = 'shop' AND ({condition(whole)}) AND ({condition(part)})"
    would = f"SELECT day, shop, buyer FROM ({by_person(if_answered, part.hours)}) WHERE {counted} IS TRUE"
    does = f"SELECT day, shop, buyer FROM ({by_person(source, part.hours)}) WHERE {counted} IS TRUE"
    return f"({would} EXCEPT {does})"


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


def _without_by_difference(whole: Sequence[Part], agents: Sequence[Part]) -> list[Part]:
    """The same of figures counted elsewhere: by difference where the agents' add up to the shop's, else unknown."""
    figures = [(agent.numerator, agent.denominator) for agent in agents]
    shop = (whole[0].numerator, whole[0].denominator) if whole else (None, None)
    if shop[0] is None or shop[1] is None:
        return list(agents)
    sums = [sum(n for n in numbers if n is not None) for numbers in zip(*figures, strict=True)]
    if any(None in figure for figure in figures) or sums != list(shop):
        return list(agents)
    return [
        replace(agent, without=(shop[0] - agent.numerator, shop[1] - agent.denominator))
        for agent in agents
        if agent.numerator is not None and agent.denominator is not None
    ]


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
