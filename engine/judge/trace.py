"""What fired on which facts, in an order of its own: the same trace whichever engine drew the conclusion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import KaoheError
from engine.judge.facts import Fact, canonical

MOST_FIRINGS = 200


class RunawayRulesError(KaoheError):
    """The rules of a case fired more often than any real ladder does."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"the case rules fired more than {most} times for one case; look for rules that feed each other"
        )


@dataclass(frozen=True, slots=True)
class Firing:
    """One rule that held: the facts it matched, by alias in the rule's order, and the facts it produced."""

    rule: str
    matched: tuple[tuple[str, Fact], ...]
    produced: tuple[Fact, ...]

    def as_data(self) -> dict[str, Any]:
        """The firing as JSON: what the ledger keeps and what the child process answers."""
        return {
            "rule": self.rule,
            "matched": {alias: fact.as_data() for alias, fact in self.matched},
            "produced": [fact.as_data() for fact in self.produced],
        }


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Everything that follows from a case's facts: each firing once, and each new fact once."""

    trace: tuple[Firing, ...]
    concluded: tuple[Fact, ...]

    def of_kind(self, kind: str) -> tuple[Fact, ...]:
        """The concluded facts of one kind, in the order of the trace."""
        return tuple(fact for fact in self.concluded if fact.kind == kind)


def conclude(given: Iterable[Fact], firings: Iterable[Firing], rule_order: Sequence[str]) -> Conclusion:
    """Put `firings` in causal order: those that rest on given facts, then those that rest on their produce.

    Within a round the order is that of `rule_order`, then of the matched facts. An engine's agenda leaves no
    mark. Raises ValueError if a firing rests on a fact that nothing gave or produced.
    """
    place = {name: i for i, name in enumerate(rule_order)}
    waiting = sorted(firings, key=lambda f: (place[f.rule], canonical(f.as_data()["matched"])))
    known, trace, concluded = set(given), list[Firing](), dict[Fact, None]()
    while waiting:
        ready = [f for f in waiting if all(fact in known for _, fact in f.matched)]
        if not ready:
            raise ValueError(f"rule {waiting[0].rule!r} fired on facts that nothing produced")
        trace += ready
        done = set(ready)
        waiting = [f for f in waiting if f not in done]
        for fact in (fact for firing in ready for fact in firing.produced if fact not in known):
            concluded[fact] = None
        known |= concluded.keys()
    return Conclusion(tuple(trace), tuple(concluded))
