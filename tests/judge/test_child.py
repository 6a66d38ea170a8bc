"""The child process: it may die, hang or babble at any moment, and the conclusion stays what it was."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.judge import child as child_module
from engine.judge.child import serve
from engine.judge.facts import Fact
from engine.judge.interpreter import interpret
from engine.judge.ladder import compile_ladder
from engine.judge.process import CHILD, ChildLostError, ChildProcess
from engine.judge.reasoner import MOST_LOST_CASES, Reasoner
from engine.judge.trace import RunawayRulesError
from engine.judge.wire import data_of

ENGINE = "durable_rules 2.0.28"
FACTS = (Fact("breach"), Fact.of("history", ordinal=2))
DIES = "import sys; sys.stdin.readline()"
CRASHES = "import ctypes, sys; sys.stdin.readline(); ctypes.string_at(0)"
HANGS = "import time; time.sleep(600)"
BABBLES = "import sys; sys.stdin.readline(); print('Hello', flush=True); sys.stdin.readline()"


def child_that(code: str, patience_s: float = 30.0) -> ChildProcess:
    return ChildProcess((sys.executable, "-c", code), patience_s)


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


@pytest.fixture
def rules(k2):
    return compile_ladder(k2)


@pytest.fixture
def expected(rules):
    return interpret(rules, FACTS)


def test_a_child_decides_case_after_case(rules, expected):
    with Reasoner() as reasoner:
        assert reasoner.child_pid is None
        for _ in range(3):
            assert reasoner.conclude(rules, FACTS) == (expected, ENGINE)
        pid = reasoner.child_pid
        assert pid is not None
        assert not is_gone(pid)
    assert is_gone(pid)


def test_one_child_serves_several_rule_sets_in_turn(x1, k2):
    both = [compile_ladder(x1), compile_ladder(k2)]
    with Reasoner() as reasoner:
        for rules in (*both, *both):
            assert reasoner.conclude(rules, FACTS) == (interpret(rules, FACTS), ENGINE)


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def test_a_child_that_changes_its_rules_again_and_again_does_not_grow(x1, k2):
    both = [compile_ladder(x1), compile_ladder(k2)]
    with Reasoner() as reasoner:

        def change(times):
            for rules in both * times:
                reasoner.conclude(rules, FACTS)

        change(10)
        before = resident_kib(reasoner.child_pid)
        change(75)
        assert resident_kib(reasoner.child_pid) - before < 15_000  # forgotten rule sets leave 50,000 behind


def test_a_child_killed_between_two_cases_is_replaced_and_nothing_differs(rules, expected):
    with Reasoner() as reasoner:
        reasoner.conclude(rules, FACTS)
        first = reasoner.child_pid
        os.kill(first, signal.SIGKILL)
        assert reasoner.conclude(rules, FACTS) == (expected, ENGINE)
        assert reasoner.child_pid != first
        assert is_gone(first)


def test_a_child_killed_during_a_case_is_replaced_and_the_case_tried_again(rules, expected):
    with Reasoner() as reasoner:
        reasoner.conclude(rules, FACTS)
        first = reasoner.child_pid
        os.kill(first, signal.SIGSTOP)  # so that the case is in its hands when it dies
        killer = threading.Timer(0.2, os.kill, (first, signal.SIGKILL))
        killer.start()
        assert reasoner.conclude(rules, FACTS) == (expected, ENGINE)
        killer.join()
        assert is_gone(first)


@pytest.mark.parametrize(
    ("codes", "patience_s", "who"),
    [
        ((DIES, DIES), 30.0, "interpreter (the child process died twice)"),
        ((CRASHES, CRASHES), 30.0, "interpreter (the child process died twice)"),
        ((HANGS, HANGS), 0.2, "interpreter (the child process took too long twice)"),
        ((BABBLES, BABBLES), 30.0, "interpreter (the child process gave no proper answer twice)"),
    ],
    ids=["dies", "crashes", "hangs", "babbles"],
)
def test_when_two_children_are_lost_the_interpreter_decides_and_says_so(rules, expected, codes, patience_s, who):
    waiting = [*codes]
    started = []

    def start():
        started.append(child_that(waiting.pop(0), patience_s))
        return started[-1]

    with Reasoner(start) as reasoner:
        assert reasoner.conclude(rules, FACTS) == (expected, who)
        assert reasoner.child_pid is None
    assert len(started) == 2
    assert all(is_gone(child.pid) for child in started)


NESTED = "[" * 20_000
FIRED = '{"rule": "breach is a violation", "matched": {"breach": {"kind": "breach"}}, "produced": [%s]}'
NO_ANSWERS = {
    "a list": "[1]",
    "a number": "5",
    "null": "null",
    "a text": '"refused"',
    "nothing in it": "{}",
    "something else in it": '{"loaded": true}',
    "no firings": '{"firings": []}',
    "no list of firings": '{"firings": null}',
    "a firing of nothing": '{"firings": [{}]}',
    "firings that are none": '{"firings": [5, null, "x"]}',
    "a firing of an unknown rule": '{"firings": [{"rule": "x", "matched": {}, "produced": []}]}',
    "a part of what follows": '{"firings": [%s]}' % (FIRED % '{"kind": "violation"}'),
    "what does not follow": '{"firings": [%s]}' % (FIRED % '{"kind": "sanction", "position": 99, "rung": "x"}'),
    "depths": NESTED,
    "depths that end": NESTED + "]" * 20_000,
    "a number without end": "9" * 100_000,
    "no UTF-8": "\udcff",
}


def answers_with(answer, load='{"loaded": true}'):
    said = [line.encode("utf-8", "surrogateescape") for line in (load, answer)]
    write = "sys.stdin.readline(); sys.stdout.buffer.write(said + b'\\n'); sys.stdout.flush()"
    return f"import sys\nfor said in {said!r}: {write}"


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_an_answer_that_is_not_what_follows_from_the_rules_is_none(rules, expected, answer):
    children = []

    def start():
        children.append(child_that(answers_with(answer)))
        return children[-1]

    with Reasoner(start) as reasoner:
        who = "interpreter (the child process gave no proper answer twice)"
        assert reasoner.conclude(rules, FACTS) == (expected, who)
    assert len(children) == 2
    assert all(is_gone(child.pid) for child in children)


@pytest.mark.parametrize(
    "answer", ["[1]", "5", "null", "{}", '{"loaded": false}', '"loaded"', '{"firings": []}', NESTED]
)
def test_a_child_that_does_not_say_that_it_has_loaded_the_rules_is_lost(rules, expected, answer):
    with Reasoner(lambda: child_that(answers_with("{}", load=answer))) as reasoner:
        who = "interpreter (the child process gave no proper answer twice)"
        assert reasoner.conclude(rules, FACTS) == (expected, who)


def test_a_child_that_only_says_that_the_rules_ran_away_is_not_believed(rules, expected):
    with Reasoner(lambda: child_that(answers_with('{"runaway": 1}'))) as reasoner:
        assert reasoner.conclude(rules, FACTS) == (expected, "interpreter (the rules fired too often)")


@pytest.mark.parametrize("refused", ["[1]", "null", '{"a": "b"}'])
def test_a_refusal_without_words_is_a_refusal(rules, expected, refused):
    with Reasoner(lambda: child_that(answers_with(f'{{"refused": {refused}}}'))) as reasoner:
        conclusion, who = reasoner.conclude(rules, FACTS)
    assert conclusion == expected
    assert who.startswith("interpreter (")


def test_an_answer_without_an_end_is_given_up(rules, expected, monkeypatch):
    monkeypatch.setattr("engine.judge.process._LONGEST_ANSWER", 1 << 20)
    endless = "import sys\nsys.stdin.readline()\nwhile True: sys.stdout.write('x' * 65536)"
    with Reasoner(lambda: child_that(endless)) as reasoner:
        who = "interpreter (the child process gave no proper answer twice)"
        assert reasoner.conclude(rules, FACTS) == (expected, who)


def test_two_children_lost_in_different_ways_are_both_told(rules):
    ways = iter([(DIES, 30.0), (HANGS, 0.2)])
    with Reasoner(lambda: child_that(*next(ways))) as reasoner:
        assert reasoner.conclude(rules, FACTS)[1] == "interpreter (the child process died, then took too long)"


def test_a_second_child_that_holds_out_decides(rules, expected):
    ways = iter([(sys.executable, "-c", DIES), CHILD])
    with Reasoner(lambda: ChildProcess(next(ways))) as reasoner:
        assert reasoner.conclude(rules, FACTS) == (expected, ENGINE)


def test_a_child_that_cannot_be_started_leaves_the_case_to_the_interpreter(rules, expected):
    with Reasoner(lambda: ChildProcess(("/nowhere/python",))) as reasoner:
        conclusion, who = reasoner.conclude(rules, FACTS)
    assert conclusion == expected
    assert who.startswith("interpreter (the child process could not be started")


def test_after_several_lost_cases_no_more_children_are_started(rules, expected):
    starts = []

    def start():
        starts.append(1)
        raise ChildLostError("died")

    with Reasoner(start) as reasoner:
        for _ in range(MOST_LOST_CASES):
            assert reasoner.conclude(rules, FACTS)[1] == "interpreter (the child process died twice)"
        assert len(starts) == 2 * MOST_LOST_CASES
        assert reasoner.conclude(rules, FACTS) == (
            expected,
            "interpreter (the child process was lost in 3 cases running)",
        )
        assert len(starts) == 2 * MOST_LOST_CASES


def test_a_case_that_a_child_survives_forgives_the_lost_ones(rules):
    dead = [True] * 4 + [False] + [True] * 4 + [False]

    def start():
        if dead.pop(0):
            raise ChildLostError("died")
        return ChildProcess()

    who = []
    with Reasoner(start) as reasoner:
        for _ in range(6):
            who.append(reasoner.conclude(rules, FACTS)[1].split()[0])
            reasoner.close()
    assert who == ["interpreter", "interpreter", "durable_rules"] * 2


class Refuses:
    pid = 0

    def ask(self, request):
        return {"refused": "code 303"}

    def close(self):
        pass


def test_a_case_that_the_engine_refuses_goes_to_the_interpreter_at_once(rules, expected):
    with Reasoner(Refuses) as reasoner:
        assert reasoner.conclude(rules, FACTS) == (expected, "interpreter (code 303)")


def test_rules_that_fire_too_often_are_an_error_from_the_child_too(rules):
    with Reasoner() as reasoner:
        with pytest.raises(RunawayRulesError, match="more than 2 times"):
            reasoner.conclude(rules, FACTS, most_firings=2)
        assert reasoner.conclude(rules, FACTS)[1] == ENGINE


def test_an_interrupt_is_the_parents_and_does_not_reach_the_child(rules, expected):
    with Reasoner() as reasoner:
        reasoner.conclude(rules, FACTS)
        pid = reasoner.child_pid
        assert os.getpgid(pid) != os.getpgid(0)
        os.kill(pid, signal.SIGINT)
        assert reasoner.conclude(rules, FACTS) == (expected, ENGINE)
        assert reasoner.child_pid == pid


def test_after_an_interrupt_a_late_answer_never_passes_for_the_next_one(rules, expected):
    def interrupt(*_):
        raise KeyboardInterrupt

    with Reasoner() as reasoner:
        reasoner.conclude(rules, FACTS)
        first = reasoner.child_pid
        os.kill(first, signal.SIGSTOP)
        before = signal.signal(signal.SIGUSR1, interrupt)
        interrupter = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1))
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            reasoner.conclude(rules, (Fact("breach"), Fact.of("waiver", reference="W1")))
        interrupter.join()
        signal.signal(signal.SIGUSR1, before)
        assert is_gone(first)
        assert reasoner.conclude(rules, FACTS) == (expected, ENGINE)


def test_a_child_ends_by_itself_when_its_input_closes(rules):
    process = subprocess.run(
        [sys.executable, "-m", "engine.judge.child"],
        input=json.dumps({"load": data_of(rules)}) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (process.stdout, process.stderr) == ('{"loaded": true}\n', "")


def test_a_child_ends_when_its_parent_is_killed():
    code = """
from engine.judge.facts import Fact
from engine.judge.reasoner import Reasoner
from engine.judge.ruleset import RuleSet
reasoner = Reasoner()
reasoner.conclude(RuleSet((), ()), ())
print(reasoner.child_pid, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        assert not has_ended(pid)
        parent.kill()
    for _ in range(600):
        if has_ended(pid):
            break
        time.sleep(0.05)
    assert has_ended(pid)


def has_ended(pid: int) -> bool:
    """An orphan is reaped by the system, which may take its time: a zombie has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_child_that_does_not_end_by_itself_is_ended(monkeypatch):
    monkeypatch.setattr("engine.judge.process._FAREWELL_S", 0.1)
    stubborn = child_that(HANGS)
    stubborn.close()
    stubborn.close()
    assert is_gone(stubborn.pid)


def test_what_a_library_prints_does_not_mix_with_the_answers():
    code = """
import os
from engine.judge import child
child.serve = lambda requests, answers: (os.write(1, b"noise"), answers.write("answer"))
child.main()
"""
    process = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (process.stdout, process.stderr) == ("answer", "noise")


def test_every_request_has_an_alarm_that_ends_the_child(rules, expected, monkeypatch):
    alarms = []
    monkeypatch.setattr(child_module.signal, "alarm", alarms.append)
    case = {"given": [fact.as_data() for fact in FACTS], "most_firings": 200}
    requests = [case, {"load": data_of(rules)}, case, {**case, "most_firings": 1}, {"load": data_of(rules)}]
    answers = io.StringIO()
    serve([json.dumps(request) for request in requests], answers)
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [
        {"refused": "no case rules are loaded"},
        {"loaded": True},
        {"firings": [firing.as_data() for firing in expected.trace]},
        {"runaway": 1},
        {"loaded": True},
    ]
    assert alarms == [child_module.LONGEST_REQUEST_S, 0] * 5
