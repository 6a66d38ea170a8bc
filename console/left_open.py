"""Which verdicts the rounding of an import leaves open: said at once, and not only when the cycle is assessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from engine.assessment.outcome import gate_words, standard_words
from engine.calendar.cycles import cycle_of
from engine.evidence.mapping.counting import Counted
from engine.evidence.mapping.periods import Period
from engine.judge.verdict import points_of, verdict_of
from engine.rulebook.model import Interval, Rule


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """One figure, from `low` to `high` (each a numerator and a denominator), on which no verdict is possible."""

    rule: str
    cycle: str
    shop: str | None
    agent: str | None
    low: tuple[int, int]
    high: tuple[int, int]
    standard: str | None
    gate: str

    def shares(self) -> tuple[str, str]:
        """Both ends as percentages, rounded outwards.

        >>> LeftOpen("r", "2024-06", None, None, (5, 83), (7, 80), ">= 80%", "").shares()
        ('6.02%', '8.75%')
        """
        low, high = (Decimal(100 * n) / d if d else Decimal(0) for n, d in (self.low, self.high))
        step = Decimal("0.01")
        return f"{low.quantize(step, ROUND_FLOOR)}%", f"{high.quantize(step, ROUND_CEILING)}%"


def left_open(counted: Iterable[Counted], rules: Mapping[str, Rule]) -> Iterator[LeftOpen]:
    """The figures that the judge could not decide; of subjects whom a rule judges, where one row is its whole cycle."""
    rows: dict[tuple[str, str | None, str | None, Period], dict[str, Interval]] = {}
    for one in counted:
        if one.span is not None:
            of = rows.setdefault((one.rule, one.shop, one.agent, one.period), {})
            of[one.counter] = Interval(one.span.low, one.span.high)
    for (name, shop, agent, period), counters in rows.items():
        rule = rules.get(name)
        if rule is None or (agent is not None) != (rule.subject == "agent"):
            continue
        version = rule.version_for(period[0])
        if version is None or version.repealed or version.cycle is None or version.figure is None:
            continue
        cycle = cycle_of(version.cycle, period[0])
        if (cycle.first, cycle.last) != period or verdict_of(version, counters).verdict != "undetermined":
            continue
        below = version.figure.denominator
        low, high = points_of(version, counters[version.figure.numerator], counters[below] if below else 1)
        yield LeftOpen(name, cycle.key, shop, agent, low, high, standard_words(version), gate_words(version) or "")
