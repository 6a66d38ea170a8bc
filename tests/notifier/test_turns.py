"""A shop that gets another contact or client: who is told then, and who is not told any more."""

from datetime import timedelta

import pytest

from engine.ledger.database import reading
from engine.ledger.journal import verify
from engine.ledger.tables import Cursor, Notice
from notifier.channels.outcome import Outcome
from notifier.deliver import Delivered, deliver_due
from notifier.plan import READER, Planned, plan_notices
from notifier.render import Templates
from notifier.retry import retry

ZHANG, LI = "zhang@example.com", "li@example.com"
WEEK = timedelta(days=7)


@pytest.fixture
def plan(now, rulebook):
    def run(office, **changes):
        return plan_notices(office.ledger, rulebook, now, "zh-CN", **changes)

    return run


@pytest.fixture
def told(office, plan, now):
    """An office in which a violation of a shop of client `acme` was assessed just now, and zhang is to be told."""

    def make(contact=ZHANG, instant=now, **changes):
        office.violation("V-1", office.shop(contact=contact, client="acme"), **changes)
        office.assessed("V-1", instant)
        plan(office)
        return office

    return make


def states(office):
    return {n.recipient: (n.state, n.client) for n in office.notices()}


def test_a_contact_that_comes_later_is_told_of_what_is_open(told, plan):
    office = told(contact=None)
    office.register(contact=ZHANG)
    assert plan(office) == Planned(queued=1)
    assert plan(office) == Planned()
    assert states(office) == {ZHANG: ("queued", "acme")}
    office.change(Cursor, READER, batch=0)
    plan(office)
    assert len(office.notices()) == 1
    assert len(office.journal()) == 1


def test_a_contact_that_is_added_is_told_and_the_others_are_not_told_twice(told, plan, build, now):
    office = told()
    deliver_due(office.ledger, {"email": build.post()}, now, "w1")
    office.register(contact=f"{ZHANG};{LI}")
    assert plan(office).queued == 1
    assert states(office) == {ZHANG: ("sent", "acme"), LI: ("queued", "acme")}


@pytest.mark.parametrize(("age", "count"), [(WEEK, 1), (WEEK + timedelta(seconds=1), 0)])
def test_only_what_was_assessed_within_seven_days_is_told_to_a_new_contact(told, plan, now, age, count):
    office = told(contact=None, instant=now - age)
    office.register(contact=ZHANG)
    assert plan(office).queued == count
    assert len(office.notices()) == count


@pytest.mark.parametrize("state", ["withdrawn", "overturned", "waived", "closed"])
def test_what_is_settled_is_told_to_no_new_contact(told, plan, state):
    office = told(contact=None, state=state)
    office.register(contact=ZHANG)
    assert plan(office) == Planned()


def test_a_change_of_anything_else_tells_nobody(told, plan, build, now):
    office = told()
    deliver_due(office.ledger, {"email": build.post()}, now, "w1")
    office.register(owner="Li", alias="x")
    assert plan(office) == Planned()


def test_a_violation_of_a_sub_account_is_told_to_the_new_contact_of_its_shop(office, plan, now):
    shop = office.shop(contact=None)
    agent = office.shop("s1-a1", contact=None, kind="agent", parent_id=shop.id)
    office.violation("V-1", agent)
    office.assessed("V-1", now)
    plan(office)
    office.register(contact=ZHANG)
    assert plan(office).queued == 1


def test_a_waiting_notice_goes_to_the_new_clients_contact_and_not_to_the_old_ones(told, plan, build, now):
    office = told()
    office.register(client="globex", contact=LI)
    assert plan(office) == Planned(queued=1)
    assert states(office) == {ZHANG: ("dropped", "acme"), LI: ("queued", "globex")}
    assert [e.event for e in office.journal()] == ["notice.queued", "notice.dropped", "notice.queued"]
    post = build.post()
    assert deliver_due(office.ledger, {"email": post}, now, "w1") == Delivered(sent=1)
    assert [letter.recipient for letter in post.letters] == [LI]
    with reading(office.ledger) as session:
        assert verify(session) == []


def test_a_notice_that_is_due_before_the_change_is_planned_does_not_leave_either(told, build, now):
    office = told()
    office.register(client="globex", contact=LI)
    post = build.post()
    assert deliver_due(office.ledger, {"email": post}, now, "w1") == Delivered(dropped=1)
    assert post.letters == []
    [notice] = office.notices()
    assert notice.answer == "not sent: zhang@example.com is not in the contact of the shop any more"
    assert "zhang" not in str([e.payload for e in office.journal()])


def test_a_notice_that_waits_for_the_same_contact_is_written_anew_for_the_new_client(told, plan, tmp_path):
    own = tmp_path / "violation.opened.email.zh-CN.txt"
    own.write_text("{{ client }}\n\n{{ client }}", encoding="utf-8")
    templates = Templates([tmp_path])
    office = told()
    office.change(Notice, office.notices()[0].id, attempts=3)
    office.register(client="globex")
    assert plan(office, templates=templates).queued == 1
    [notice] = office.notices()
    assert (notice.client, notice.state, notice.attempts) == ("globex", "queued", 0)
    assert notice.subject == "globex"


def test_what_waits_for_too_long_keeps_its_text_and_takes_the_new_client(told, plan, build, now):
    office = told(instant=now - 2 * WEEK)
    office.register(client="globex")
    plan(office)
    assert states(office) == {ZHANG: ("queued", "globex")}
    assert deliver_due(office.ledger, {"email": build.post()}, now, "w1") == Delivered(sent=1)


def test_a_notice_that_was_sent_keeps_the_client_it_was_sent_for(told, plan, build, now):
    office = told()
    deliver_due(office.ledger, {"email": build.post()}, now, "w1")
    office.register(client="globex", contact=LI)
    plan(office)
    assert states(office) == {ZHANG: ("sent", "acme"), LI: ("queued", "globex")}


def test_a_contact_that_is_mended_takes_the_place_of_one_that_failed(told, plan, build, now):
    office = told()
    post = build.post(Outcome("permanent", "550 no such user"))
    deliver_due(office.ledger, {"email": post}, now, "w1")
    office.register(contact=LI)
    plan(office)
    assert states(office) == {ZHANG: ("dropped", "acme"), LI: ("queued", "acme")}


def test_an_old_notice_that_failed_goes_to_the_mended_contact_when_it_is_tried_again(told, plan, build, now):
    office = told(instant=now - 2 * WEEK)
    deliver_due(office.ledger, {"email": build.post(Outcome("permanent", "550 no such user"))}, now, "w1")
    office.register(contact=LI)
    plan(office)
    [notice] = office.notices()
    assert notice.state == "failed"
    retry(office.ledger, notice.id, now, "zhang")
    assert states(office) == {LI: ("queued", "acme")}


def test_a_contact_that_comes_back_is_told_after_all(told, plan):
    office = told()
    office.register(contact=LI)
    plan(office)
    office.register(contact=ZHANG)
    plan(office)
    assert states(office) == {ZHANG: ("queued", "acme"), LI: ("dropped", "acme")}


@pytest.mark.parametrize("sent_first", [True, False])
def test_an_address_that_is_spelled_otherwise_by_now_is_told_once(told, plan, build, now, sent_first):
    office, post = told(contact="Zhang@example.com"), build.post()
    if sent_first:
        deliver_due(office.ledger, {"email": post}, now, "w1")
    office.register(contact=ZHANG)
    assert plan(office).queued == 0
    deliver_due(office.ledger, {"email": post}, now, "w1")
    assert [letter.recipient for letter in post.letters] == ["Zhang@example.com"]


def test_what_was_dropped_is_told_to_the_same_address_in_another_spelling(told, plan, build, now):
    office, post = told(contact="Zhang@example.com"), build.post()
    [dropped] = office.notices()
    office.change(Notice, dropped.id, state="dropped")
    office.register(contact=ZHANG)
    assert plan(office).queued == 1
    deliver_due(office.ledger, {"email": post}, now, "w1")
    assert [n.state for n in office.notices()] == ["sent"]
    assert plan(office) == Planned()
    assert len(post.letters) == 1
