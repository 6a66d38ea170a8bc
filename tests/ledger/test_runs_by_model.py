"""Claims, heartbeats, ends and deaths in any order, against a model that keeps the rules in its head."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select

from engine.ledger.database import open_ledger, transaction
from engine.ledger.runs import (
    Claim,
    LostLeaseError,
    claim,
    fail,
    finish,
    heartbeat,
    keep_version,
    open_run,
    open_runs,
    release,
)
from engine.ledger.tables import Run

START = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SHA = "5" * 64
RULES = st.sampled_from(["a", "b"])
CYCLES = st.integers(0, 3)
OWNERS = st.sampled_from(["x", "y", "z"])
SECONDS = st.integers(1, 20)
INPUTS = st.sampled_from([None, "one", "two"])


@dataclass
class Known:
    """What the model believes of one run."""

    id: int
    rule: str
    cycle: int
    state: str = "due"
    owner: str | None = None
    until: int = 0
    attempts: int = 0
    input: str | None = None

    @property
    def order(self):
        return self.cycle // 2, self.id  # two cycles may be due at the same instant

    @property
    def aside(self):
        return self.state == "failed" and self.attempts >= 3


class Runs(RuleBasedStateMachine):
    """One transaction holds the whole game and is given up at its end."""

    engine = None  # set by the test
    ids = Bundle("ids")

    def __init__(self):
        super().__init__()
        self.now = 0
        self.known = {}
        self.context = transaction(self.engine)
        self.session = self.context.__enter__()
        keep_version(self.session, SHA, "a", "2026-01-01", "text", START)

    def teardown(self):
        self.session.rollback()
        self.context.__exit__(None, None, None)

    def clock(self, _session):
        return START + timedelta(seconds=self.now)

    def may_start(self, run, at_once, given):
        others = [other for other in self.known.values() if other.rule == run.rule and other.state != "done"]
        if any(other.order < run.order and not other.aside for other in others):
            return False
        if any(other.state == "running" and other.until >= self.now for other in others):
            return False
        if run.state == "failed":
            return at_once or run.until < self.now or (None not in (given, run.input) and given != run.input)
        return run.state == "due" or (run.state == "running" and run.until < self.now)

    @rule(target=ids, rule=RULES, cycle=CYCLES)
    def open(self, rule, cycle):
        day = date(2026, 3, 2) + timedelta(days=cycle)
        got = open_run(self.session, rule, str(cycle), day, START + timedelta(days=cycle // 2))
        open_one = [
            run.id for run in self.known.values() if (run.rule, run.cycle) == (rule, cycle) and run.state != "done"
        ]
        if open_one:
            assert got == open_one[0]
            return multiple()
        assert got not in self.known
        self.known[got] = Known(got, rule, cycle)
        return got

    @rule(owner=OWNERS, lease=SECONDS, wanted=st.none() | ids, at_once=st.booleans(), given=INPUTS)
    def claim(self, owner, lease, wanted, at_once, given):
        may = [run for run in self.known.values() if self.may_start(run, at_once, given)]
        if wanted is not None:
            may = [run for run in may if run.id == wanted]
        how = {"at_once": at_once, "input_digest": given}
        got = claim(self.session, owner, timedelta(seconds=lease), wanted, self.clock, **how)
        if not may:
            assert got is None
            return
        expected = min(may, key=lambda run: run.order)
        expected.attempts = expected.attempts + 1 if given == expected.input or None in (given, expected.input) else 1
        expected.input = given or expected.input
        assert got == (
            expected.id,
            expected.rule,
            str(expected.cycle),
            got.cycle_start,
            got.due_at,
            expected.attempts,
        )
        expected.state, expected.owner, expected.until = "running", owner, self.now + lease
        for other in self.known.values():
            if other.rule == expected.rule and other.state == "running" and other is not expected:
                other.state, other.owner = "due", None

    @rule(owner=OWNERS, lease=SECONDS, run_id=ids)
    def heartbeat(self, owner, lease, run_id):
        if self.fenced(run_id, owner, heartbeat, timedelta(seconds=lease), self.clock):
            self.known[run_id].until = self.now + lease

    @rule(owner=OWNERS, run_id=ids)
    def finish(self, owner, run_id):
        if self.fenced(run_id, owner, finish, "input", "2026-01-01", SHA, START):
            self.known[run_id].state = "done"

    @rule(owner=OWNERS, run_id=ids)
    def fail(self, owner, run_id):
        run = self.known[run_id]
        claimed = Claim(run_id, run.rule, str(run.cycle), START.date(), START, run.attempts)
        if self.fenced(run_id, owner, lambda session, _, *rest: fail(session, claimed, *rest), "broken", self.clock):
            rest = (60, 300, 3600)[min(run.attempts, 3) - 1]
            run.state, run.owner, run.until = "failed", None, self.now + rest

    @rule(owner=OWNERS, run_id=ids)
    def release(self, owner, run_id):
        if self.fenced(run_id, owner, release):
            run = self.known[run_id]
            run.state, run.owner, run.attempts = "due", None, run.attempts - 1

    @rule(seconds=SECONDS | st.sampled_from([61, 301, 3601]))
    def wait(self, seconds):
        self.now += seconds

    def fenced(self, run_id, owner, act, *arguments):
        run = self.known[run_id]
        if run.state == "running" and run.owner == owner:
            act(self.session, run_id, owner, *arguments)
            return True
        with pytest.raises(LostLeaseError):
            act(self.session, run_id, owner, *arguments)
        return False

    @invariant()
    def the_ledger_says_what_the_model_says(self):
        self.session.expire_all()
        found = {run.id: run for run in self.session.exec(select(Run))}
        assert found.keys() == self.known.keys()
        for run_id, run in self.known.items():
            assert (found[run_id].state, found[run_id].attempts) == (run.state, run.attempts)
            if run.state == "running":
                assert found[run_id].owner == run.owner

    @invariant()
    def nobody_works_on_a_rule_beside_another(self):
        alive = [r.rule for r in self.known.values() if r.state == "running" and r.until >= self.now]
        assert len(alive) == len(set(alive))
        places = [(run.rule, run.cycle) for run in open_runs(self.session)]
        assert len(places) == len(set(places))


def test_runs_keep_the_rules_whatever_happens(sqlite_ledger_url):
    Runs.engine = open_ledger(sqlite_ledger_url)
    try:
        run_state_machine_as_test(Runs, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))
    finally:
        Runs.engine.dispose()
