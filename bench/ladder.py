"""A ladder of twenty rungs and its sixty cases: what the judge and the engines beside it are all asked."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from engine.judge.decide import Decision, Situation, situation_of
from engine.judge.facts import Fact
from engine.rulebook.model import (
    Bound,
    Counter,
    Figure,
    PastViolation,
    SanctionSpec,
    Severity,
    Standard,
    Version,
)

RUNGS = 20
WINDOW_DAYS = 180
CONFIRMED = PastViolation(30, "confirmed")

VERSION = Version(
    since=date(2021, 1, 1),
    provenance=(),
    sha256="0" * 64,
    counters=(
        Counter("asked", "sessions", "opened_by = 'buyer'"),
        Counter("answered", "sessions", "opened_by = 'buyer' AND replied_before_close"),
    ),
    figure=Figure("answered", "asked"),
    gate=(("asked", Bound("at_least", Fraction(5), "5")),),
    standard=Standard(Bound("at_least", Fraction(4, 5), "80%"), "compliant_when"),
    at_risk=Bound("below", Fraction(85, 100), "85%"),
    severity=Severity("history", within_days=WINDOW_DAYS, steps={n: f"step{n}" for n in range(1, RUNGS + 1)}),
    ladder={
        f"step{n}": (
            SanctionSpec("warning"),
            SanctionSpec("traffic_limit", days=(n, n), scope="public_domain"),
            SanctionSpec("liquidated_damages", amount_fen=(100 * n, 300 * n), discretionary=n % 2 == 0),
        )
        for n in range(1, RUNGS + 1)
    },
)


def cases() -> list[Situation]:
    """Sixty distinct cases: each rung, and as many waived and excluded breaches."""
    rungs = [situation_of(VERSION, 1, 2, [CONFIRMED] * n) for n in range(RUNGS)]
    pardons = [Fact.of(kind, reference=f"R{n}") for kind in ("waiver", "exclusion") for n in range(RUNGS)]
    return rungs + [situation_of(VERSION, 1, 2, [], [pardon]) for pardon in pardons]


def told(decision: Decision) -> dict[str, Any]:
    """A decision in the form in which all engines answer."""
    return {
        "outcome": decision.outcome,
        "severity": decision.severity,
        "sanctions": [sanction.kind for sanction in decision.sanctions],
        "exposure_fen": list(decision.exposure_fen),
    }


def consequences(severity: str) -> dict[str, Any]:
    """What a rung amounts to, worked out beforehand: the other engines only need to look it up."""
    sanctions = VERSION.ladder[severity]
    costs = [sanction.exposure_fen() for sanction in sanctions]
    return {
        "sanctions": [sanction.kind for sanction in sanctions],
        "exposure_fen": [sum(low for low, _ in costs), sum(high for _, high in costs)],
    }


EXEMPT = {"outcome": "exempt", "severity": None, "sanctions": [], "exposure_fen": [0, 0]}
