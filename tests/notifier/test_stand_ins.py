"""The next address of a contact stands in where the one before has refused a notice, or lost it."""

from datetime import timedelta

import pytest

from engine.ledger.database import reading, transaction
from engine.ledger.journal import verify
from engine.ledger.tables import Notice
from notifier import receipts
from notifier.channels.outcome import Outcome
from notifier.channels.report import Reported
from notifier.deliver import Delivered, deliver_due
from notifier.digests import QUIET
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
BESIDES = """
[contact.li]
addresses = ["li@example.com", "webhook:li"]
[[route]]
name = "first"
to = ["li"]
rules = ["xiaohongshu.reply-rate"]
[[route]]
name = "second"
to = ["li"]
channels = ["webhook"]
rules = ["kuaishou.good-rating"]
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


@pytest.fixture
def both(rulebook):
    """Plans and delivers by mail and to a web hook."""

    def run(office, mail, hook, at):
        plan_notices(office.ledger, rulebook, at, "zh-CN")
        posts = {"email": mail, "webhook": hook}
        deliver_due(office.ledger, posts, at, "w1", drafter=Drafter(rulebook, "zh-CN"), most_single=5)

    return run


def opened(office, count=1, shop=None, **changes):
    shop = shop or office.shop(contact=None)
    for number in range(count):
        office.violation(f"V-{number}", shop, cycle=f"c{number}", **changes)
    return shop


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


def test_a_digest_that_was_refused_goes_to_the_next_address_even_where_that_has_one_of_its_own(
    office, build, now, both, tmp_path
):
    office.route(BESIDES, tmp_path)
    shop = opened(office, 2, late=True)
    office.violation("V-KS", shop, cycle="x", rule="kuaishou.good-rating", late=True)
    mail, hook = build.post(REFUSED), build.post()
    for at in (now, now + QUIET, now + QUIET + MINUTE):
        both(office, mail, hook, at)
    refused, *told = office.notices()
    assert (refused.state, [n.state for n in told]) == ("failed", ["sent", "sent"])
    assert [office.items()[n.id] for n in (refused, *told)] == [["V-0", "V-1"], ["V-KS"], ["V-0", "V-1"]]
    assert (told[1].instead_of_id, told[1].recipient, len(hook.letters)) == (refused.id, "li", 2)
    assert all(name in hook.letters[1].body for name in ("V-0", "V-1"))
    with reading(office.ledger) as session:
        assert failed_notices(session) == []


def test_a_digest_that_stands_in_repeats_nothing_that_its_address_was_told(office, build, now, both, tmp_path):
    text = BESIDES.replace('rules = ["kuaishou.good-rating"]', 'severities = ["serious"]')
    office.route(text, tmp_path)
    shop = opened(office, 1, late=True, severity="serious")
    office.violation("V-9", shop, cycle="x", late=True, severity="slight")
    mail, hook = build.post(REFUSED), build.post()
    for at in (now, now + QUIET, now + QUIET + MINUTE):
        both(office, mail, hook, at)
    items = office.items()
    assert [items[n.id] for n in office.notices() if n.channel == "webhook"] == [["V-0"], ["V-9"]]


@pytest.mark.parametrize(("told_by", "left"), [("severities = []", 6), ('severities = ["serious"]', 4), ("", 0)])
def test_a_gathered_message_that_stands_in_repeats_nothing_that_its_address_was_told(
    office, build, now, both, tmp_path, told_by, left
):
    office.route(BESIDES.replace('rules = ["kuaishou.good-rating"]', told_by), tmp_path)
    shop = opened(office, 4)
    for number in (4, 5):
        office.violation(f"V-{number}", shop, cycle=f"c{number}", severity="serious")
    mail, hook = build.post(REFUSED), build.post()
    for minutes in range(3):
        both(office, mail, hook, now + minutes * MINUTE)
    instead = [n for n in office.notices() if n.instead_of_id]
    within = [n for n in office.notices() if instead and n.within_id == instead[0].id]
    assert (len(instead), len(within)) == (min(left, 1), left)
    assert sum(letter.event == "violation.opened" for letter in hook.letters) == (6 - left) % 6


def test_an_address_that_was_to_be_told_and_was_not_stands_in_like_any_other(office, build, now, both, tmp_path):
    """A route led there until it was taken away, and what waited there was dropped."""
    office.route(BESIDES.replace('rules = ["kuaishou.good-rating"]', ""), tmp_path)
    opened(office)
    mail, hook = build.post(Outcome("temporary", "450 busy"), REFUSED), build.post()
    both(office, mail, build.post(Outcome("temporary", "503")), now)
    [hooked] = [n for n in office.notices() if n.channel == "webhook"]
    office.change(Notice, hooked.id, state="dropped", answer="not sent: no route leads to li any more")
    for hours in (1, 2):
        both(office, mail, hook, now + timedelta(hours=hours))
    assert [n.state for n in office.notices()] == ["failed", "sent"]
    assert (len(mail.letters), len(hook.letters)) == (2, 1)
