"""The next address of a contact stands in where the one before has refused a notice, or lost it."""

from datetime import timedelta

import pytest

from engine.ledger.database import reading, transaction
from engine.ledger.journal import verify
from notifier import receipts
from notifier.channels.outcome import Outcome
from notifier.channels.report import Reported
from notifier.deliver import Delivered, deliver_due
from notifier.drafts import Drafter
from notifier.plan import plan_notices
from notifier.queued import failed_notices
from notifier.render import Templates

TWO = """
[contact.li]
addresses = ["li@example.com", "deputy@example.com"]
[[route]]
name = "all"
to = ["li"]
"""
MINUTE = timedelta(minutes=1)
REFUSED = Outcome("permanent", "550 no such user")


@pytest.fixture
def tick(rulebook):
    templates = Templates()

    def run(office, post, at):
        plan_notices(office.ledger, rulebook, at, "zh-CN", templates)
        drafter = Drafter(rulebook, "zh-CN", templates)
        return deliver_due(office.ledger, {"email": post}, at, "w1", drafter=drafter, most_single=5)

    return run


def opened(office, count=1):
    shop = office.shop(contact=None)
    for number in range(count):
        office.violation(f"V-{number}", shop, cycle=f"c{number}")


def test_the_next_address_is_told_where_the_first_refuses_for_good(office, build, now, tick, tmp_path):
    office.route(TWO, tmp_path)
    opened(office)
    post = build.post(REFUSED)
    assert tick(office, post, now) == Delivered(failed=1)
    first, second = office.notices()
    assert (first.state, second.state, second.instead_of_id) == ("failed", "queued", first.id)
    assert tick(office, post, now + MINUTE) == Delivered(sent=1)
    refused, told = post.letters
    assert (refused.recipient, told.recipient) == ("li@example.com", "deputy@example.com")
    assert told.body == refused.body
    with reading(office.ledger) as session:
        assert failed_notices(session) == [], "what another address was told is nobody's trouble any more"
        assert verify(session) == []


def test_what_may_go_better_later_stays_with_its_address(office, build, now, tick, tmp_path):
    office.route(TWO, tmp_path)
    opened(office)
    tick(office, build.post(Outcome("temporary", "450 busy")), now)
    assert [n.recipient for n in office.notices()] == ["li@example.com"]


def test_nobody_stands_in_for_the_last_address(office, build, now, tick, tmp_path):
    office.route(TWO, tmp_path)
    opened(office)
    post = build.post(REFUSED, REFUSED)
    tick(office, post, now)
    assert tick(office, post, now + MINUTE) == Delivered(failed=1)
    assert len(office.notices()) == 2
    with reading(office.ledger) as session:
        assert [n.recipient for n in failed_notices(session)] == ["deputy@example.com"]


def test_a_route_that_names_channels_is_told_over_no_others(office, build, now, tick, tmp_path):
    office.route(TWO.replace('to = ["li"]', 'to = ["li"]\nchannels = ["email"]'), tmp_path)
    opened(office)
    assert tick(office, build.post(REFUSED), now).failed == 1
    assert sorted(n.recipient for n in office.notices()) == ["deputy@example.com", "li@example.com"]
    assert [n.instead_of_id for n in office.notices()] == [None, None]


def test_a_gathered_message_takes_along_all_that_it_tells(office, build, now, tick, tmp_path):
    office.route(TWO, tmp_path)
    opened(office, 6)
    post = build.post(REFUSED)
    assert tick(office, post, now) == Delivered(failed=1)
    assert tick(office, post, now + MINUTE) == Delivered(sent=1)
    assert "6" in post.letters[-1].subject
    assert {n.within_id for n in office.notices() if n.state == "gathered"} == {
        n.id for n in office.notices() if n.state == "sent"
    }


def test_what_the_provider_could_not_deliver_goes_to_the_next_address_once(office, build, now, tick, tmp_path):
    office.route(TWO, tmp_path)
    opened(office)
    post = build.post(Outcome("accepted", "OK", reference="mail-1"))
    assert tick(office, post, now) == Delivered(sent=1)
    for minutes, state in enumerate(("undelivered", "delivered", "undelivered")):
        said = Reported("email", "mail-1", "li@example.com", state, "码", now + timedelta(minutes=minutes))
        with transaction(office.ledger) as session:
            receipts.record(session, [said], now)
    assert [n.recipient for n in office.notices()] == ["li@example.com", "deputy@example.com"]
    assert tick(office, post, now + MINUTE) == Delivered(sent=1)
    assert post.letters[-1].recipient == "deputy@example.com"
