from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from sqlmodel import select

from engine.ledger.actors import Scope
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import Event, append, entries, verify
from engine.ledger.tables import Contact as ContactRow
from notifier.routing import rows
from notifier.routing.model import Address, Contact, Hours, Limits, Route, Routing
from notifier.routing.rows import Difference, differences, replace_routing, routing_of
from tests.notifier.routings import routings

SMS = Address("aliyun-sms", "+8613800001234", Limits(Hours(1320, 360), 2, 20))


def contact(name, *addresses, client=None):
    return Contact(name, addresses or (Address("email", f"{name}@example.com"),), "zh-CN", client)


def routing(*routes, contacts=("li",)):
    return Routing({name: contact(name) for name in contacts}, routes)


def put(ledger, made, now, actor="zhang"):
    with transaction(ledger) as session:
        return replace_routing(session, made, actor, now)


def now_by(ledger):
    with reading(ledger) as session:
        return routing_of(session)


def told(ledger, *kinds):
    with reading(ledger) as session:
        return [e for e in entries(session) if e.object_kind in (kinds or ("contact", "route"))]


ONE = routing(Route("r", ("li",)))
TWO = routing(Route("r", ("li", "wang"), urgent=True), contacts=("li", "wang"))


def test_before_anything_was_applied_there_are_no_contacts_and_routes(ledger):
    assert now_by(ledger) == Routing()


@given(first=routings(), second=routings())
@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)
def test_what_was_put_into_the_ledger_is_what_comes_out(ledger, now, first, second):
    for made in (first, second):
        changed = differences(now_by(ledger), made)
        assert put(ledger, made, now) == changed
        found = now_by(ledger)
        assert found.contacts == made.contacts
        assert found.routes == made.routes
        assert put(ledger, made, now) == (Difference(), Difference())


def test_each_change_stands_in_the_journal_with_addresses_masked(ledger, now):
    li = contact("li", SMS, Address("email", "zhangsan@example.com"), Address("wecom", "ops"), client="acme")
    put(ledger, Routing({"li": li}, (Route("r", ("li",), clients=("acme",)),)), now)
    put(ledger, Routing({"li": replace(li, client="brill")}, (Route("r", ("li",)),)), now, "wang")
    put(ledger, Routing(), now, "wang")
    found = told(ledger)
    assert [(e.actor, e.event, e.object_kind, e.object_id) for e in found] == [
        ("zhang", "contact.added", "contact", "li"),
        ("zhang", "route.added", "route", "r"),
        ("wang", "contact.changed", "contact", "li"),
        ("wang", "route.changed", "route", "r"),
        ("wang", "contact.removed", "contact", "li"),
        ("wang", "route.removed", "route", "r"),
    ]
    addresses = found[0].payload["after"]["addresses"]
    limits = {"hours": "22:00-06:00", "per_hour": 2, "per_day": 20}
    assert addresses[0] == {"channel": "aliyun-sms", "address": "+86138****1234"} | limits
    assert [one["address"] for one in addresses[1:]] == ["z***@example.com", "ops"]
    assert (found[2].payload["before"]["client"], found[2].payload["after"]["client"]) == ("acme", "brill")
    assert (found[3].payload["before"]["clients"], found[3].payload["after"]["clients"]) == (["acme"], None)
    assert found[5].payload["after"] is None
    said = str([e.payload for e in found])
    assert "13800001234" not in said
    assert "zhangsan" not in said
    with reading(ledger) as session:
        verify(session)


def test_what_stays_the_same_is_not_journalled(ledger, now):
    put(ledger, ONE, now)
    put(ledger, ONE, now)
    put(ledger, routing(Route("first", ("li",)), Route("r", ("li",))), now)
    put(ledger, routing(Route("r", ("li",))), now)
    events = [(e.event, e.object_id) for e in told(ledger)]
    assert events[2:] == [("route.added", "first"), ("route.removed", "first")]


def test_routes_that_change_places_have_changed_and_the_journal_says_how(sqlite_ledger, now):
    a, b, c = (Route(name, ("li",)) for name in "abc")
    put(sqlite_ledger, routing(a, b, c), now)
    _, found = put(sqlite_ledger, routing(b, a, c), now)
    assert found == Difference(changed=("b", "a"))
    assert [r.name for r in now_by(sqlite_ledger).routes] == ["b", "a", "c"]
    last = told(sqlite_ledger)[-1].payload
    assert (last["before"]["number"], last["after"]["number"]) == (1, 2)


def test_a_replacement_that_fails_leaves_everything_as_it_was(ledger, now, monkeypatch):
    put(ledger, ONE, now)
    before = len(told(ledger))

    def broken(*_):
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(rows, "append", broken)
    with pytest.raises(RuntimeError, match="the power"):
        put(ledger, TWO, now)
    monkeypatch.undo()
    assert now_by(ledger) == ONE
    assert len(told(ledger)) == before
    with reading(ledger) as session:
        assert [c.name for c in session.exec(select(ContactRow))] == ["li"]


def test_what_was_rolled_back_is_never_taken_for_what_came_after_it(ledger, now):
    """The next change gets the batch of the journal that the one before it gave back."""
    put(ledger, ONE, now)

    def replaced_in_vain():
        with transaction(ledger) as session:
            replace_routing(session, TWO, "zhang", now)
            assert routing_of(session) == TWO
            raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError, match="the power"):
        replaced_in_vain()
    assert now_by(ledger) == ONE
    third = routing(Route("third", ("li",)))
    other = open_ledger(ledger.url.render_as_string(hide_password=False))
    try:
        put(other, third, now)
        assert now_by(other) == now_by(ledger) == third
    finally:
        other.dispose()


def test_two_engines_on_one_ledger_see_each_others_changes_at_once(ledger, now):
    other = open_ledger(ledger.url.render_as_string(hide_password=False))
    try:
        for made, by in ((ONE, ledger), (TWO, other), (Routing(), ledger), (ONE, other), (TWO, ledger)):
            put(by, made, now)
            assert now_by(ledger) == now_by(other) == made
    finally:
        other.dispose()


def test_contacts_and_routes_are_read_once_and_not_with_every_look(ledger, now, monkeypatch):
    put(ledger, ONE, now)
    loads = []
    real = rows._load
    monkeypatch.setattr(rows, "_load", lambda session: (loads.append(1), real(session))[1])
    for _ in range(3):
        assert now_by(ledger) == ONE
        with transaction(ledger) as session:
            assert routing_of(session) == ONE
            append(session, now, [Event("zhang", "something", "thing", "1", {})])
    assert len(loads) == 1


def test_who_sees_one_client_is_still_routed_by_everything(ledger, now):
    made = Routing({"li": contact("li"), "boss": contact("boss", client="acme")}, (Route("r", ("li", "boss")),))
    put(ledger, made, now)
    with reading(ledger, Scope(clients=frozenset({"brill"}))) as session:
        assert routing_of(session) == made
        assert session.exec(select(ContactRow)).all() == []


@pytest.mark.parametrize("known", [True, False])
def test_of_two_who_replace_at_once_one_comes_after_the_other(postgres_ledger_url, now, known):
    engines = [open_ledger(postgres_ledger_url) for _ in range(2)]
    made = [
        Routing({n: contact(n) for n in f"{side}1 {side}2".split()}, (Route(side, (f"{side}1",)),)) for side in "ab"
    ]
    try:
        if known:
            put(engines[0], ONE, now)
        start = Barrier(2)

        def replace_it(side):
            start.wait(10)
            return put(engines[side], made[side], now, f"actor-{side}")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(replace_it, range(2)))
        found = now_by(engines[0])
        assert found == now_by(engines[1])
        assert found in made
        journalled = told(engines[0])
        present = set()
        for entry in journalled:  # what was added and not removed is what there is
            name = (entry.object_kind, entry.object_id)
            assert (name in present) != entry.event.endswith("added"), "each saw what the other left"
            present = present - {name} if entry.event.endswith("removed") else present | {name}
        assert present == {("contact", n) for n in found.contacts} | {("route", r.name) for r in found.routes}
        with reading(engines[0]) as session:
            verify(session)
    finally:
        for engine in engines:
            engine.dispose()


def test_whoever_reads_while_another_replaces_never_sees_half_of_each(postgres_ledger_url, now, monkeypatch):
    """On PostgreSQL every statement of a transaction that writes sees what was committed just before it."""
    reader, writer = (open_ledger(postgres_ledger_url) for _ in range(2))
    try:
        put(writer, ONE, now)
        real, between = rows._route, iter([TWO])

        class Session:
            """One that lets another process commit between its first statement about contacts and the next."""

            def __init__(self, session):
                self._session = session

            def __getattr__(self, name):
                return getattr(self._session, name)

            def exec(self, statement):
                found = self._session.exec(statement).all()
                if "contact_address" in str(statement) and (made := next(between, None)):
                    put(writer, made, now)
                return Rows(found)

        class Rows(list):
            def first(self):
                return self[0] if self else None

        with transaction(reader) as session:
            assert routing_of(Session(session)) == TWO
        assert real is rows._route
        assert now_by(reader) == TWO
    finally:
        reader.dispose()
        writer.dispose()
