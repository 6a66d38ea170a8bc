"""What follows from a violation once the platform has spoken: its severity's rung and its amount, no longer ours.

What was assessed stays on record as it was; this is what is told of it. The rung is found in the version that decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.assessment.outcome import dated, exposure_fen
from engine.assessment.rows import sanction_row
from engine.ledger.tables import Sanction, Violation
from engine.rulebook.model import SanctionSpec, Version

STANDING = frozenset({"open", "acknowledged", "confirmed", "appealed"})  # states in which its measures may be felt
MONEY = "liquidated_damages"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The measures that may be felt, in the order of the ladder, and the least and the most that they cost in fen.

    Nothing and (0, 0) where the violation is settled: nobody has anything to bear any more.
    """

    sanctions: tuple[Sanction, ...]
    exposure_fen: tuple[int, int]


def ruling(violation: Violation, forecast: Sequence[Sanction], version: Version | None) -> Ruling:
    """What follows from `violation` as it is on record by now.

    `forecast` are the measures that the assessment recorded; they serve where `version`, the one that decided, is lost
    or has no rung for the severity on record.
    """
    if violation.state not in STANDING:
        return Ruling((), (0, 0))
    ladder: Mapping[str, tuple[SanctionSpec, ...]] = version.ladder if version else {}
    rung = ladder.get(violation.severity) if violation.severity else None
    if rung is not None:
        told = measures_of(rung, violation.assessed_on, violation.id)
        low, high = exposure_fen(dated(rung, violation.assessed_on))
    else:
        told = tuple(sorted(forecast, key=lambda s: s.position))
        low, high = violation.exposure_min_fen, violation.exposure_max_fen
    if violation.amount_fen is None:
        return Ruling(told, (low, high))
    return Ruling(_charged(violation, told, violation.amount_fen), (violation.amount_fen, violation.amount_fen))


def measures_of(
    rung: tuple[SanctionSpec, ...], assessed_on: date = date.min, violation: str = ""
) -> tuple[Sanction, ...]:
    """The measures of a rung as the ledger keeps them, for a violation that was assessed on this day."""
    return tuple(Sanction(**sanction_row(violation, n, one)) for n, one in enumerate(dated(rung, assessed_on)))


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
