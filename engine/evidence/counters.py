"""Which counters there are and which cycles they belong to: what figures counted elsewhere are held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from engine.calendar.cycles import DAY, MONTH, WEEK, CycleKind
from engine.errors import suggestion
from engine.evidence.cells import Check
from engine.evidence.duck import text
from engine.evidence.kinds import COUNTS
from engine.evidence.reasons import reason
from engine.rulebook.model import Rule, Text
from engine.rulebook.shares import is_part_of

UNKNOWN_COUNTER = reason("no_counter")
_STARTS, _ENDS = '"period_start!"', '"period_end!"'
_UNITS = {DAY: "day", WEEK: "week", MONTH: "month"}


@dataclass(frozen=True, slots=True)
class Partial:
    """A period of several days that is less than the cycle of its rule, from `first` to `last`."""

    rule: str
    period_start: date
    period_end: date
    first: date
    last: date


class Counters:
    """The counters of all rules."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._known: list[str] = []
        self.parts: list[tuple[str, str]] = []  # counters that count some of the rows that others count
        self._cycles: dict[str, CycleKind] = {}  # of rules whose versions agree about it
        for rule in rules:
            self._known += dict.fromkeys(f"{rule.id}/{c.name}" for v in rule.versions for c in v.counters)
            pairs = ((p, w) for v in rule.versions for p in v.counters for w in v.counters if p.name != w.name)
            self.parts += dict.fromkeys(
                (f"{rule.id}/{p.name}", f"{rule.id}/{w.name}") for p, w in pairs if is_part_of(p, w)
            )
            kinds = {v.cycle for v in rule.versions if v.cycle is not None}
            if len(kinds) == 1:
                self._cycles[rule.id] = kinds.pop()

    def checks(self) -> Iterator[Check]:
        """What is checked of a row: that a rule has its counter, and that one cycle of that rule holds its period."""
        known = ", ".join(map(text, self._known)) or "NULL"
        spelled = f"regexp_full_match(counter, {text(COUNTS.column('counter').pattern or '')})"
        yield Check("counter", f"{spelled} AND counter NOT IN ({known})", UNKNOWN_COUNTER)
        for kind, unit in _UNITS.items():
            within = f"date_trunc('{unit}', {_STARTS}) <> date_trunc('{unit}', {_ENDS})"
            yield Check("period_end", f"{self._of(kind)} AND {_STARTS} <= {_ENDS} AND {within}", reason(f"in_{unit}"))

    def near(self, counter: str) -> Text:
        """Which counters may have been meant."""
        return Text(suggestion(counter, self._known, "zh-CN"), suggestion(counter, self._known))

    def partial(self, con: duckdb.DuckDBPyConnection) -> list[Partial]:
        """The periods of the table `staged` that are several days of a cycle but not all of them."""
        found = []
        for kind, unit in _UNITS.items():
            first = f"date_trunc('{unit}', period_start)::DATE"
            last = f"({first} + INTERVAL 1 {unit} - INTERVAL 1 day)::DATE"
            found += con.execute(
                f"SELECT DISTINCT split_part(counter, '/', 1), period_start, period_end, {first}, {last} FROM staged "
                f"WHERE {self._of(kind)} AND period_start < period_end AND period_end <= {last} "
                f"AND (period_start > {first} OR period_end < {last}) ORDER BY ALL"
            ).fetchall()
        return [Partial(*row) for row in found]

    def _of(self, kind: CycleKind) -> str:
        """SQL that is true for counters of rules with cycles of this kind."""
        rules = ", ".join(text(rule) for rule, cycle in self._cycles.items() if cycle == kind)
        return f"split_part(counter, '/', 1) IN ({rules or 'NULL'})"
