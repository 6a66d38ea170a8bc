"""What was told to the house stays the house's, whoever has the name of its contact afterwards."""

from datetime import timedelta

import pytest
from sqlmodel import select

from engine.ledger.actors import Scope
from engine.ledger.database import reading
from engine.ledger.tables import Notice, Violation
from notifier.channels.outcome import Outcome
from notifier.deliver import deliver_due
from notifier.drafts import Drafter
from notifier.gathering import gather
from notifier.plan import plan_notices
from notifier.retry import retry

OUTSIDE = Scope(clients=frozenset({"acme"}), internal=False)
ROUTES = """
[contact.li]
addresses = ["li@house.example", "li.2@house.example"]
[[route]]
name = "all"
to = ["li"]
"""
TAKEN = """
[contact.li]
client = "acme"
addresses = ["li@acme.example"]
[[route]]
name = "all"
to = ["li"]
clients = ["acme"]
"""


def singly(office, drafter, now, build):
    deliver_due(office.ledger, {"email": build.post()}, now, "w", drafter=drafter)


def together(office, drafter, now, build):
    assert gather(office.ledger, "email", "li@house.example", now, 1)
    singly(office, drafter, now, build)


def at_the_next_address(office, drafter, now, build):
    refusing = build.post(*[Outcome.of("permanent", "550 no")] * 4)
    deliver_due(office.ledger, {"email": refusing}, now, "w", drafter=drafter)
    assert any(n.recipient == "li.2@house.example" for n in office.notices())


@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
@pytest.mark.parametrize("how", [singly, together, at_the_next_address])
def test_a_client_s_contact_who_takes_over_a_name_sees_nothing_that_the_house_was_told(
    office, rulebook, build, now, tmp_path, how, late
):
    office.route(ROUTES, tmp_path)
    shop = office.shop(contact=None, client="acme")
    for n in range(4):
        office.violation(f"V-{n}", shop, cycle=f"c{n}", late=late and n < 2)
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    how(office, Drafter(rulebook, "zh-CN"), now + timedelta(hours=1), build)
    office.route(TAKEN, tmp_path)
    assert all(notice.internal for notice in office.notices())
    with reading(office.ledger, OUTSIDE) as session:
        assert list(session.exec(select(Notice))) == []


def test_what_is_sent_again_to_the_client_s_own_is_the_client_s(office, rulebook, build, now, tmp_path):
    office.route(ROUTES, tmp_path)
    office.violation("V-1", office.shop(contact=None, client="acme"))
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    at_the_next_address(office, Drafter(rulebook, "zh-CN"), now, build)
    office.route(TAKEN, tmp_path)
    [first, *_] = office.notices()
    [number] = retry(office.ledger, first.id, now, "zhang")
    with reading(office.ledger, OUTSIDE) as session:
        assert [(n.id, n.recipient, n.body) for n in session.exec(select(Notice))] == [(number, "li@acme.example", "")]
    post = build.post()
    deliver_due(office.ledger, {"email": post}, now, "w", drafter=Drafter(rulebook, "zh-CN"))
    assert ["V-1" in letter.body for letter in post.letters] == [True]


def test_what_waits_for_somebody_who_is_the_client_s_by_now_names_them_no_command(
    office, rulebook, build, now, tmp_path
):
    office.route(ROUTES, tmp_path)
    office.violation("V-1", office.shop(contact=None, client="acme"))
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    [waiting] = office.notices()
    assert "kaohe explain V-1" in waiting.body
    office.route(ROUTES.replace("[contact.li]", '[contact.li]\nclient = "acme"'), tmp_path)
    post = build.post()
    deliver_due(office.ledger, {"email": post}, now, "w", drafter=Drafter(rulebook, "zh-CN"))
    assert [("kaohe " in letter.body, letter.whole) for letter in post.letters] == [(False, None)]


def test_a_digest_of_the_house_stays_the_house_s_where_a_shop_gets_another_client(office, rulebook, now, tmp_path):
    office.route(ROUTES, tmp_path)
    shop = office.shop(contact=None, client="acme")
    office.violation("V-1", shop, late=True)
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    office.change(Violation, "V-1", client="brill")
    plan_notices(office.ledger, rulebook, now + timedelta(seconds=1), "zh-CN")
    assert [(n.client, n.internal) for n in office.notices()] == [("acme", True), ("brill", True)]
