"""Who draws the conclusions: durable_rules in a child process, and our interpreter where it cannot.

A case whose child dies is tried once more in a new one. If that dies too, the interpreter of the same rules
decides, and the decision says so. The conclusion is the same whoever drew it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from importlib.metadata import version
from typing import Any

from engine.judge.facts import Fact
from engine.judge.interpreter import interpret
from engine.judge.process import ChildLostError, ChildProcess
from engine.judge.ruleset import RuleSet
from engine.judge.trace import MOST_FIRINGS, Conclusion, Firing, RunawayRulesError, conclude
from engine.judge.wire import data_of

INTERPRETER = "interpreter"  # how `decided_by` begins where the rule engine did not decide
ATTEMPTS = 2
MOST_LOST_CASES = 3  # after so many cases in a row that no child survived, no further child is started


class RefusedError(Exception):
    """The rule engine answered, and the answer was an error."""


class Reasoner:
    """Draws conclusions from case rules and facts. One may serve many rule sets; not two threads at once.

    The child starts with the first case. Use in `with`, or call `close`: the child is reaped there.
    """

    def __init__(self, start: Callable[[], ChildProcess] = ChildProcess) -> None:
        self._start = start
        self._child: ChildProcess | None = None
        self._loaded: RuleSet | None = None
        self._lost_cases = 0

    def __enter__(self) -> Reasoner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child and reap it. A later case would start a new one."""
        child, self._child, self._loaded = self._child, None, None
        if child:
            child.close()

    @property
    def child_pid(self) -> int | None:
        """The process id of the running child, if there is one."""
        return self._child.pid if self._child else None

    def conclude(
        self, rules: RuleSet, given: Collection[Fact], most_firings: int = MOST_FIRINGS
    ) -> tuple[Conclusion, str]:
        """What follows from the facts `given`, and who drew the conclusion.

        Raises FactError for a fact that the rules do not declare, RunawayRulesError past `most_firings`
        firings.
        """
        rules.check(given)
        try:
            return self._by_child(rules, given, most_firings), _engine_name()
        except RefusedError as refused:
            why = str(refused)
        except ChildLostError as lost:
            why = str(lost)
        return interpret(rules, given, most_firings), f"{INTERPRETER} ({why})"

    def _by_child(self, rules: RuleSet, given: Collection[Fact], most_firings: int) -> Conclusion:
        if self._lost_cases >= MOST_LOST_CASES:
            raise ChildLostError(f"was lost in {MOST_LOST_CASES} cases running")
        lost: list[str] = []
        while len(lost) < ATTEMPTS:
            try:
                answer = self._ask(rules, given, most_firings)
            except ChildLostError as error:
                lost.append(error.how)
                self._child = self._loaded = None
            else:
                self._lost_cases = 0
                return self._conclusion(rules, given, answer)
        self._lost_cases += 1
        raise ChildLostError(f"{lost[0]} twice" if len(set(lost)) == 1 else ", then ".join(lost))

    def _ask(self, rules: RuleSet, given: Collection[Fact], most_firings: int) -> dict[str, Any]:
        self._child = self._child or self._start()
        if self._loaded is not rules:
            self._loaded = None  # until the child has said so, whatever interrupts
            answer = self._child.ask({"load": data_of(rules)})
            if "refused" in answer:
                return answer
            self._loaded = rules
        return self._child.ask({"given": [fact.as_data() for fact in given], "most_firings": most_firings})

    @staticmethod
    def _conclusion(rules: RuleSet, given: Collection[Fact], answer: dict[str, Any]) -> Conclusion:
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        if "runaway" in answer:
            raise RunawayRulesError(answer["runaway"])
        firings = [Firing.from_data(firing) for firing in answer["firings"]]
        return conclude(given, firings, [rule.name for rule in rules.by_priority])


@cache
def _engine_name() -> str:
    return f"durable_rules {version('durable_rules')}"
