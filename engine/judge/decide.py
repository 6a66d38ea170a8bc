"""A situation in, a decision out: severity, sanctions and exposure, with the trace that shows why."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from engine.judge.facts import Fact
from engine.judge.interpreter import interpret
from engine.judge.ladder import LadderError, Situation, compile_ladder, situation_of
from engine.judge.reasoner import INTERPRETER, Reasoner
from engine.judge.trace import Conclusion, Firing
from engine.rulebook.model import SanctionSpec, Version

__all__ = ["Decision", "Firing", "Judge", "Situation", "decision_from", "situation_of"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a situation. All but `decided_by` is the same whoever decided.

    `exposure_fen` is the least and the most that all sanctions together can cost.
    """

    outcome: Literal["violation", "exempt"]
    severity: str | None
    sanctions: tuple[SanctionSpec, ...]
    exposure_fen: tuple[int, int]
    trace: tuple[Firing, ...]
    decided_by: str


class Judge:
    """Decides situations under one version. Use in `with`, or call `close`.

    A `reasoner` that is handed over is shared with others and stays open; without one the judge has its own.
    Raises LadderError for a version whose ladder does not hold together.
    """

    def __init__(self, version: Version, reasoner: Reasoner | None = None) -> None:
        self.version = version
        self._rules = compile_ladder(version)
        self._held = ExitStack()
        self._reasoner = reasoner or self._held.enter_context(Reasoner())

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what this judge started."""
        self._held.close()

    def decide(self, situation: Situation) -> Decision:
        """The decision on a situation that `situation_of` made for the same version."""
        conclusion, decided_by = self._reasoner.conclude(self._rules, situation.facts)
        return decision_from(self.version, conclusion, decided_by)


def decided_again(version: Version, facts: Collection[Fact]) -> Decision:
    """What the ladder of `version` makes of these facts, by the interpreter alone: no process is started for one case.

    Raises LadderError without a breach.
    """
    return decision_from(version, interpret(compile_ladder(version), facts), INTERPRETER)


def decision_from(version: Version, conclusion: Conclusion, decided_by: str) -> Decision:
    """What a conclusion of the version's case rules amounts to. Raises LadderError without a breach."""
    if not conclusion.of_kind("violation") and not conclusion.of_kind("exemption"):
        raise LadderError("the situation holds no breach, so there is nothing to decide; make it with situation_of")
    severities = [str(fact["name"]) for fact in conclusion.of_kind("severity")]
    found = sorted((str(fact["rung"]), int(fact["position"])) for fact in conclusion.of_kind("sanction"))
    sanctions = tuple(version.ladder[rung][position] for rung, position in found)
    costs = [sanction.exposure_fen() for sanction in sanctions]
    return Decision(
        outcome="exempt" if conclusion.of_kind("exemption") else "violation",
        severity=severities[0] if severities else None,
        sanctions=sanctions,
        exposure_fen=(sum(low for low, _ in costs), sum(high for _, high in costs)),
        trace=conclusion.trace,
        decided_by=decided_by,
    )
