"""A catch-up: what was found late is told in one digest to each recipient, each violation once."""

import threading
from datetime import timedelta
from fractions import Fraction

import pytest

from engine.ledger.database import reading, transaction
from engine.ledger.journal import verify
from engine.ledger.tables import Cursor, Mute, Notice, Violation
from engine.rulebook.model import Bound, Figure
from notifier.channels.outcome import Outcome
from notifier.claims import MOST_ATTEMPTS, Claim, claim
from notifier.deliver import Delivered, deliver_due
from notifier.digests import LONGEST, QUIET, READER
from notifier.drafts import Drafter
from notifier.plan import Planned, plan_notices
from notifier.render import Templates
from notifier.retry import retry
from notifier.routing.mutes import set_mute

ZHANG, LI = "zhang@example.com", "li@example.com"
BUSY = Outcome("temporary", "450 busy")
UNKNOWN = Outcome("unknown", "connection lost")
DAY = timedelta(days=1)


@pytest.fixture
def plan(now, rulebook):
    def run(office, at=now):
        return plan_notices(office.ledger, rulebook, at, "zh-CN")

    return run


@pytest.fixture
def late(office):
    """An office that finds violations late; those of one shop unless told otherwise."""
    office.shops = {}

    def find(*names, shop="s1", **changes):
        whose = {k: changes.pop(k) for k in ("contact", "client", "alias") if k in changes}
        known = office.shops.setdefault(shop, None) or office.shop(shop, **({"client": "acme"} | whose))
        office.shops[shop] = known
        for name in names:
            office.violation(name, known, late=True, **({"cycle": f"x-{name}"} | changes))
        return office

    return find


def deliver(office, post, at, owner="w1", **settings):
    return deliver_due(office.ledger, {"email": post}, at, owner, **settings)


def told(office):
    """What each digest tells of: key → violations, without those that were dropped."""
    items = office.items()
    return {n.key: items.get(n.id, []) for n in office.notices() if n.violation_id is None and n.state != "dropped"}


def test_what_is_found_late_is_told_in_one_digest(late, plan, build, now):
    office = late("V-1", "V-2", "V-3")
    assert plan(office) == Planned(queued=1, late=3)
    [digest] = office.notices()
    assert (digest.key, digest.event, digest.violation_id) == ("late:2026-03-10/acme", "violations.late", None)
    assert (digest.recipient, digest.client, digest.state) == (ZHANG, "acme", "queued")
    assert told(office) == {digest.key: ["V-1", "V-2", "V-3"]}
    assert plan(office) == Planned()
    post = build.post()
    assert deliver(office, post, now + QUIET) == Delivered(sent=1)
    [letter] = post.letters
    assert (letter.key, letter.violation, letter.recipient) == (digest.key, None, ZHANG)
    for name in ("V-1", "V-2", "V-3"):
        assert name in letter.body
    [sent] = office.notices()
    assert (sent.state, sent.subject, sent.body) == ("sent", letter.subject, letter.body)
    assert sent.template == "violations.late.email.zh-CN"
    queued, answered = office.journal()
    assert (queued.event, answered.event) == ("notice.queued", "notice.sent")
    assert queued.payload["after"]["violations"] == answered.payload["after"]["violations"] == ["V-1", "V-2", "V-3"]
    assert "zhang" not in str([e.payload for e in office.journal()])
    with reading(office.ledger) as session:
        assert verify(session) == []


def test_what_was_found_in_time_keeps_a_notice_of_its_own(late, plan):
    office = late("V-1")
    office.violation("V-2", office.shops["s1"])
    assert plan(office) == Planned(queued=2, late=1)
    assert sorted(n.key for n in office.notices()) == ["V-2", "late:2026-03-10/acme"]


def test_a_catch_up_of_many_ticks_is_one_digest_that_goes_out_once_it_is_quiet(late, plan, build, now):
    post = build.post()
    minutes = [timedelta(minutes=5) * n for n in range(20)]
    for n, after in enumerate(minutes):
        office = late(f"V-{n:02d}")
        plan(office, now + after)
        assert deliver(office, post, now + after) == Delivered()
    quiet = now + minutes[-1] + QUIET
    assert deliver(office, post, quiet - timedelta(seconds=30)) == Delivered()
    assert deliver(office, post, quiet) == Delivered(sent=1)
    assert told(office) == {"late:2026-03-10/acme": [f"V-{n:02d}" for n in range(20)]}


def test_a_digest_waits_no_longer_than_some_hours_however_long_the_catch_up_takes(late, plan, build, now):
    plan(late("V-1"), now)
    office = late("V-2")
    plan(office, now + LONGEST - timedelta(minutes=1))
    assert deliver(office, build.post(), now + LONGEST) == Delivered(sent=1)


def test_what_is_found_after_the_digest_was_sent_goes_into_the_next_days(late, plan, build, now):
    plan(late("V-1"))
    post = build.post()
    assert deliver(late("V-2"), post, now + QUIET) == Delivered(sent=1)
    office = late("V-3")
    plan(office, now + QUIET)
    assert told(office) == {"late:2026-03-10/acme": ["V-1"], "late:2026-03-11/acme": ["V-2", "V-3"]}
    assert deliver(office, post, now + timedelta(hours=12)) == Delivered()
    assert deliver(office, post, now + DAY) == Delivered(sent=1)


def test_a_digest_that_waits_over_midnight_is_joined_and_not_doubled(late, plan, now):
    before = now.replace(hour=15, minute=58)  # 23:58 in Shanghai
    plan(late("V-1"), before)
    office = late("V-2")
    plan(office, before + timedelta(minutes=4))
    assert told(office) == {"late:2026-03-10/acme": ["V-1", "V-2"]}


def test_a_digest_never_holds_two_clients_shops(late, plan):
    late("V-1", shop="s1", client="acme", alias="甲店")
    office = late("V-2", shop="s2", client="globex", alias="乙店")
    assert plan(office).queued == 2
    assert told(office) == {"late:2026-03-10/acme": ["V-1"], "late:2026-03-10/globex": ["V-2"]}


def test_each_address_of_a_contact_gets_one_digest(late, plan):
    office = late("V-1", "V-2", contact=f"{ZHANG};{LI}")
    assert plan(office) == Planned(queued=2, late=2)
    assert sorted(office.items().values()) == [["V-1", "V-2"]] * 2


def test_a_violation_that_is_settled_meanwhile_leaves_the_digest(late, plan, build, now):
    office = late("V-1", "V-2")
    plan(office)
    office.change(Violation, "V-1", state="withdrawn")
    post = build.post()
    assert deliver(office, post, now + QUIET) == Delivered(sent=1)
    assert "V-1" not in post.letters[0].body
    assert told(office) == {"late:2026-03-10/acme": ["V-2"]}


def test_a_digest_that_has_nothing_left_to_tell_is_dropped_and_may_begin_anew(late, plan, build, now):
    office = late("V-1")
    plan(office)
    office.change(Violation, "V-1", state="waived")
    post = build.post()
    assert deliver(office, post, now + QUIET) == Delivered(dropped=1)
    assert office.notices()[0].answer == "not sent: none of its violations is left"
    plan(late("V-2"), now + QUIET)
    assert deliver(office, post, now + 2 * QUIET) == Delivered(sent=1)
    assert told(office) == {"late:2026-03-10/acme": ["V-2"]}
    assert len(post.letters) == 1


def test_a_violation_that_stands_again_is_told_once_whether_late_or_not(late, plan, build, now):
    office = late("V-1", "V-2")
    plan(office)
    deliver(office, build.post(), now + QUIET)
    office.happened("violation.reopened", "V-1", late=False)
    office.happened("violation.reopened", "V-2", late=True)
    assert plan(office, now + DAY) == Planned(already=1, late=1)
    assert len(office.notices()) == 1


def test_planning_again_from_the_beginning_changes_nothing(late, plan):
    office = late("V-1", "V-2")
    plan(office)
    before, journal = told(office), office.journal()
    office.change(Cursor, READER, batch=0)
    assert plan(office) == Planned(late=2)
    assert (told(office), office.journal()) == (before, journal)


def test_nothing_joins_a_digest_that_is_being_sent_or_that_may_have_been_received(late, plan, build, now):
    plan(late("V-1"))

    class Watching(build.post):
        def send(self, letter, at):
            super().send(letter, at)
            plan(late("V-2"), at)
            return UNKNOWN

    office = late("V-0", shop="s9", client="globex", contact=None)
    assert deliver(office, Watching(), now + QUIET) == Delivered(delayed=1)
    plan(late("V-3"), now + QUIET)
    assert told(office) == {"late:2026-03-10/acme": ["V-1"], "late:2026-03-11/acme": ["V-2", "V-3"]}
    post = build.post()
    assert deliver(office, post, now + QUIET + timedelta(hours=1)) == Delivered(sent=1)
    assert len(post.asked) == 1


def test_nothing_joins_a_digest_that_may_have_been_received_though_it_was_refused_since(late, plan, build, now):
    plan(late("V-1"))
    office, at = late("V-0", shop="s9", client="globex", contact=None), now + QUIET
    for answer in (UNKNOWN, BUSY):
        assert deliver(office, build.post(answer), at) == Delivered(delayed=1)
        at += timedelta(hours=1)
    plan(late("V-2"), at)
    assert told(office) == {"late:2026-03-10/acme": ["V-1"], "late:2026-03-11/acme": ["V-2"]}


def test_what_is_muted_in_a_digest_that_must_wait_stands_in_the_journal(late, plan, now, tmp_path):
    office = late("V-1", "V-2", contact=None)
    office.violation("V-3", office.shops["s1"], late=True, cycle="x", rule="kuaishou.good-rating")
    house = '[contact.li]\naddresses = ["li@example.com"]\n[[route]]\nname = "all"\nto = ["li"]\n'
    office.route(house, tmp_path)
    plan(office)
    mute(office, now, rule="kuaishou.good-rating")
    office.change(Violation, "V-2", client="globex")
    [digest] = office.notices()
    assert claim(office.ledger, digest.id, now + QUIET, "w1") == "gone"
    assert [e.event for e in office.journal()].count("notice.muted") == 1


def test_a_digest_that_was_surely_not_taken_may_still_be_joined_and_keeps_its_turn(late, plan, build, now):
    office = late("V-1")
    plan(office)
    deliver(office, build.post(BUSY), now + QUIET)
    [delayed] = office.notices()
    plan(late("V-2"), now + QUIET)
    assert told(office) == {"late:2026-03-10/acme": ["V-1", "V-2"]}
    assert office.notices()[0].next_attempt_at == delayed.next_attempt_at


def test_a_process_that_dies_while_sending_leaves_a_digest_that_is_sent_again_without_what_was_settled(
    late, plan, build, now
):
    office = late("V-1", "V-2")
    plan(office)

    class Dying(build.post):
        def send(self, letter, at):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(office, Dying(), now + QUIET, lease=timedelta(minutes=-1))
    office.change(Violation, "V-2", state="withdrawn")
    post = build.post()
    assert deliver(office, post, now + QUIET) == Delivered(sent=1)
    assert ("V-1" in post.letters[0].body, "V-2" in post.letters[0].body) == (True, False)
    assert len(post.asked) == 1


def test_a_digest_that_kills_every_process_fails_in_the_end(late, plan, now):
    office = late("V-1")
    plan(office)
    [digest] = office.notices()
    for _ in range(MOST_ATTEMPTS):
        assert isinstance(claim(office.ledger, digest.id, now + QUIET, "w", timedelta(minutes=-1)), Claim)
    assert claim(office.ledger, digest.id, now + QUIET, "w") == "failed"


def test_a_shop_that_changes_its_client_takes_its_violations_into_that_clients_digest(late, plan, build, now):
    office = late("V-1", "V-2")
    late("V-3", shop="s2")
    plan(office)
    office.register("s1", client="globex")
    post = build.post()
    assert deliver(office, post, now + QUIET) == Delivered(gone=1)  # it would mix two clients' shops
    plan(office, now + QUIET)
    assert told(office) == {"late:2026-03-10/acme": ["V-3"], "late:2026-03-10/globex": ["V-1", "V-2"]}
    assert deliver(office, post, now + 3 * QUIET) == Delivered(sent=2)


def test_a_shop_that_changes_its_contact_takes_its_violations_along(late, plan, build, now):
    office = late("V-1", contact=ZHANG)
    late("V-2", shop="s2", contact=ZHANG)
    plan(office)
    office.assessed("V-1", now - 2 * DAY)
    office.register("s1", contact=LI)
    plan(office)
    items = office.items()
    assert {n.recipient: items[n.id] for n in office.notices()} == {ZHANG: ["V-2"], LI: ["V-1"]}


def test_a_contact_that_comes_later_gets_one_digest_of_what_was_late(late, plan, now):
    office = late("V-1", "V-2", contact=None)
    assert plan(office).without_contact == 2
    for name in ("V-1", "V-2"):
        office.assessed(name, now - 3 * DAY)
    office.register(contact=ZHANG)
    assert plan(office).queued == 1
    assert told(office) == {"late:2026-03-10/acme": ["V-1", "V-2"]}


def test_a_contact_that_is_mended_takes_over_a_digest_that_failed(late, plan, build, now):
    office = late("V-1")
    office.assessed("V-1", now - 2 * DAY)
    plan(office)
    deliver(office, build.post(Outcome("permanent", "550 no such user")), now + QUIET)
    office.register(contact=LI)
    plan(office, now + QUIET)
    assert {n.recipient: n.state for n in office.notices()} == {ZHANG: "dropped", LI: "queued"}
    assert sorted(office.items().values()) == [["V-1"]]


def test_an_address_that_cannot_be_used_makes_one_failed_digest_that_goes_to_the_mended_contact(late, plan, now):
    office = late("V-1", contact="nobody")
    assert plan(office) == Planned(refused=1, late=1)
    assert plan(late("V-2"), now + DAY) == Planned(late=1)
    [failed] = office.notices()
    assert (failed.state, office.items()) == ("failed", {failed.id: ["V-1", "V-2"]})
    office.register(contact=f"{ZHANG};{LI}")
    numbers = retry(office.ledger, failed.id, now + DAY, "zhang")
    waiting = [n for n in office.notices() if n.state == "queued"]
    assert sorted(numbers) == sorted(n.id for n in waiting)
    assert {n.recipient: office.items()[n.id] for n in waiting} == {ZHANG: ["V-1", "V-2"], LI: ["V-1", "V-2"]}
    assert [n.next_attempt_at for n in waiting] == [now + DAY] * 2


def test_a_failed_digest_is_queued_again(late, plan, build, now):
    office = late("V-1", "V-2")
    plan(office)
    deliver(office, build.post(Outcome("permanent", "550 no such user")), now + QUIET)
    [failed] = office.notices()
    office.change(Violation, "V-2", state="closed")
    assert retry(office.ledger, failed.id, now + DAY, "zhang") == [failed.id]
    assert office.items() == {failed.id: ["V-1"]}
    assert deliver(office, build.post(), now + DAY) == Delivered(sent=1)


def test_a_faulty_template_of_ones_own_delays_neither_the_digest_nor_anything_else(late, plan, build, now, tmp_path):
    own = tmp_path / "violations.late.email.zh-CN.txt"
    own.write_text("x\n\n{{ shop }}", encoding="utf-8")
    office = late("V-1")
    office.violation("V-2", office.shops["s1"])
    plan(office)
    drafter = Drafter({}, "zh-CN", Templates([tmp_path]))
    assert deliver(office, build.post(), now + QUIET, drafter=drafter) == Delivered(sent=2)
    digest = next(n for n in office.notices() if n.violation_id is None)
    assert digest.subject.startswith("【补考核】")


def test_processes_that_plan_and_send_at_once_tell_each_violation_once(office, plan, build, now):
    """Findings, plannings and deliveries run against each other; time goes on, so that digests close in between."""
    shops = [office.shop(f"s{n}", contact=f"{ZHANG};{LI}", client=f"c{n % 2}") for n in range(4)]
    posts, stop, faults = [build.post() for _ in range(3)], threading.Event(), []

    def work(number):
        step = 0
        try:
            while not stop.is_set() or step < 30:
                at = now + step * QUIET
                plan(office, at)
                deliver(office, posts[number], at, f"w{number}")
                step += 1
                if stop.is_set() and step >= 30:
                    return
        except Exception as error:  # noqa: BLE001  whatever it is, the test names it
            faults.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for n in range(24):
        office.violation(f"V-{n:02d}", shops[n % 4], late=True, cycle=f"x-{n}")
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    plan(office, now + 30 * DAY)
    deliver(office, posts[0], now + 30 * DAY, "w0")
    items = office.items()
    by_recipient = {ZHANG: [], LI: []}
    for notice in office.notices():
        assert notice.state == "sent"
        by_recipient[notice.recipient] += items[notice.id]
    everything = [f"V-{n:02d}" for n in range(24)]
    assert {who: sorted(names) for who, names in by_recipient.items()} == {ZHANG: everything, LI: everything}
    letters = [letter for post in posts for letter in post.letters]
    assert len(letters) == len({letter.digest for letter in letters}) == len(office.notices())
    for who in (ZHANG, LI):
        text = "".join(letter.body for letter in letters if letter.recipient == who)
        assert all(text.count(f"| {name}\n") == 1 for name in everything)


def test_a_planning_that_is_cut_off_anywhere_is_made_good_by_the_next(late, plan, monkeypatch):
    """The journal is written last: a planning that dies there has written everything else, and must leave nothing."""
    office = late("V-1", "V-2")
    with monkeypatch.context() as patch:
        patch.setattr("notifier.plan.append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            plan(office)
    assert (office.notices(), office.items()) == ([], {})
    assert plan(office) == Planned(queued=1, late=2)
    assert told(office) == {"late:2026-03-10/acme": ["V-1", "V-2"]}


def test_what_was_found_too_late_for_any_notice_is_counted_in_the_digest(late, plan, build, now):
    office = late("V-1")
    for name, shop in (("V-2", "s1"), ("V-3", "s1"), ("V-4", "s2")):
        late(name, shop=shop, contact=ZHANG if shop == "s1" else LI, notify=False)
        office.assessed(name, now - 30 * DAY)
    assert plan(office) == Planned(queued=1, late=1, old=3)
    post = build.post()
    deliver(office, post, now + QUIET)
    assert "另有 2 起查出时距考核时刻已超过 7 天" in post.letters[0].body


def test_a_retried_digest_still_asks_whether_it_was_received(late, plan, build, now):
    office = late("V-1")
    plan(office)
    [digest] = office.notices()
    assert deliver(office, build.post(Outcome("unknown", "connection lost")), now + QUIET) == Delivered(delayed=1)
    office.change(Notice, digest.id, state="failed", attempts=8)
    retry(office.ledger, digest.id, now, "zhang")
    post = build.post()
    assert deliver(office, post, now) == Delivered(sent=1)
    assert len(post.asked) == 1


def test_an_address_that_is_spelled_otherwise_by_now_is_told_once_of_what_was_late(late, plan, build, now):
    office, post = late("V-1", contact="Zhang@example.com"), build.post()
    office.assessed("V-1", now - 2 * DAY)
    plan(office)
    office.register(contact=ZHANG)
    plan(office)
    deliver(office, post, now + QUIET)
    assert [letter.recipient for letter in post.letters] == ["Zhang@example.com"]
    late("V-2")
    office.register(contact="ZHANG@example.com")
    plan(office, now + DAY)
    assert told(office) == {"late:2026-03-10/acme": ["V-1"], "late:2026-03-11/acme": ["V-2"]}


def mute(office, at, **what):
    with transaction(office.ledger) as session:
        row = Mute(starts_at=at, ends_at=at + DAY, why="大促", set_by="zhang", set_at=at, **what)
        set_mute(session, row, at)


def alone(office):
    return {n.key: (n.state, n.recipient, n.answer) for n in office.notices() if n.violation_id is not None}


SILENT = ("muted", ZHANG, "muted until 2026-03-11 10:00: 大促")


def test_what_is_late_and_muted_stays_on_record_with_the_reason_and_is_not_told_later(late, plan, build, now):
    office = late("V-1", "V-2")
    office.violation("V-3", office.shops["s1"], late=True, cycle="x", rule="kuaishou.good-rating")
    mute(office, now, rule="xiaohongshu.reply-rate")
    assert plan(office) == Planned(queued=1, late=3, muted=2)
    assert alone(office) == {"V-1": SILENT, "V-2": SILENT}
    assert told(office) == {"late:2026-03-10/acme": ["V-3"]}
    office.change(Cursor, READER, batch=0)
    plan(office, now + 2 * DAY)
    assert told(office) == {"late:2026-03-10/acme": ["V-3"]}
    assert [e.event for e in office.journal()].count("notice.muted") == 2


def test_a_mute_that_is_set_after_a_digest_began_silences_what_it_names(late, plan, build, now):
    office, post = late("V-1", "V-2"), build.post()
    office.violation("V-3", office.shops["s1"], late=True, cycle="x", rule="kuaishou.good-rating")
    plan(office)
    mute(office, now, rule="xiaohongshu.reply-rate")
    assert deliver(office, post, now + QUIET) == Delivered(sent=1)
    assert alone(office) == {"V-1": SILENT, "V-2": SILENT}
    assert told(office) == {"late:2026-03-10/acme": ["V-3"]}
    assert "V-1" not in post.letters[0].body
    assert [e.event for e in office.journal()].count("notice.muted") == 2
    with reading(office.ledger) as session:
        assert verify(session) == []


def test_a_digest_all_of_which_is_muted_meanwhile_is_not_sent(late, plan, build, now):
    office, post = late("V-1"), build.post()
    plan(office)
    mute(office, now, client="acme")
    assert deliver(office, post, now + QUIET) == Delivered(dropped=1)
    assert (post.letters, alone(office)) == ([], {"V-1": SILENT})


def test_what_is_small_and_late_stays_in_the_weeks_list_when_contacts_change(late, build, now):
    figure, floor = Figure("numerator", "denominator"), (("denominator", Bound("at_least", Fraction(200), "200")),)
    small = build.rule(versions=(build.version(figure=figure, notify_floor=floor),))
    office = late("V-1", contact=None)
    office.assessed("V-1", now - 2 * DAY)
    assert plan_notices(office.ledger, {small.id: small}, now, "zh-CN").small == 1
    office.register(contact=LI)
    assert plan_notices(office.ledger, {small.id: small}, now, "zh-CN") == Planned()
    assert office.notices() == []
