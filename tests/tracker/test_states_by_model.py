"""Whatever people of any role try, and whatever evidence comes in between, a violation goes only where it may go."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import SQLModel

from engine.assessment.assess import assess_due
from engine.assessment.deciding import decide
from engine.errors import KaoheError
from engine.ledger.actors import Actor, Grant, allowed
from engine.ledger.chain import verify
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import entries
from engine.ledger.platform_notice import PlatformNotice
from engine.ledger.states import MACHINE, STATES
from engine.ledger.subjects import ShopRow, register_shops
from engine.ledger.tables import Violation
from engine.ledger.violation_ids import violation_id
from engine.progress import silent

W10 = "2026-W10"
BREACH = violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", W10)
ROLES = ["viewer", "operator", "manager", "officer", "administrator"]
GRANTS = {
    "everything": {},
    "its client": {"client": "acme"},
    "its shop": {"client": "acme", "shop": "shop:xiaohongshu/s1"},
    "another client": {"client": "other"},
    "another shop": {"client": "acme", "shop": "shop:xiaohongshu/s2"},
}
FOREIGN = {"another client", "another shop"}
LEGAL = {(t.before, t.after) for t in MACHINE}
# The promise, written down again by hand: what must be so whatever the machine says.
MUST = {
    "acknowledged": "handle",
    "confirmed": "decide",
    "appealed": "decide",
    "overturned": "decide",
    "closed": "decide",
    "waived": "approve",
    "withdrawn": "approve",
    "open": "approve",
}
FOLLOWING = {
    "open": {"acknowledged", "confirmed", "appealed", "waived", "withdrawn"},
    "acknowledged": {"confirmed", "appealed", "waived", "withdrawn"},
    "confirmed": {"appealed", "closed"},
    "appealed": {"overturned", "confirmed"},
    "overturned": {"closed"},
    "waived": {"closed"},
    "withdrawn": {"open", "closed"},
    "closed": set(),
}


class Violations(RuleBasedStateMachine):
    """One violation: what the model says of it, and what the ledger does. `world` is where it is played."""

    world = None

    @initialize()
    def a_breach_is_found(self):
        self.engine, week_of, at, empty_office = self.world
        self.now, self.week_of = at("2026-03-10T10:00"), week_of
        self.office = empty_office()
        with transaction(self.engine) as session:
            register_shops(session, [ShopRow("xiaohongshu", "s1", client="acme")], self.now, "zhang")
        self.state, self.spoken, self.breach, self.by_evidence = "open", False, False, False
        self.evidence(breach=True)

    def evidence(self, *, breach):
        self.office.take(*self.week_of("s1", W10, 1 if breach else 10, 10), replace_days=True)
        assess_due(self.office.place, self.office.rules, self.now, silent)
        self.breach = breach

    @rule(
        state=st.sampled_from(sorted(STATES)),
        role=st.sampled_from(ROLES),
        over=st.sampled_from(sorted(GRANTS)),
        severity=st.sampled_from([None, None, "minor", "serious"]),
    )
    def somebody_records(self, state, role, over, severity):
        amends = state == self.state and severity is not None
        may = over not in FOREIGN and ("decide" if amends else MUST[state]) in allowed(role)
        legal = amends or state in FOLLOWING[self.state]
        refused = self.recorded(state, Actor("li", (Grant(role, **GRANTS[over]),)), severity)
        if refused is not None:
            # What is on record already is refused, too, and nothing else.
            assert not (legal and may) or (amends and "on record already" in refused), refused
            return
        assert legal and may, (self.state, state, role, over)
        self.spoken |= severity is not None
        if state == "withdrawn" and not amends:
            self.by_evidence = False
        self.state = state

    def recorded(self, state, actor, severity):
        """Why it was refused; None if it was not."""
        try:
            with transaction(self.engine) as session:
                notice = PlatformNotice(severity=severity)
                decide(session, self.office.book, BREACH, state, actor, "because", self.now, notice)
        except KaoheError as error:
            return str(error)
        return None

    @rule()
    def new_evidence_comes_in(self):
        self.evidence(breach=not self.breach)
        if not self.breach and self.state in {"open", "acknowledged"} and not self.spoken:
            self.state, self.by_evidence = "withdrawn", True
        elif self.breach and self.state == "withdrawn" and self.by_evidence:
            self.state = "open"

    @invariant()
    def the_ledger_says_what_the_model_says(self):
        if not hasattr(self, "state"):
            return
        with reading(self.engine) as session:
            assert session.get(Violation, BREACH).state == self.state
            told = entries(session, object_id=BREACH)
            assert verify(session) == []
        states = [e.payload["after"]["state"] for e in told if "state" in e.payload["after"]]
        assert states[0] == "open"
        assert states[-1] == self.state  # the journal, played again, ends where the ledger is
        assert {pair for pair in pairwise(states) if pair[0] != pair[1]} <= LEGAL
        assert all(e.payload["why"] and e.actor for e in told)


SHORT = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@pytest.fixture
def played(ledger_url, request, open_office, x1, week_of, at):
    """Plays so many games of so many steps, each on an empty ledger."""
    engine = open_ledger(ledger_url)

    def emptied():
        with engine.begin() as connection:
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(table.delete())
        return open_office(engine, [x1])

    def play(games, steps):
        world = {"world": (engine, week_of, at, emptied)}
        run_state_machine_as_test(
            type("Played", (Violations,), world),
            settings=settings(max_examples=games, stateful_step_count=steps, **SHORT),
        )

    yield play
    engine.dispose()


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_no_way_through_the_states_is_open_to_whom_it_is_not(played):
    played(6, 12)


@pytest.mark.slow
def test_no_way_through_the_states_is_open_to_whom_it_is_not_in_many_games(played, request):
    on_sqlite = "sqlite" in request.node.name  # where a game begins twenty times as fast
    played(*((60, 25) if on_sqlite else (6, 15)))
