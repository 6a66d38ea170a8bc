"""The same decisions by other engines, each driven as its own documentation says: `python -m bench.engines NAME TIMES`.

It decides all cases of `bench.ladder` TIMES times, in a process of its own since one of them takes its process down,
and prints what it has done so far every 100 cases, and in the end its decisions, as lines of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import zen
from durable.lang import assert_fact, c, delete_state, m, none, ruleset, when_all
from rule_engine import Context, Rule, resolve_item

from bench import ladder
from engine.judge.decide import Judge, Situation, decision_from
from engine.judge.interpreter import interpret
from engine.judge.ladder import compile_ladder

Decide = Callable[[Situation], dict[str, Any]]
STEPS = {ordinal: f"step{ordinal}" for ordinal in range(1, ladder.RUNGS + 1)}


def our_judge() -> Decide:
    """The judge as it runs: durable_rules in a child process, the trace kept."""
    judge = Judge(ladder.VERSION)
    return lambda case: ladder.told(judge.decide(case))


def our_interpreter() -> Decide:
    """The interpreter of the same rules, which decides where the child cannot."""
    rules = compile_ladder(ladder.VERSION)
    return lambda case: ladder.told(decision_from(ladder.VERSION, interpret(rules, case.facts), "interpreter"))


def durable_host(*, tidy: bool, idle: bool = False) -> Decide:
    """durable_rules through its own Host, one sid a case; `tidy` deletes each state when its case is decided.

    `idle`: before each case comes one of a shop that did nothing wrong, so that no rule fires.
    """
    found: dict[str, Any] = {}

    def say(**what: Any) -> Callable[[Any], None]:
        return lambda _context: found.update(what)

    def pass_on(name: str) -> Callable[[Any], None]:
        return lambda context: context.assert_fact({"kind": "severity", "name": name})

    with ruleset("ladder"):
        pardons = none(m.kind == "waiver"), none(m.kind == "exclusion")
        when_all(c.breach << (m.kind == "breach"), *pardons)(lambda context: context.assert_fact({"kind": "violation"}))
        for kind in ("waiver", "exclusion"):
            when_all(c.breach << (m.kind == "breach"), c.pardon << (m.kind == kind))(say(**ladder.EXEMPT))
        for ordinal, name in STEPS.items():
            history = (m.kind == "history") & (m.ordinal == ordinal)
            when_all(c.violation << (m.kind == "violation"), c.history << history)(pass_on(name))
            rung = (m.kind == "severity") & (m.name == name)
            when_all(c.severity << rung)(say(outcome="violation", severity=name, **ladder.consequences(name)))

    numbers = iter(range(sys.maxsize))

    def decide(case: Situation) -> dict[str, Any]:
        found.clear()
        sid = f"case{next(numbers)}"
        if idle:
            assert_fact("ladder", {"kind": "history", "ordinal": 1, "sid": f"idle {sid}"})
            delete_state("ladder", f"idle {sid}")
        for fact in sorted(case.facts, key=lambda fact: fact.kind == "breach"):  # what is negated goes in first
            assert_fact("ladder", {**fact.as_data(), "sid": sid})
        if tidy:
            delete_state("ladder", sid)
        return dict(found)

    return decide


def zen_engine() -> Decide:
    """Two decision tables of zen-engine: the ladder, and what each rung amounts to."""
    exempt = {"o1": '"exempt"', "o2": "null"}
    rows = [{"_id": kind, kind: "$ != null", **exempt} for kind in ("waiver", "exclusion")]
    rows += [{"_id": name, "ordinal": str(n), "o1": '"violation"', "o2": f'"{name}"'} for n, name in STEPS.items()]
    rungs = [
        {"_id": name, "severity": f'"{name}"', **{key: json.dumps(value) for key, value in amounts.items()}}
        for name, amounts in ((name, ladder.consequences(name)) for name in STEPS.values())
    ]
    rungs.append({"_id": "none", "severity": "", "sanctions": "[]", "exposure_fen": "[0, 0]"})
    model = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            _table("ladder", ("waiver", "exclusion", "ordinal"), {"o1": "outcome", "o2": "severity"}, rows),
            _table("rungs", ("severity",), {key: key for key in ("sanctions", "exposure_fen")}, rungs),
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
            for source, target in (("in", "ladder"), ("ladder", "rungs"), ("rungs", "out"))
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(model))

    def decide(case: Situation) -> dict[str, Any]:
        answer: dict[str, Any] = decision.evaluate(_flat(case))["result"]
        return {key: answer.get(key) for key in ladder.EXEMPT}  # it leaves out what is null

    return decide


def _table(name: str, inputs: Iterable[str], outputs: dict[str, str], rules: list[dict[str, str]]) -> dict[str, Any]:
    content = {
        "hitPolicy": "first",
        "passThrough": True,
        "inputs": [{"id": field, "name": field, "type": "expression", "field": field} for field in inputs],
        "outputs": [{"id": key, "name": field, "type": "expression", "field": field} for key, field in outputs.items()],
        "rules": rules,
    }
    return {"id": name, "name": name, "type": "decisionTableNode", "content": content}


def rule_engine() -> Decide:
    """Expressions of rule-engine, asked one after the other until one holds; the chain between them is ours."""
    context = Context(resolver=resolve_item)
    ladder_rules: list[tuple[Any, str | None]] = [(Rule("waiver != null or exclusion != null", context=context), None)]
    ladder_rules += [(Rule(f"ordinal == {n}", context=context), name) for n, name in STEPS.items()]
    rungs = [(Rule(f'severity == "{name}"', context=context), ladder.consequences(name)) for name in STEPS.values()]

    def decide(case: Situation) -> dict[str, Any]:
        given = _flat(case)
        severity = next(name for rule, name in ladder_rules if rule.matches(given))
        if severity is None:
            return ladder.EXEMPT
        amounts = next(amounts for rule, amounts in rungs if rule.matches({"severity": severity}))
        return {"outcome": "violation", "severity": severity, **amounts}

    return decide


def _flat(case: Situation) -> dict[str, Any]:
    """A case as one record, which is what engines without facts take."""
    given: dict[str, Any] = {"waiver": None, "exclusion": None, "ordinal": 0}
    for fact in case.facts:
        if fact.kind in ("waiver", "exclusion"):
            given[fact.kind] = fact["reference"]
        elif fact.kind == "history":
            given["ordinal"] = fact["ordinal"]
    return given


ENGINES: dict[str, Callable[[], Decide]] = {
    "kaohe, through its child process": our_judge,
    "kaohe's interpreter": our_interpreter,
    "durable_rules' Host, states deleted": lambda: durable_host(tidy=True),
    "the same, idle shops between them": lambda: durable_host(tidy=True, idle=True),
    "durable_rules' Host, states kept": lambda: durable_host(tidy=False),
    "zen-engine": zen_engine,
    "rule-engine": rule_engine,
}


def main() -> None:
    """Decide, and tell how far it came. Ends at once: the Host's timer threads would never let the process go."""
    decide, times = ENGINES[sys.argv[1]](), int(sys.argv[2])
    cases = ladder.cases()
    decisions = [decide(case) for case in cases]
    started, done = time.perf_counter(), 0
    for _ in range(times):
        for case in cases:
            decide(case)
        done += len(cases)
        print(json.dumps({"cases": done, "wall": time.perf_counter() - started}), flush=True)
    print(json.dumps({"decisions": decisions}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
