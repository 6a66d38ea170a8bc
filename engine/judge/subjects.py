"""All subjects of a run at once: screened in DuckDB, breaches grouped into situations, each of them decided once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from engine.evidence.duck import name as quoted
from engine.judge.decide import Decision, Judge
from engine.judge.facts import Fact
from engine.judge.ladder import Situation, situation_of
from engine.judge.screen import figure_sql, screen_sql
from engine.rulebook.model import Interval, PastViolation

SITUATION = "!situation"  # no counter can have this name


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided: the situations that there are, by their number, and the decision on each."""

    situations: tuple[Situation, ...]
    decisions: tuple[Decision, ...]


def judge_subjects(
    con: duckdb.DuckDBPyConnection,
    judge: Judge,
    source_table: str,
    key: str,
    history: Mapping[str, Sequence[PastViolation]],
    exempting: Mapping[str, Collection[Fact]],
) -> Judged:
    """Judge every row of a table as `screen_sql` takes it; its VARCHAR column `key` names the subject.

    Leaves a temporary view `judged`: what the screen gives, and the number of each breach's situation in the
    column `!situation`, null for all others. `history` and `exempting` are by subject, see `situation_of`.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE screened AS {screen_sql(judge.version, source_table)}")
    breaches = con.execute(
        f"SELECT {quoted(key)}, {figure_sql(judge.version)} FROM screened WHERE verdict = 'violation' ORDER BY ALL"
    ).fetchall()
    numbers: dict[Situation, int] = {}
    keys, places = [], []
    for subject, *figure in breaches:
        numerator, denominator = figure_of(figure)
        assert numerator is not None and denominator is not None  # or there would be no data
        known = situation_of(
            judge.version, numerator, denominator, history.get(subject, ()), exempting.get(subject, ())
        )
        keys.append(subject)
        places.append(numbers.setdefault(known, len(numbers)))
    con.execute(
        f'CREATE OR REPLACE TEMP TABLE breaches AS SELECT unnest(?::VARCHAR[]) AS "!key", '
        f"unnest(?::INTEGER[]) AS {quoted(SITUATION)}",
        [keys, places],
    )
    con.execute(
        f'CREATE OR REPLACE TEMP VIEW judged AS SELECT * EXCLUDE ("!key") FROM screened '
        f'LEFT JOIN breaches ON "!key" = {quoted(key)}'
    )
    return Judged(tuple(numbers), tuple(judge.decide(situation) for situation in numbers))


def figure_of(cells: Sequence[int | None]) -> tuple[int | Interval | None, int | Interval | None]:
    """Numerator and denominator from the six columns of `figure_sql`; an interval where there are ends."""
    numerator, top, denominator, bottom = cells[0], interval_of(*cells[1:3]), cells[3], interval_of(*cells[4:6])
    return top or numerator, bottom or denominator


def interval_of(low: int | None, high: int | None) -> Interval | None:
    """What two columns of ends say; None where the number is exact, or unknown."""
    return Interval(low, high) if low is not None and high is not None and low < high else None
