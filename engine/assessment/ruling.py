"""What may be felt of a violation as it stands: its measures and what they cost, and what is odd about a decision.

Measures and exposure stand in the ledger as they were forecast, or as the platform decided (see `deciding`). Here they
are read: nothing of a violation that was let off, and what was charged in place of the span of its measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.assessment.outcome import dated, exposure_fen
from engine.ledger.states import LET_OFF
from engine.ledger.tables import Sanction, Violation
from engine.rulebook.model import Version

MONEY = "liquidated_damages"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The measures that may be felt, in the order of the ladder, and the least and the most that they cost in fen.

    Nothing and (0, 0) where the violation was let off. One that was closed costs what it cost.
    """

    sanctions: tuple[Sanction, ...]
    exposure_fen: tuple[int, int]


def ruling(violation: Violation, sanctions: Sequence[Sanction]) -> Ruling:
    """What follows from `violation` with these measures on record."""
    if violation.state in LET_OFF:
        return Ruling((), (0, 0))
    told = tuple(sorted(sanctions, key=lambda s: s.position))
    if violation.amount_fen is not None:
        told = _charged(violation, told, violation.amount_fen)
    return Ruling(told, (violation.exposure_min_fen, violation.exposure_max_fen))


def doubts(violation: Violation, version: Version, severity: str | None, amount_fen: int | None) -> tuple[str, ...]:
    """What is odd about a severity and an amount that somebody recorded.

    `ungraded`: the rule has no grades; `no such rung`: it has others; `off the ladder`: no rung that may apply to
    `violation`, as it is on record by now, costs that much.
    """
    found = []
    if severity is not None and version.severity is None:
        found.append("ungraded")
    elif severity is not None and severity not in version.ladder:
        found.append("no such rung")
    if amount_fen is not None and not any(low <= amount_fen <= high for low, high in _costs(violation, version)):
        found.append("off the ladder")
    return tuple(found)


def _costs(violation: Violation, version: Version) -> list[tuple[int, int]]:
    """The least and the most, in fen, of each rung that may apply: that of the severity on record, else all."""
    rung = version.ladder.get(violation.severity or "")
    rungs = [rung] if rung is not None else version.ladder.values()
    return [exposure_fen(dated(one, violation.assessed_on)) for one in rungs]


def _charged(violation: Violation, measures: tuple[Sanction, ...], amount: int) -> tuple[Sanction, ...]:
    """The measures with what was charged in place of the span, where one of them alone is about money.

    An amount that no measure foresaw is a measure of its own.
    """
    paid = [n for n, measure in enumerate(measures) if measure.amount_max_fen is not None]
    said: dict[str, Any] = {"amount_min_fen": amount, "amount_max_fen": amount, "discretionary": False}
    if len(paid) == 1:
        return tuple(
            Sanction(**(measure.model_dump() | said)) if n == paid[0] else measure for n, measure in enumerate(measures)
        )
    if paid or not amount:
        return measures
    return (*measures, Sanction(violation_id=violation.id, position=len(measures), kind=MONEY, **said))
