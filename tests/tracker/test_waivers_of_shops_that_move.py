"""A shop that goes to another client leaves the waivers of the former one; officers who see a part revoke the whole."""

import pytest
from sqlalchemy import select

from engine.errors import KaoheError
from engine.ledger.database import transaction
from engine.ledger.tables import JournalBatch
from engine.tracker import waivers
from tests.ready import ready_office
from tests.tracker.waiving import TUESDAY, W10, Waiving


@pytest.fixture
def desk(office, at, person):
    return Waiving(office, at, person)


@pytest.fixture
def two(desk, week_of, at):
    """Two shops of one client, both in breach in week 10; what each violation is called."""

    def build():
        desk.office.register({"shop": "s1", "client": "a"}, {"shop": "s2", "client": "a"})
        desk.office.take(*week_of("s1", W10, 5, 10), *week_of("s2", W10, 5, 10))
        desk.office.assess(at(TUESDAY))
        return [desk.office.outcome(shop).violation for shop in ("s1", "s2")]

    return ready_office(desk.office, build)


def test_what_a_clients_waiver_let_off_stands_again_for_the_next_client_and_is_judged_again(desk, two, at):
    office, before = desk.office, desk.office.sanctions(two[1])
    name = desk.ask(client="a")
    desk.approve(name)
    office.assess(at("2026-03-10T11:00"))
    desk.move("b", "s2")
    assert [office.violation(one).state for one in two] == ["waived", "open"]
    assert office.sanctions(two[1]) == before != []
    office.assess(at("2026-03-10T12:00"))
    assert {o.shop: o.verdict for o in office.outcomes()} == {"s1": "exempt", "s2": "violation"}
    (told,) = office.entries("waiver.shop_left")
    assert (told.object_id, told.actor, told.payload["before"]) == (name, "kaohe", {"shop": "shop:xiaohongshu/s2"})
    assert [e.actor for e in office.entries("violation.reopened")] == ["kaohe"]
    desk.revoke(name)
    assert [office.violation(one).state for one in two] == ["open", "open"]


def test_a_cycle_that_a_waiver_kept_free_of_violations_is_judged_once_the_shop_has_left(desk, week_of, at):
    desk.office.register({"shop": "s1", "client": "a"})
    desk.office.take(*week_of("s1", W10, 5, 10))
    desk.approve(desk.ask(client="a"))
    desk.office.assess(at(TUESDAY))
    approved = desk.office.outcome("s1").verdict
    desk.move("b")
    desk.office.assess(at("2026-03-10T11:00"))
    assert (approved, desk.office.outcome("s1").verdict) == ("exempt", "violation")


def test_as_known_before_a_shop_left_its_clients_waiver_covered_it(desk, two, at):
    desk.approve(desk.ask(client="a"))
    with desk.office.ledger.connect() as connection:
        batches = JournalBatch.__table__
        known_at = connection.execute(select(batches.c.committed_at).order_by(batches.c.seq.desc())).scalars().first()
    desk.move("b", "s2")
    for when, verdicts in ((known_at, ["exempt", "exempt"]), (None, ["exempt", "violation"])):
        found = {o.shop: o.verdict for o in desk.office.forecast(at(TUESDAY), known_at=when or at("2099-01-01T00:00"))}
        assert [found["s1"], found["s2"]] == verdicts


def test_a_request_does_not_follow_a_shop_and_one_without_shops_is_not_approved(desk, two):
    both, one = desk.ask(client="a"), desk.ask(client="a", now="2026-03-10T10:30")
    desk.move("b", "s2")
    desk.approve(both)
    assert [desk.office.violation(v).state for v in two] == ["waived", "open"]
    desk.move("b", "s1")
    with pytest.raises(KaoheError, match=f"waiver {one} covers shops that have left a .*kaohe waivers edit {one}"):
        desk.approve(one)


def test_a_request_that_still_covers_a_shop_of_another_client_is_refused_to_an_officer_who_does_not_see_it(
    desk, two, person
):
    name, officer = desk.ask(client="a"), person("sun", client="a")
    desk.office.register({"shop": "s2", "client": "b"})  # as an older kaohe left it
    with (
        transaction(desk.office.ledger, officer.scope) as session,
        pytest.raises(KaoheError, match="shop:xiaohongshu/s2"),
    ):
        waivers.approve(session, desk.office.book, [name], officer, desk.at(TUESDAY))
    assert [desk.office.violation(v).state for v in two] == ["open", "open"]


def test_revoking_brings_back_what_has_left_the_officers_sight(desk, two, person):
    name, officer = desk.ask(client="a"), person("sun", client="a")
    desk.approve(name)
    desk.office.register({"shop": "s2", "client": "b"})  # as an older kaohe left it
    with transaction(desk.office.ledger, officer.scope) as session:
        waivers.revoke(session, desk.office.book, name, "it was up", officer, desk.at(TUESDAY))
        assert not session.sight.everything
    assert [desk.office.violation(v).state for v in two] == ["open", "open"]
    assert {e.object_id: e.actor for e in desk.office.entries("violation.reopened")} == {two[0]: "sun", two[1]: "kaohe"}


def test_revoking_leaves_off_what_a_waiver_covers_that_the_officer_does_not_see(desk, two, person):
    whole, of_shop = desk.ask(client="a"), desk.of_violation(two[0])
    desk.approve(of_shop)
    desk.approve(whole)
    officer = person("sun", shop="shop:xiaohongshu/s1")
    with transaction(desk.office.ledger, officer.scope) as session:
        waivers.revoke(session, desk.office.book, of_shop, "it was up", officer, desk.at(TUESDAY))
    assert desk.office.violation(two[0]).state == "waived"
    desk.revoke(whole)
    assert desk.office.violation(two[0]).state == "open"
