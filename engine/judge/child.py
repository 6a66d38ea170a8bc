"""The process that durable_rules runs in: a crash of its C code takes this process down and nothing else.

One JSON object a line on standard input, one answer a line on standard output. `{"load": rules}` replaces the
loaded rules and answers `{"loaded": true}`; `{"given": [fact…], "most_firings": n}` decides one case and
answers `{"firings": […]}`, `{"runaway": n}` or `{"refused": why}`. The process ends when its standard input
closes.

Run as `python -m engine.judge.child`.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO

from engine.judge.facts import Fact
from engine.judge.rete import Rete, RuleEngineError
from engine.judge.trace import RunawayRulesError
from engine.judge.wire import rules_from

LONGEST_REQUEST_S = 60  # a request that hangs ends this process even if nobody is left to end it


def serve(requests: Iterable[str], answers: TextIO) -> None:
    """Answer request after request until there are no more."""
    rete: Rete | None = None
    for line in requests:
        request = json.loads(line)
        signal.alarm(LONGEST_REQUEST_S)
        try:
            if "load" in request:
                if rete:
                    rete.close()
                rete = Rete(rules_from(request["load"]))
                answer: dict[str, Any] = {"loaded": True}
            elif rete is None:
                answer = {"refused": "no case rules are loaded"}
            else:
                answer = _decide(rete, request)
        except RuleEngineError as error:
            answer = {"refused": str(error)}
        signal.alarm(0)
        answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
        answers.flush()


def _decide(rete: Rete, request: dict[str, Any]) -> dict[str, Any]:
    given = [Fact.from_data(fact) for fact in request["given"]]
    try:
        conclusion = rete.run(given, request["most_firings"])
    except RunawayRulesError:
        return {"runaway": request["most_firings"]}
    return {"firings": [firing.as_data() for firing in conclusion.trace]}


def main() -> None:
    """Serve on standard input and output. Whatever the C code prints goes to standard error instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    with (
        suppress(ConnectionError),  # the parent went without waiting for its answer
        os.fdopen(0, encoding="utf-8", closefd=False) as requests,
        os.fdopen(os.dup(1), "w", encoding="utf-8") as answers,
    ):
        os.dup2(2, 1)
        serve(requests, answers)


if __name__ == "__main__":
    main()
