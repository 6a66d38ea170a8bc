"""What lies behind one shop's figure: its days, its agents, and the sessions that tell against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from engine.calendar.cycles import Cycle
from engine.evidence.duck import name, parquet, text
from engine.measure.figures import Workshop, cut_off, measure
from engine.measure.relations import DERIVATIONS
from engine.measure.tallies import Need, files_read, wanted_days
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
    """Take the figure of shop `subject` apart; at most `most` sessions are listed."""
    measure(con, shop, rule, version, [cycle], silent)
    agents = _parts(con, version, f"grain = 'agent' AND shop = {text(subject)}", "agent")
    whole = _parts(con, version, f"grain = 'shop' AND shop = {text(subject)}", "shop")
    days = []
    for day in cycle.days():
        single = Cycle(cycle.kind, day.isoformat(), day, day)
        measure(con, shop, rule, version, [single], silent, cut_off(rule, version, cycle))
        found = _parts(con, version, f"grain = 'shop' AND shop = {text(subject)}", "cycle")
        days += found or [Part(day.isoformat(), 0, 0)]
    against = _against(con, shop, rule, version, cycle, subject)
    files = {
        file
        for relation in {c.relation for c in version.counters}
        for day in cycle.days()
        for file in files_read(relation, rule.platform, day, shop.live)
    }
    return Details(
        files=tuple(sorted((DayRead(k, d, g) for k, _, d, g in files), key=lambda f: (f.kind, f.day))),
        days=tuple(days),
        agents=tuple(agents),
        whole=whole[0] if whole else Part(subject, None, None),
        against=tuple(against[:most]),
        against_total=len(against),
    )


def _parts(con: duckdb.DuckDBPyConnection, version: Version, where: str, label: str) -> list[Part]:
    figure = version.figure
    assert figure is not None
    denominator = name(figure.denominator) if figure.denominator else "1"
    rows = con.execute(
        f"SELECT {name(label)}, {name(figure.numerator)}, {denominator} FROM figures WHERE {where} ORDER BY 1"
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
    needs = [Need(rule.platform, day, cut_off(rule, version, cycle)) for day in cycle.days()]
    read = sorted({f for n in needs for f in files_read(part.relation, n.platform, n.day, shop.live)})
    if not read:
        return []
    wanted_days(con, needs)
    source = DERIVATIONS[part.relation].sql.format(files=parquet(shop.lake.path(*file) for file in read))
    inside, outside = part.where or "true", whole.where or "true"
    more_is_better = standard.complies.comparison in {"at_least", "above"}
    where = f"({outside}) AND NOT ({inside})" if more_is_better else f"({outside}) AND ({inside})"
    rows = con.execute(
        f"SELECT session, agent, opened_at, first_human_reply_at, closed_at FROM ({source}) "
        f"WHERE shop = {text(subject)} AND {where} ORDER BY opened_at, session"
    ).fetchall()
    return [AgainstRow(s, a, _utc(o), _utc(r) if r else None, _utc(c) if c else None) for s, a, o, r, c in rows]


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)
