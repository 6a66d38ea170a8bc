from datetime import timedelta

import pytest

from engine.errors import KaoheError
from engine.ledger.tables import Subject, Violation
from notifier.channels.outcome import Outcome
from notifier.deliver import Delivered, deliver_due
from notifier.digests import QUIET
from notifier.plan import plan_notices
from notifier.retry import retry


@pytest.fixture
def failed(now, rulebook, build):
    """A notice that the provider has refused for good."""

    def make(office, contact="zhang@example.com"):
        shop = office.shop(contact=contact)
        office.violation("V-1", shop)
        plan_notices(office.ledger, rulebook, now, "zh-CN")
        post = build.post(Outcome("permanent", "550 no such user"))
        deliver_due(office.ledger, {"email": post}, now, "w1")
        return shop

    return make


def test_a_failed_notice_is_queued_again_with_all_its_attempts(office, failed, build, now):
    failed(office)
    [notice] = office.notices()
    later = now + timedelta(days=2)
    assert retry(office.ledger, notice.id, later, "zhang") == [notice.id]
    [notice] = office.notices()
    assert (notice.state, notice.attempts, notice.next_attempt_at, notice.answer) == ("queued", 0, later, None)
    entry = office.journal()[-1]
    assert (entry.event, entry.actor, entry.payload["before"]) == ("notice.queued", "zhang", {"state": "failed"})
    assert deliver_due(office.ledger, {"email": build.post()}, later, "w1") == Delivered(sent=1)


def test_only_a_failed_notice_can_be_queued_again(sqlite_office, failed, build, now):
    failed(sqlite_office)
    [notice] = sqlite_office.notices()
    retry(sqlite_office.ledger, notice.id, now, "zhang")
    with pytest.raises(KaoheError, match="is queued; only one that failed can be sent again"):
        retry(sqlite_office.ledger, notice.id, now, "zhang")
    with pytest.raises(KaoheError, match="there is no notice 4711; `kaohe notices list`"):
        retry(sqlite_office.ledger, 4711, now, "zhang")


def test_a_notice_refused_for_its_address_goes_to_the_contact_that_was_mended(office, failed, build, now):
    shop = failed(office, "zhang-at-example.com")
    [notice] = office.notices()
    with pytest.raises(KaoheError, match="has nobody to go to: misconfigured: is not an e-mail address"):
        retry(office.ledger, notice.id, now, "zhang")
    office.change(Subject, shop.id, contact="zhang@example.com;li@example.com")
    numbers = retry(office.ledger, notice.id, now, "zhang")
    notices = office.notices()
    assert numbers == [n.id for n in notices]
    assert [(n.recipient, n.state) for n in notices] == [
        ("zhang@example.com", "queued"),
        ("li@example.com", "queued"),
    ]
    assert notices[0].body == notices[1].body
    assert notices[1].answer is None
    assert deliver_due(office.ledger, {"email": build.post()}, now, "w1") == Delivered(sent=2)


def test_a_mended_contact_in_which_everybody_was_told_has_nobody_left(sqlite_office, failed, now):
    shop = failed(sqlite_office, "nobody;li@example.com")
    sqlite_office.change(Subject, shop.id, contact="li@example.com")
    refused = next(n for n in sqlite_office.notices() if n.attempts == 0)
    with pytest.raises(KaoheError, match="everybody in the contact of shop:xiaohongshu/s1 has this notice already"):
        retry(sqlite_office.ledger, refused.id, now, "zhang")


def test_a_digest_that_may_have_been_received_never_begins_anew(office, build, now, rulebook):
    shop = office.shop(client="acme")

    def late(name, at):
        office.violation(name, shop, late=True, cycle=f"x-{name}")
        plan_notices(office.ledger, rulebook, at, "zh-CN")

    def deliver(post, at):
        return deliver_due(office.ledger, {"email": post}, at, "w1")

    late("V-1", now)
    at = now + QUIET
    for answer in (Outcome("unknown", "connection lost"), Outcome.of("permanent", "550 no")):
        deliver(build.post(answer), at)
        at += timedelta(hours=1)
    [digest] = office.notices()
    retry(office.ledger, digest.id, at, "zhang")
    office.change(Violation, "V-1", state="withdrawn")
    assert deliver(build.post(), at) == Delivered(dropped=1)
    late("V-2", at)
    assert list(office.items().values()) == [["V-2"]]
    post = build.post(settled=Outcome("accepted", "found"))
    assert deliver(post, at + timedelta(days=1)) == Delivered(sent=1)
    assert ["V-2" in letter.body for letter in post.letters] == [True]
