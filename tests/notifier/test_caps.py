"""Caps are exact: an attempt whose outcome nobody knows counts, and its repetition counts once more."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from engine.ledger.database import reading
from engine.ledger.journal import verify
from engine.ledger.tables import Violation
from notifier.batches import claim_together
from notifier.channels.outcome import Outcome
from notifier.claims import claim, give_back
from notifier.deliver import Delivered, deliver_due
from notifier.plan import plan_notices
from notifier.retry import retry
from notifier.routing.limits import room, used

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROUTES = """
[contact.li]
addresses = [{{ to = "li@example.com", per_hour = {}, per_day = {} }}]
[[route]]
name = "all"
to = ["li"]
"""
ONE_AN_HOUR = ROUTES.format(1, 20)
UNKNOWN = Outcome("unknown", "connection lost")
REFUSED = Outcome("temporary", "450 busy")


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def tick(rulebook):
    """Plans and delivers as a worker does."""

    def run(office, post, at, most=5, **changes):
        plan_notices(office.ledger, rulebook, at, "zh-CN")
        return deliver_due(office.ledger, {"email": post}, at, "w1", most_single=most, **changes)

    return run


@pytest.fixture
def capped(office, tmp_path):
    """An office with violations, and one contact with caps."""

    def make(count, per_hour, per_day=20):
        office.route(ROUTES.format(per_hour, per_day), tmp_path)
        shop = office.shop(contact=None)
        for number in range(count):
            office.violation(f"V-{number:03d}", shop, cycle=f"c{number}")
        return office

    return make


def test_the_repetition_of_an_attempt_that_may_have_arrived_needs_room_of_its_own(capped, build, tick):
    office, post = capped(1, per_hour=1), build.post(UNKNOWN)
    assert tick(office, post, local("2026-03-10T10:05:00")) == Delivered(delayed=1)
    assert tick(office, post, local("2026-03-10T10:30:00")) == Delivered(deferred=1)
    assert tick(office, post, local("2026-03-10T11:00:00")) == Delivered(sent=1)


def test_both_the_open_attempt_and_its_repetition_are_counted(capped, build, tick):
    office, post = capped(1, per_hour=2), build.post(UNKNOWN)
    tick(office, post, local("2026-03-10T10:05:00"))
    assert tick(office, post, local("2026-03-10T10:30:00")) == Delivered(sent=1)
    office.violation("V-later", office.shop("s2", None), cycle="later")
    assert tick(office, post, local("2026-03-10T10:40:00")) == Delivered(deferred=1)
    assert tick(office, post, local("2026-03-10T11:00:00")) == Delivered(sent=1)


@pytest.mark.parametrize("end", ["refused", "settled"])
def test_what_may_have_arrived_stays_counted_however_the_notice_ends(capped, build, tick, end):
    office, post = capped(1, per_hour=1 if end == "settled" else 2), build.post(UNKNOWN, REFUSED, REFUSED)
    tick(office, post, local("2026-03-10T10:05:00"))
    if end == "settled":
        office.change(Violation, "V-000", state="withdrawn")
    tick(office, post, local("2026-03-10T10:30:00"))
    for number in range(2):
        office.violation(f"V-later-{number}", office.shop(f"later{number}", None), cycle="later")
    told = tick(office, build.post(), local("2026-03-10T10:31:00"), most=1)
    assert told.sent == (1 if end == "refused" else 0)


def test_what_was_only_asked_after_counts_once(capped, build, tick):
    office = capped(1, per_hour=2)
    post = build.post(UNKNOWN, settled=Outcome("unknown", "cannot be asked"))
    tick(office, post, local("2026-03-10T10:05:00"))
    assert tick(office, post, local("2026-03-10T10:20:00")) == Delivered(delayed=1)
    post.settled = Outcome("accepted", "found")
    assert tick(office, post, local("2026-03-10T10:50:00")) == Delivered(sent=1)
    assert len(post.letters) == 1
    for number in range(2):
        office.violation(f"V-later-{number}", office.shop(f"later{number}", None), cycle="later")
    assert tick(office, post, local("2026-03-10T10:55:00")) == Delivered(sent=1)  # the two as one
    assert tick(office, post, local("2026-03-10T10:56:00")) == Delivered()


def test_two_spellings_of_an_address_have_one_cap(office, build, tick, tmp_path):
    office.route(ONE_AN_HOUR.replace("li@", "LI@"), tmp_path)
    office.violation("V-1", office.shop(contact=None))
    post = build.post()
    assert tick(office, post, local("2026-03-10T10:05:00")) == Delivered(sent=1)
    office.route(ONE_AN_HOUR, tmp_path)
    office.violation("V-2", office.shop("s2", None))
    assert tick(office, post, local("2026-03-10T10:30:00")) == Delivered(deferred=1)
    assert tick(office, post, local("2026-03-10T11:00:00")) == Delivered(sent=1)


def test_two_that_claim_at_once_do_not_both_find_the_room_for_one(office, rulebook, tmp_path, monkeypatch):
    """Both would count before either is counted: they wait for each other, where nothing keeps them apart."""
    office.route(ONE_AN_HOUR, tmp_path)
    shop, now = office.shop(contact=None), local("2026-03-10T10:05:00")
    for number in range(2):
        office.violation(f"V-{number}", shop, cycle=f"c{number}")
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    meeting, found = threading.Barrier(2), []

    def counts(*asked):
        answer = room(*asked)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=2)
        return answer

    def take(number):
        found.append(claim(office.ledger, number, now, f"w{number}"))

    monkeypatch.setattr("notifier.claims.room", counts)
    threads = [threading.Thread(target=take, args=(notice.id,)) for notice in office.notices()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in found) == ["Claim", "str"]


def test_what_is_taken_together_counts_until_it_is_given_back_untried(office, rulebook):
    shop, now = office.shop(), local("2026-03-10T10:05:00")
    for number in range(2):
        office.violation(f"V-{number}", shop, cycle=f"c{number}")
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    batch = claim_together(office.ledger, [n.id for n in office.notices()], now, "w1")

    def counted():
        with reading(office.ledger) as session:
            return used(session, "email", "zhang@example.com", now)

    assert (len(batch.claims), counted()) == (2, 2)
    give_back(office.ledger, list(batch.claims.values()))
    assert counted() == 0


class DiedError(Exception):
    """The process ends here: no answer is ever recorded."""


class Chance:
    """A provider of which all that may go wrong does, and where everything arrives that may have arrived."""

    def __init__(self, random):
        self.random, self.now, self.arrived = random, None, []

    def send(self, letter, now):
        kind = self.random.choice(["accepted", "accepted", "unknown", "unknown", "temporary", "permanent", "dies"])
        if self.random.random() < 0.1:
            return Outcome.throttled("slower", now + timedelta(minutes=self.random.randrange(1, 50)))
        if kind in ("accepted", "unknown", "dies"):
            self.arrived.append(self.now)
        if kind == "dies":
            raise DiedError
        return Outcome(kind, "x")

    def settle(self, letter, since):
        kind = self.random.choice([None, None, None, "accepted", "unknown", "permanent"])
        return Outcome(kind, "asked") if kind else None


@pytest.mark.parametrize("seed", [0, 5, 3])
@pytest.mark.few(1)
def test_no_natural_hour_and_no_day_has_more_than_its_cap_whatever_happens(capped, tick, seed):
    random = Random(seed)
    per_hour, per_day = random.randint(1, 3), random.randint(3, 8)
    office = capped(2, per_hour, per_day)
    shop = office.shop("many", None)
    post, now, count = Chance(random), local("2026-03-10T21:00:30"), 0
    while now < local("2026-03-11T03:00:00"):
        post.now = now
        for _ in range(random.choice([0, 0, 0, 1, 3])):
            count += 1
            office.violation(f"V-many-{count}", shop, cycle=f"m{count}")
        with suppress(DiedError):
            tick(office, post, now, most=random.choice([1, 5]), lease=timedelta(0))
        notices = office.notices()
        if random.random() < 0.2 and (failed := [n.id for n in notices if n.state == "failed"]):
            retry(office.ledger, random.choice(failed), now, "zhang")
        queued = [n.violation_id for n in notices if n.state == "queued" and n.violation_id]
        if queued and random.random() < 0.1:
            office.change(Violation, random.choice(queued), state="withdrawn")
        now += timedelta(minutes=random.choice([1, 3, 7, 20]))
    hours = Counter(at.replace(minute=0, second=0) for at in post.arrived)
    days = Counter(at.date() for at in post.arrived)
    assert max(hours.values()) <= per_hour
    assert max(days.values()) <= per_day
    assert per_hour in hours.values() or per_day in days.values()  # there was something to hold back
    with reading(office.ledger) as session:
        assert verify(session) == []
