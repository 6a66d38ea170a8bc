"""Many people ask for waivers, edit, approve, reject and revoke in any order: nobody ever agrees to their own words."""

from datetime import UTC, date, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test
from sqlmodel import select

from engine.errors import KaoheError
from engine.ledger.actors import ROLES, Actor, Grant, NotAllowedError
from engine.ledger.database import open_ledger, transaction
from engine.ledger.journal import entries
from engine.ledger.subjects import ShopRow, register_shops
from engine.ledger.tables import Waiver
from engine.rulebook.book import RuleBook
from engine.tracker import waivers
from engine.tracker.second_person import SecondPersonError
from engine.tracker.waiver_scope import Asked

MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
CLIENTS = ("acme", "other")
MAY_FOLLOW = {
    "requested": {"requested", "approved", "rejected", "revoked"},
    "approved": {"approved", "revoked"},
    "rejected": {"rejected"},
    "revoked": {"revoked"},
}
PEOPLE = st.builds(
    lambda name, role, client: Actor(name, (Grant(role, client),)),
    st.sampled_from(["li", "wang", "zhao"]),
    st.sampled_from(ROLES),
    st.sampled_from([None, *CLIENTS]),
)
WEEKS = st.integers(0, 3)


class Waivers(RuleBasedStateMachine):
    """One transaction holds the whole game and is given up at its end."""

    engine = book = None  # set by the test
    names = Bundle("names")

    def __init__(self):
        super().__init__()
        self.model = {}  # name → (state, who wrote it, client)
        self.context = transaction(self.engine)
        self.session = self.context.__enter__()
        register_shops(self.session, [ShopRow("xiaohongshu", shop=c, client=c) for c in CLIENTS], NOON, "officer")

    def teardown(self):
        self.session.rollback()
        self.context.__exit__(None, None, None)

    def asked(self, client, week):
        first = MONDAY + timedelta(weeks=week)
        return Asked(client=client, rules=("xiaohongshu.reply-rate",), first=first, last=first + timedelta(days=6))

    def tried(self, name, to, who, do, needed, allowed=True):
        """Do it; it works exactly where the model says so."""
        state, writers, client = self.model[name]
        right = to in MAY_FOLLOW[state] and state in ("requested", "approved") and allowed
        may = who.may(needed, client)
        try:
            do()
        except SecondPersonError:
            assert who.name in writers
        except NotAllowedError:
            assert not may or not allowed
        except KaoheError:
            assert not right
        else:
            assert right
            return True
        return False

    @rule(target=names, who=PEOPLE, client=st.sampled_from(CLIENTS), week=WEEKS)
    def request(self, who, client, week):
        try:
            waiver = waivers.request(self.session, self.book, self.asked(client, week), "down", who, NOON)
        except NotAllowedError:
            assert not who.may("handle", client)
            return multiple()
        assert who.may("handle", client)
        self.model[f"W-{waiver.id}"] = ("requested", {who.name}, client)
        return f"W-{waiver.id}"

    @rule(name=names, who=PEOPLE, client=st.sampled_from(CLIENTS), week=WEEKS)
    def edit(self, name, who, client, week):
        state, writers, old = self.model[name]
        try:
            waivers.edit(self.session, self.book, name, self.asked(client, week), "better", who, NOON)
        except KaoheError:
            assert state != "requested" or not (who.may("handle", old) and who.may("handle", client))
        else:
            assert state == "requested"
            self.model[name] = (state, writers | {who.name}, client)

    @rule(some=st.lists(names, min_size=1, max_size=3, unique=True), who=PEOPLE)
    def approve(self, some, who):
        fits = all(self.model[n][0] == "requested" and who.may("approve", self.model[n][2]) for n in some)
        own = any(who.name in self.model[n][1] for n in some)
        try:
            waivers.approve(self.session, self.book, some, who, NOON)
        except KaoheError:
            assert own or not fits
        else:
            assert fits
            assert not own
            for name in some:
                self.model[name] = ("approved", *self.model[name][1:])

    @rule(name=names, who=PEOPLE)
    def reject(self, name, who):
        do = lambda: waivers.reject(self.session, name, "no", who, NOON)  # noqa: E731  read beside its name
        if self.tried(name, "rejected", who, do, "approve"):
            self.model[name] = ("rejected", *self.model[name][1:])

    @rule(name=names, who=PEOPLE)
    def revoke(self, name, who):
        state, writers, client = self.model[name]
        needed = "handle" if state == "requested" and who.name in writers else "approve"
        do = lambda: waivers.revoke(self.session, self.book, name, "no", who, NOON)  # noqa: E731  as above
        if self.tried(name, "revoked", who, do, needed, allowed=who.may(needed, client)):
            self.model[name] = ("revoked", *self.model[name][1:])

    @invariant()
    def the_ledger_is_what_the_model_says_and_nobody_approved_their_own(self):
        found = {f"W-{w.id}": w for w in self.session.exec(select(Waiver))}
        assert {n: (w.state, set(w.writers), w.client) for n, w in found.items()} == self.model
        for waiver in found.values():
            if waiver.state in ("approved", "expired"):
                assert waiver.decided_by not in waiver.writers

    @invariant()
    def whoever_the_journal_says_wrote_a_waiver_is_not_who_it_says_approved_it(self):
        wrote, approved = {}, {}
        for entry in entries(self.session):
            if entry.event in ("waiver.requested", "waiver.edited"):
                wrote.setdefault(entry.object_id, set()).add(entry.actor)
            elif entry.event == "waiver.approved":
                approved[entry.object_id] = entry.actor
        assert all(actor not in wrote[name] for name, actor in approved.items())


def test_nobody_ever_agrees_to_a_waiver_that_they_wrote(sqlite_ledger_url, x1):
    engine = open_ledger(sqlite_ledger_url)
    try:
        machine = type("Game", (Waivers,), {"engine": engine, "book": RuleBook([x1])})
        run_state_machine_as_test(machine, settings=settings(max_examples=15, stateful_step_count=20, deadline=None))
    finally:
        engine.dispose()
