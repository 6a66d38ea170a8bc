"""All subjects at once: screened in DuckDB, breaches grouped into situations, each of them decided once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from engine.evidence.duck import name as quoted
from engine.judge.decide import Decision, Judge
from engine.judge.facts import Fact
from engine.judge.ladder import Situation, situation_of
from engine.judge.screen import figure_sql, screen_sql
from engine.rulebook.model import Interval, PastViolation, Version

Breach = tuple[str, Sequence[int | None]]  # a subject, and the six columns of its figure (`figure_sql`)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided: each distinct situation with its decision, and in which of them a subject is."""

    decisions: Mapping[Situation, Decision]
    situations: Mapping[str, Situation]


def screen(con: duckdb.DuckDBPyConnection, version: Version, source_table: str) -> None:
    """Leave the temporary table `screened`: every row of a table as `screen_sql` takes it, with its verdict."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE screened AS {screen_sql(version, source_table)}")


def breaches(con: duckdb.DuckDBPyConnection, version: Version, key: str) -> list[Breach]:
    """The violations in `screened`; its VARCHAR column `key` names the subject."""
    rows = con.execute(
        f"SELECT {quoted(key)}, {figure_sql(version)} FROM screened WHERE verdict = 'violation' ORDER BY ALL"
    ).fetchall()
    return [(subject, figure) for subject, *figure in rows]


def decide_breaches(
    judge: Judge,
    found: Iterable[Breach],
    history: Mapping[str, Sequence[PastViolation]],
    exempting: Mapping[str, Collection[Fact]],
) -> Judged:
    """Decide what follows from each breach. `history` and `exempting` are by subject, see `situation_of`."""
    decisions: dict[Situation, Decision] = {}
    situations: dict[str, Situation] = {}
    for subject, figure in found:
        numerator, denominator = figure_of(figure)
        assert numerator is not None and denominator is not None  # or there would be no data
        known = situation_of(
            judge.version, numerator, denominator, history.get(subject, ()), exempting.get(subject, ())
        )
        situations[subject] = known
        if known not in decisions:
            decisions[known] = judge.decide(known)
    return Judged(decisions, situations)


def figure_of(cells: Sequence[int | None]) -> tuple[int | Interval | None, int | Interval | None]:
    """Numerator and denominator from the six columns of `figure_sql`; an interval where there are ends."""
    numerator, top, denominator, bottom = cells[0], interval_of(*cells[1:3]), cells[3], interval_of(*cells[4:6])
    return top or numerator, bottom or denominator


def interval_of(low: int | None, high: int | None) -> Interval | None:
    """What two columns of ends say; None where the number is exact, or unknown."""
    return Interval(low, high) if low is not None and high is not None and low < high else None
