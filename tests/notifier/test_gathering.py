"""Many notices to one recipient: how they become one message, and that no cap is ever exceeded."""

import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.ledger.database import reading, transaction
from engine.ledger.journal import verify
from engine.ledger.tables import Mute, Subject, Violation
from notifier.channels.outcome import Outcome
from notifier.claims import claim
from notifier.deliver import Delivered, deliver_due, deliver_on
from notifier.drafts import Drafter
from notifier.gathering import gather
from notifier.plan import plan_notices
from notifier.render import Templates
from notifier.retry import retry
from notifier.routing.mutes import set_mute

SHANGHAI = ZoneInfo("Asia/Shanghai")
K7 = """
[contact.li]
addresses = [{ to = "li@example.com", hours = "08:00-24:00", per_hour = 2, per_day = 20 }]
[[route]]
name = "all"
to = ["li"]
"""
NIGHT = """
[contact.li]
addresses = [{ to = "li@example.com", hours = "08:00-22:00" }]
[[route]]
name = "all"
to = ["li"]
[[route]]
name = "own"
to = ["@shop"]
shops = []
"""


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def tick(rulebook):
    """Plans and delivers as a worker does."""

    templates = Templates()

    def run(office, post, at, most=5, **changes):
        plan_notices(office.ledger, rulebook, at, "zh-CN", templates)
        drafter = Drafter(rulebook, "zh-CN", templates)
        return deliver_due(office.ledger, {"email": post}, at, "w1", drafter=drafter, most_single=most, **changes)

    return run


def open_violations(office, count, shop=None, begin=0):
    shop = shop or office.shop(contact="zhang@example.com")
    for number in range(begin, begin + count):
        office.violation(f"V-{number:03d}", shop, cycle=f"c{number}")
    return shop


def states(office):
    return Counter(notice.state for notice in office.notices())


def test_a_few_notices_go_out_one_by_one(office, build, now, tick):
    open_violations(office, 5)
    post = build.post()
    assert tick(office, post, now) == Delivered(sent=5)
    assert [letter.event for letter in post.letters] == ["violation.opened"] * 5


def test_more_than_a_few_at_once_are_one_message_that_tells_them_all(office, build, now, tick):
    open_violations(office, 6)
    post = build.post()
    assert tick(office, post, now) == Delivered(sent=1)
    [letter] = post.letters
    assert (letter.event, letter.recipient) == ("notices.gathered", "zhang@example.com")
    assert "6" in letter.subject
    assert states(office) == {"gathered": 6, "sent": 1}
    [message] = [n for n in office.notices() if n.event == "notices.gathered"]
    assert {n.within_id for n in office.notices() if n.state == "gathered"} == {message.id}
    assert (message.body, message.template) == (letter.body, "notices.gathered.email.zh-CN")
    assert tick(office, post, now) == Delivered()
    with reading(office.ledger) as session:
        assert verify(session) == []


def test_one_message_tells_of_one_client_alone(office, build, now, tick):
    for client in ("acme", "bolt"):
        shop = office.shop(f"s-{client}", "both@example.com", client, alias=f"店 {client}")
        open_violations(office, 6, shop, begin=0 if client == "acme" else 6)
    post = build.post()
    assert tick(office, post, now) == Delivered(sent=2)
    for letter in post.letters:
        assert ("店 acme" in letter.body) != ("店 bolt" in letter.body)


def test_people_of_the_house_get_one_message_about_several_clients(office, build, now, tick, tmp_path):
    office.route(NIGHT, tmp_path)
    for client in ("acme", "bolt"):
        shop = office.shop(f"s-{client}", None, client, alias=f"店 {client}")
        open_violations(office, 3, shop, begin=0 if client == "acme" else 3)
    post = build.post()
    assert tick(office, post, now) == Delivered(sent=1)
    [letter] = post.letters
    assert "店 acme" in letter.body
    assert "店 bolt" in letter.body
    assert [n.client for n in office.notices() if n.event == "notices.gathered"] == [""]


def test_what_comes_in_the_quiet_hours_waits_for_one_message_in_the_morning(office, build, tick, tmp_path):
    office.route(NIGHT, tmp_path)
    shop = open_violations(office, 3)
    post = build.post()
    assert tick(office, post, local("2026-03-10T23:30:00")) == Delivered()
    open_violations(office, 3, shop, begin=3)
    assert tick(office, post, local("2026-03-11T05:00:00")) == Delivered()
    assert tick(office, post, local("2026-03-11T07:59:59")) == Delivered()
    assert tick(office, post, local("2026-03-11T08:00:00")) == Delivered(sent=1)
    assert "6" in post.letters[0].subject


def test_what_failed_in_the_day_is_not_tried_again_at_night(office, build, tick, tmp_path):
    office.route(NIGHT, tmp_path)
    open_violations(office, 1)
    post = build.post(Outcome("temporary", "450 busy"))
    assert tick(office, post, local("2026-03-10T21:59:00")) == Delivered(delayed=1)
    assert tick(office, post, local("2026-03-10T22:30:00")) == Delivered(deferred=1)
    [notice] = office.notices()
    assert (notice.state, notice.attempts) == ("queued", 1)
    assert notice.next_attempt_at == notice.due_at == local("2026-03-11T08:00:00")
    assert tick(office, post, local("2026-03-11T08:00:00")) == Delivered(sent=1)


def test_what_is_urgent_waits_for_nobodys_hours(office, build, tick, tmp_path):
    office.route(NIGHT.replace('to = ["li"]', 'to = ["li"]\nurgent = true'), tmp_path)
    open_violations(office, 1)
    assert tick(office, build.post(), local("2026-03-10T23:30:00")) == Delivered(sent=1)


def test_at_the_cap_the_last_message_says_that_there_is_more(office, build, tick, tmp_path):
    office.route(K7, tmp_path)
    open_violations(office, 4, office.shop(contact=None))
    post, at = build.post(), local("2026-03-10T10:05:00")
    assert tick(office, post, at) == Delivered(sent=2)
    single, rest = post.letters
    assert (single.event, rest.event) == ("violation.opened", "notices.gathered")
    assert "3" in rest.subject
    open_violations(office, 1, office_shop(office), begin=4)
    assert tick(office, post, local("2026-03-10T10:59:59")) == Delivered(deferred=1)
    assert tick(office, post, local("2026-03-10T11:00:00")) == Delivered(sent=1)


def office_shop(office):
    with reading(office.ledger) as session:
        return session.get(Subject, 1)


def test_at_the_cap_at_night_the_last_urgent_message_says_that_there_is_more(office, build, tick, tmp_path):
    office.route(K7.replace('to = ["li"]', 'to = ["li"]\nurgent = true'), tmp_path)
    open_violations(office, 6, office.shop(contact=None))
    post = build.post()
    tick(office, post, local("2026-03-10T02:00:00"))
    assert [letter.event for letter in post.letters] == ["violation.opened", "notices.gathered"]
    assert states(office) == {"sent": 2, "gathered": 5}


def test_what_is_not_urgent_waits_at_night_beside_what_is(office, build, tick, tmp_path):
    urgent = '[[route]]\nname = "now"\nto = ["li"]\nseverities = ["serious"]\nurgent = true\n'
    office.route(K7 + urgent, tmp_path)
    shop = open_violations(office, 3, office.shop(contact=None))
    for number in range(3):
        office.violation(f"V-S{number}", shop, cycle=f"s{number}", severity="serious")
    post, night = build.post(), local("2026-03-10T02:00:00")
    tick(office, post, night)
    waiting = [n for n in office.notices() if n.state == "queued"]
    assert sorted(str(n.violation_id) for n in waiting) == ["V-000", "V-001", "V-002"]
    assert [letter.event for letter in post.letters] == ["violation.opened", "notices.gathered"]
    assert states(office) == {"sent": 2, "gathered": 2, "queued": 3}


def test_what_was_gathered_can_be_gathered_again_within_the_same_second(office, build, now, tick):
    shop = office.shop(client="acme")
    open_violations(office, 6, shop)
    plan_notices(office.ledger, {}, now, "zh-CN")
    assert len(gather(office.ledger, "email", "zhang@example.com", now, 5)) == 1
    for number in range(6):
        office.change(Violation, f"V-{number:03d}", client="brill")
    office.change(Subject, shop.id, client="brill")
    post = build.post()
    for milliseconds in (1, 2, 3):
        tick(office, post, now + timedelta(milliseconds=milliseconds))
    assert states(office) == {"dropped": 1, "gathered": 6, "sent": 1}


def test_what_may_have_arrived_is_asked_after_by_itself_and_never_gathered(office, build, now, tick):
    shop = open_violations(office, 1)
    post = build.post(Outcome("unknown", "connection lost"))
    tick(office, post, now)
    open_violations(office, 6, shop, begin=1)
    tick(office, post, now + timedelta(hours=1))
    assert len(post.asked) == 1
    assert states(office) == {"sent": 2, "gathered": 6}
    assert [n.state for n in office.notices() if n.key == "V-000"] == ["sent"]


def test_what_may_have_arrived_is_not_gathered_though_it_was_refused_since(office, build, now, tick):
    shop = open_violations(office, 1)
    for hours, answer in enumerate((Outcome("unknown", "connection lost"), Outcome("temporary", "450 busy"))):
        tick(office, build.post(answer), now + timedelta(hours=hours))
    open_violations(office, 6, shop, begin=1)
    post = build.post()
    tick(office, post, now + timedelta(hours=2))
    assert [letter.key for letter in post.asked] == ["V-000"]
    assert states(office) == {"sent": 2, "gathered": 6}


def test_what_is_settled_in_a_message_that_must_wait_stands_in_the_journal(sqlite_office, build, tick, tmp_path):
    office = sqlite_office
    office.route(NIGHT, tmp_path)
    open_violations(office, 8, office.shop(contact=None))
    at = local("2026-03-10T09:00:00")
    assert tick(office, build.post(Outcome("temporary", "450 busy")), at, most=1) == Delivered(delayed=1)
    office.change(Violation, "V-000", state="withdrawn")
    office.route(NIGHT.replace("08:00", "20:00"), tmp_path)
    told = len([e for e in office.journal() if e.event == "notice.dropped"])
    [message] = [n for n in office.notices() if n.event == "notices.gathered"]
    assert claim(office.ledger, message.id, at + timedelta(hours=1), "w1") == "deferred"
    assert len([e for e in office.journal() if e.event == "notice.dropped"]) == told + 1


def test_a_day_of_notices_keeps_the_caps_of_kuaishous_reminders_exactly(sqlite_office, build, tick, tmp_path):
    office = sqlite_office
    office.route(K7, tmp_path)
    shop, sent = office.shop(contact=None), []
    at = local("2026-03-10T00:00:00")
    post = build.post()
    for step in range(24 * 3):
        now = at + timedelta(minutes=20 * step)
        open_violations(office, 1, shop, begin=step)
        before = len(post.letters)
        tick(office, post, now, limit=1000)
        sent += [now] * (len(post.letters) - before)
    hours = Counter(instant.hour for instant in sent)
    assert not [instant for instant in sent if instant.hour < 8]
    assert max(hours.values()) == 2
    assert sum(hours.values()) == 20
    assert hours[8] == 2, "what waited in the night is not told in more messages than may come"
    with reading(office.ledger) as session:
        assert verify(session) == []


def test_what_was_settled_before_it_is_told_leaves_the_message(office, build, now, tick):
    open_violations(office, 6)
    post = build.post(Outcome("temporary", "450 busy"))
    assert tick(office, post, now) == Delivered(delayed=1)
    office.change(Violation, "V-000", state="withdrawn")
    assert tick(office, post, now + timedelta(hours=1)) == Delivered(sent=1)
    assert "5" in post.letters[-1].subject
    assert states(office) == {"gathered": 5, "dropped": 1, "sent": 1}


def test_a_message_whose_news_are_all_settled_is_not_sent(office, build, now, tick):
    open_violations(office, 6)
    post = build.post(Outcome("temporary", "450 busy"))
    tick(office, post, now)
    for number in range(6):
        office.change(Violation, f"V-{number:03d}", state="withdrawn")
    assert tick(office, post, now + timedelta(hours=1)) == Delivered(dropped=1)
    assert states(office) == {"dropped": 7}
    office.change(Violation, "V-000", state="open")
    office.happened("violation.reopened", "V-000")
    assert tick(office, post, now + timedelta(hours=2)) == Delivered(sent=1)
    assert post.letters[-1].violation == "V-000"


def test_a_shop_that_left_its_client_is_told_by_itself(office, build, now, tick):
    shop = open_violations(office, 6)
    other = office.shop("s2", "zhang@example.com", "default", alias="另一店")
    office.violation("V-X", other, cycle="x")
    post = build.post(Outcome("temporary", "450 busy"))
    tick(office, post, now)
    office.register("s2", contact="zhang@example.com", client="bolt", alias="另一店")
    later = now + timedelta(hours=1)
    tick(office, post, later)
    tick(office, post, later)
    told = {letter.event: letter.body for letter in post.letters[1:]}
    assert "另一店" in told["violation.opened"]
    assert "另一店" not in told["notices.gathered"]
    assert shop.key not in told["violation.opened"]


def test_a_message_that_was_refused_is_sent_again_with_all_it_tells(office, build, now, tick):
    open_violations(office, 6)
    post = build.post(Outcome("permanent", "550 no such user"))
    assert tick(office, post, now) == Delivered(failed=1)
    [message] = [n for n in office.notices() if n.event == "notices.gathered"]
    assert retry(office.ledger, message.id, now, "zhang") == [message.id]
    assert tick(office, post, now) == Delivered(sent=1)
    assert "6" in post.letters[-1].subject


def test_what_is_muted_in_the_night_is_not_told_in_the_morning(office, build, tick, tmp_path):
    office.route(NIGHT, tmp_path)
    shops = [office.shop(f"s{n}", None) for n in range(2)]
    open_violations(office, 6, shops[0])
    open_violations(office, 1, shops[1], begin=6)
    night = local("2026-03-10T23:30:00")
    tick(office, build.post(), night)
    mute = Mute(
        shop=shops[1].key, starts_at=night, ends_at=night + timedelta(days=1), why="盘点", set_at=night, set_by="li"
    )
    with transaction(office.ledger) as session:
        set_mute(session, mute, night)
    post = build.post()
    assert tick(office, post, local("2026-03-11T08:00:00")) == Delivered(sent=1)
    assert "6" in post.letters[0].subject
    assert states(office) == {"gathered": 6, "muted": 1, "sent": 1}
    [muted] = [n for n in office.notices() if n.state == "muted"]
    assert "盘点" in muted.answer


def test_what_waited_for_a_cap_is_not_said_to_have_come_in_the_night(office, build, tick, tmp_path):
    office.route(K7, tmp_path)
    shop, post, ten = office.shop(contact=None), build.post(), local("2026-03-10T10:00:00")
    open_violations(office, 2, shop)
    tick(office, post, ten)
    open_violations(office, 7, shop, begin=2)
    tick(office, post, ten + timedelta(minutes=30))
    tick(office, post, ten + timedelta(hours=1))
    gathered = [letter for letter in post.letters if letter.event == "notices.gathered"]
    assert gathered
    assert not any("晨间" in letter.subject or "免打扰" in letter.body for letter in gathered)


def test_a_worker_goes_on_while_something_goes_out_and_not_while_somebody_else_has_it(now):
    calls = [Delivered(sent=100), Delivered(sent=3, gone=1, waiting=2), Delivered(gone=5, waiting=2), Delivered(sent=9)]
    left = list(calls)
    assert deliver_on(lambda _at: left.pop(0), now) == Delivered(sent=103, gone=6, waiting=2)
    assert left == [calls[-1]]


CHILD = """
import sys
from datetime import datetime
from engine.ledger.database import open_ledger
from notifier.channels.outcome import Outcome
from notifier.deliver import deliver_due

class Post:
    def send(self, letter, now):
        with open(sys.argv[2], "a") as file:
            file.write(f"{letter.recipient} {letter.event}\\n")
        return Outcome("accepted", "250 OK")
    def settle(self, letter, since):
        return None

now = datetime.fromisoformat(sys.argv[3])
ledger = open_ledger(sys.argv[1])
for _ in range(12):
    deliver_due(ledger, {"email": Post()}, now, f"w{sys.argv[4]}", limit=50, most_single=5)
ledger.dispose()
"""


def test_four_processes_that_deliver_at_once_keep_every_cap(office, ledger_url, rulebook, tmp_path):
    names = [f"p{n}" for n in range(6)]
    contacts = "".join(
        f'[contact.{n}]\nclient = "{n}"\naddresses = [{{ to = "{n}@example.com", per_hour = 2, per_day = 20 }}]\n'
        for n in names
    )
    routes = "".join(f'[[route]]\nname = "{n}"\nto = ["{n}"]\nclients = ["{n}"]\n' for n in names)
    office.route(contacts + routes, tmp_path)
    for place, name in enumerate(names):
        open_violations(office, 5, office.shop(name, None, name), begin=place * 5)
    now = local("2026-03-10T10:00:00")
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    log = tmp_path / "sent"
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, ledger_url, str(log), now.isoformat(), str(n)]) for n in range(4)
    ]
    assert [child.wait(120) for child in children] == [0] * 4
    sent = Counter(line.split()[0] for line in log.read_text().splitlines())
    assert sent == {f"{name}@example.com": 2 for name in names}
    kept = Counter(n.state for n in office.notices())
    assert kept["sent"] == 12
    assert kept["sending"] == 0
