"""Who draws the conclusions: durable_rules in a child process, and our interpreter where it cannot.

Every answer of the child is compared with the interpreter's, which takes no time beside the exchange: an answer that
is not what follows from the rules is none, whatever went wrong in there. A case whose child dies, or answers so, is
tried once more in a new one. If that is lost too, the interpreter decides, and the decision says so. The conclusion is
the same whoever drew it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from importlib.metadata import version
from typing import Any

from engine.judge.facts import Fact
from engine.judge.interpreter import interpret
from engine.judge.process import NONSENSE, ChildLostError, ChildProcess
from engine.judge.ruleset import RuleSet
from engine.judge.trace import MOST_FIRINGS, Conclusion
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
                conclusion = self._conclusion(rules, given, most_firings)
            except ChildLostError as error:
                lost.append(error.how)
                self._child = self._loaded = None
            except RefusedError:
                self._lost_cases = 0
                raise
            else:
                self._lost_cases = 0
                return conclusion
        self._lost_cases += 1
        raise ChildLostError(f"{lost[0]} twice" if len(set(lost)) == 1 else ", then ".join(lost))

    def _conclusion(self, rules: RuleSet, given: Collection[Fact], most_firings: int) -> Conclusion:
        child = self._child = self._child or self._start()
        if self._loaded is not rules:
            self._loaded = None  # until the child has said so, whatever interrupts
            if _unless_refused(child.ask({"load": data_of(rules)})) != {"loaded": True}:
                child.kill()
                raise ChildLostError(NONSENSE)
            self._loaded = rules
        facts = [fact.as_data() for fact in given]
        answer = _unless_refused(child.ask({"given": facts, "most_firings": most_firings}))
        expected = interpret(rules, given, most_firings)
        if answer != {"firings": [firing.as_data() for firing in expected.trace]}:
            child.kill()
            raise ChildLostError(NONSENSE)
        return expected


def _unless_refused(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer. Raises RefusedError if it says why there is none; the interpreter finds runaway rules itself."""
    if "refused" in answer or "runaway" in answer:
        raise RefusedError(str(answer.get("refused", "the rules fired too often")))
    return answer


@cache
def _engine_name() -> str:
    return f"durable_rules {version('durable_rules')}"
