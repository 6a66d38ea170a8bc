"""Does the rule engine start, and does it answer as it should?"""

from __future__ import annotations

from console.doctor.finding import Finding, ok
from engine.judge.caserules import CaseRule, Kind, Pattern, Production
from engine.judge.facts import Fact
from engine.judge.reasoner import INTERPRETER, Reasoner
from engine.judge.ruleset import RuleSet
from engine.rulebook.model import Text

SUBJECT = "judge"
QUESTION = RuleSet(
    kinds=(Kind("question"), Kind("answer")),
    rules=(CaseRule("answer", 1, (Pattern("asked", "question"),), (Production("answer"),)),),
)


def check_judge(reasoner: Reasoner) -> list[Finding]:
    """Whether a case is decided by the rule engine in its child process, and not by the interpreter in its place."""
    with reasoner:
        _, who = reasoner.conclude(QUESTION, [Fact.of("question")])
    if not who.startswith(INTERPRETER):
        return [ok(SUBJECT, who, who)]
    what = Text(f"规则引擎没有应答，由解释器代为判定：{who}", f"the rule engine gives no answer: {who}")
    mend = Text(
        "结论不受影响，只是变慢；请重新安装（`make clean`，再 `make demo`）",
        "verdicts stay the same, and take longer; install it anew (`make clean`, then `make demo`)",
    )
    return [Finding(SUBJECT, "warning", what, mend)]
