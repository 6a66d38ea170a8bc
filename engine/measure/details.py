"""What lies behind one shop's figure: its days, its agents, and the sessions that tell against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from engine.calendar.cycles import Cycle
from engine.evidence.duck import name
from engine.measure.counting import condition, files_of, relation_rows
from engine.measure.figures import Workshop, cut_off, measure
from engine.measure.needs import Need
from engine.progress import silent
from engine.rulebook.model import Rule, Version


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a figure: of a day, or of an agent."""

    name: str
    numerator: int | None
    denominator: int | None


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day file that was read: its generation names its content."""

    kind: str
    day: date
    generation: str


@dataclass(frozen=True, slots=True)
class AgainstRow:
    """One session that tells against the figure. Instants are UTC; None where the thing never happened."""

    session: str
    agent: str | None
    opened_at: datetime
    replied_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Details:
    """Everything behind a figure, from the evidence that counts now."""

    files: tuple[DayRead, ...]
    days: tuple[Part, ...]
    agents: tuple[Part, ...]
    whole: Part
    against: tuple[AgainstRow, ...]
    against_total: int


def details(
    con: duckdb.DuckDBPyConnection,
    shop: Workshop,
    rule: Rule,
    version: Version,
    cycle: Cycle,
    subject: str,
    most: int,
) -> Details:
    """Take the figure of shop `subject` apart; at most `most` sessions are listed. Raises UncountableError."""
    measure(con, shop, rule, version, [cycle], silent)
    agents = _parts(con, version, "agent", subject, "_agent")
    whole = _parts(con, version, "shop", subject, "_shop")
    singles = [Cycle(cycle.kind, day.isoformat(), day, day) for day in cycle.days()]
    measure(con, shop, rule, version, singles, silent, cut_off(rule, version, cycle))
    found = {part.name: part for part in _parts(con, version, "shop", subject, "_cycle")}
    days = [found.get(single.key, Part(single.key, 0, 0)) for single in singles]
    against = _against(con, shop, rule, version, cycle, subject)
    needs = _needs(rule, version, cycle)
    files = sorted({file for counter in version.counters for file in files_of(counter.relation, needs, shop.live)})
    return Details(
        files=tuple(DayRead(kind, day, generation) for kind, _, day, generation in files),
        days=tuple(days),
        agents=tuple(agents),
        whole=whole[0] if whole else Part(subject, None, None),
        against=tuple(against[:most]),
        against_total=len(against),
    )


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


def _against(
    con: duckdb.DuckDBPyConnection, shop: Workshop, rule: Rule, version: Version, cycle: Cycle, subject: str
) -> list[AgainstRow]:
    """The rows on the failing side: uncounted ones where much is good, counted ones where little is."""
    figure, standard = version.figure, version.standard
    assert figure is not None and standard is not None
    counters = {c.name: c for c in version.counters}
    part, whole = counters[figure.numerator], counters.get(figure.denominator or "")
    if part.relation != "sessions" or whole is None or whole.relation != part.relation:
        return []
    needs = _needs(rule, version, cycle)
    if not files_of(part.relation, needs, shop.live):
        return []
    source = relation_rows(con, shop.lake, part.relation, needs, shop.live)
    more_is_better = standard.complies.comparison in {"at_least", "above"}
    # A condition on a missing value is null, and counts the row no more than a false one does.
    rows = con.execute(
        f"SELECT session, agent, opened_at, first_human_reply_at, closed_at FROM ({source}) "
        f"WHERE shop = ? AND ({condition(whole)}) AND ({condition(part)}) IS {'NOT ' if more_is_better else ''}TRUE "
        f"ORDER BY opened_at, session",
        [subject],
    ).fetchall()
    return [AgainstRow(s, a, _utc(o), _utc(r) if r else None, _utc(c) if c else None) for s, a, o, r, c in rows]


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)
