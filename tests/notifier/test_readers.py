"""Who reads a notice: whom it names commands to, and whose it is when it begins anew."""

import pytest

from engine.ledger.tables import Violation
from notifier.deliver import Delivered, deliver_due
from notifier.digests import QUIET
from notifier.drafts import Drafter
from notifier.plan import plan_notices

HOUSE = """
[contact.li]
addresses = ["li@house.example"]
[[route]]
name = "all"
to = ["li"]
"""


@pytest.mark.parametrize(
    ("client", "house", "runs_kaohe"), [("acme", False, False), ("acme", True, True), ("default", False, True)]
)
def test_only_those_who_run_kaohe_are_told_its_commands(
    sqlite_office, build, now, rulebook, tmp_path, client, house, runs_kaohe
):
    if house:
        sqlite_office.route(HOUSE, tmp_path)
    sqlite_office.violation("V-0", sqlite_office.shop(client=client, contact=None if house else "zhang@example.com"))
    plan_notices(sqlite_office.ledger, rulebook, now, "zh-CN")
    [planned] = sqlite_office.notices()
    post = build.post()
    assert deliver_due(
        sqlite_office.ledger, {"email": post}, now, "w", drafter=Drafter(rulebook, "zh-CN")
    ) == Delivered(sent=1)
    [letter] = post.letters
    assert ["kaohe explain V-0" in body for body in (planned.body, letter.body)] == [runs_kaohe] * 2
    assert letter.whole == ("kaohe notices show 1" if runs_kaohe else None)


def test_a_shop_that_has_a_client_by_now_is_told_of_without_commands(sqlite_office, build, now, rulebook):
    sqlite_office.violation("V-0", sqlite_office.shop())
    plan_notices(sqlite_office.ledger, rulebook, now, "zh-CN")
    sqlite_office.register(client="acme", contact="zhang@example.com")
    post = build.post()
    assert deliver_due(
        sqlite_office.ledger, {"email": post}, now, "w", drafter=Drafter(rulebook, "zh-CN")
    ) == Delivered(sent=1)
    assert ["kaohe " in letter.body for letter in post.letters] == [False]


@pytest.mark.parametrize(("client", "runs_kaohe"), [("acme", False), ("default", True)])
def test_a_digest_names_commands_to_those_alone_who_run_kaohe(office, build, now, rulebook, client, runs_kaohe):
    office.violation("V-1", office.shop(client=client), late=True)
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    post = build.post()
    deliver_due(office.ledger, {"email": post}, now + QUIET, "w", drafter=Drafter(rulebook, "zh-CN"))
    assert ["kaohe " in letter.body for letter in post.letters] == [runs_kaohe]


def test_a_digest_that_begins_anew_is_for_whom_it_is_for_by_then(office, build, now, rulebook, tmp_path):
    office.route(HOUSE, tmp_path)
    shop = office.shop(contact=None, client="acme")
    office.violation("V-1", shop, late=True)
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    office.change(Violation, "V-1", state="withdrawn")
    assert deliver_due(office.ledger, {"email": build.post()}, now + QUIET, "w") == Delivered(dropped=1)
    office.route("", tmp_path)
    office.register(contact="li@house.example", client="acme")
    office.violation("V-2", shop, late=True, cycle="x")
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    assert [(n.contact, n.internal, n.why) for n in office.notices()] == [(None, False, None)]
