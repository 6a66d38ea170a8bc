"""Notices that are taken together, and mails that share a connection."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlmodel import col, select

from engine.ledger.database import open_ledger, transaction
from engine.ledger.tables import Notice, Subject, Violation
from notifier import deliver as delivering
from notifier.batches import TOGETHER, claim_together
from notifier.channels.email import EmailChannel
from notifier.channels.email import smtp as smtp_module
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer
from notifier.channels.outcome import Outcome
from notifier.claims import claim
from notifier.deliver import Delivered, deliver_due
from notifier.drafts import Drafter
from notifier.plan import plan_notices
from notifier.routing.limits import attempted
from tests.notifier.conftest import Office


@pytest.fixture
def queue(now, rulebook):
    """Queues the notices of so many violations, each of a shop with a contact of its own."""

    def fill(office, count):
        for n in range(count):
            office.violation(f"V-{n:02d}", office.shop(f"s{n}", contact=f"zhang{n}@example.com"))
        plan_notices(office.ledger, rulebook, now, "zh-CN")
        return [notice.id for notice in office.notices()]

    return fill


def deliver(office, post, now, owner="w1", **settings):
    return deliver_due(office.ledger, {"email": post}, now, owner, **settings)


def states(office):
    return [notice.state for notice in office.notices()]


class Watching:
    """A channel in front of another, which looks up before each letter."""

    def __init__(self, post, look):
        self._post, self._look = post, look

    def send(self, letter, now):
        self._look(letter)
        return self._post.send(letter, now)

    def settle(self, letter, since):
        return self._post.settle(letter, since)


def test_what_is_taken_together_is_recorded_one_by_one(office, queue, build, now):
    queue(office, 3)
    seen = []
    deliver(office, Watching(build.post(), lambda _: seen.append(states(office))), now)
    assert seen == [["sending"] * 3, ["sent", "sending", "sending"], ["sent", "sent", "sending"]]


def test_many_are_taken_in_batches_and_each_goes_out_once(sqlite_office, queue, build, now, rulebook):
    queue(sqlite_office, 2 * TOGETHER + 3)
    post = build.post()
    assert deliver(sqlite_office, post, now, drafter=Drafter(rulebook, "zh-CN")).sent == 2 * TOGETHER + 3
    assert [letter.violation for letter in post.letters] == [f"V-{n:02d}" for n in range(2 * TOGETHER + 3)]
    assert {(n.state, n.attempts) for n in sqlite_office.notices()} == {("sent", 1)}


def test_who_is_told_to_stop_gives_back_what_was_taken_and_not_tried(office, queue, build, now):
    queue(office, 3)
    post = build.post()
    assert deliver(office, post, now, stop=lambda: len(post.letters) == 1) == Delivered(sent=1)
    left = [(n.state, n.attempts, n.owner, n.lease_until, n.tried_at) for n in office.notices()[1:]]
    assert left == [("queued", 0, None, None, None)] * 2


def test_a_channel_that_lets_nothing_through_gets_no_more_and_the_others_lose_no_attempt(office, queue, build, now):
    queue(office, 3)
    post = build.post(Outcome.of("temporary", "421 too busy", for_all=True))
    assert deliver(office, post, now) == Delivered(delayed=1, resting=2)
    assert [(n.state, n.attempts) for n in office.notices()] == [("queued", 1), ("queued", 0), ("queued", 0)]
    assert len(post.letters) == 1


def test_a_fault_while_sending_leaves_the_one_in_hand_open_and_gives_back_the_others(office, queue, build, now):
    queue(office, 3)

    def break_off(letter):
        if letter.violation == "V-01":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deliver(office, Watching(build.post(), break_off), now)
    assert states(office) == ["sent", "sending", "queued"]


def test_a_text_that_has_waited_for_a_slow_server_is_written_anew(office, queue, build, now, rulebook, monkeypatch):
    queue(office, 3)
    clock, post = [0.0], build.post()
    monkeypatch.setattr(delivering.time, "monotonic", lambda: clock[0])

    def slowly(letter):
        clock[0] += 6
        if letter.violation == "V-00":
            office.change(Violation, "V-01", state="confirmed")

    slow = Watching(post, slowly)
    assert deliver(office, slow, now, drafter=Drafter(rulebook, "zh-CN")) == Delivered(sent=3)
    assert [letter.subject.partition("】")[0] for letter in post.letters] == [
        "【预判违规",
        "【平台已判罚",
        "【预判违规",
    ]
    assert {n.attempts for n in office.notices()} == {1}


def test_what_changes_while_texts_are_written_is_told_as_it_is_and_holds_up_no_other(
    office, queue, build, now, rulebook, monkeypatch
):
    queue(office, 3)
    text, left = Drafter.text, ["confirmed"]

    def meanwhile(self, tale, *said):
        if left and tale.record.violation.id == "V-02":
            office.change(Violation, "V-01", state=left.pop())
        return text(self, tale, *said)

    monkeypatch.setattr(Drafter, "text", meanwhile)
    post = build.post()
    assert deliver(office, post, now, drafter=Drafter(rulebook, "zh-CN")) == Delivered(sent=3)
    assert [letter.subject.partition("】")[0] for letter in post.letters] == [
        "【预判违规",
        "【平台已判罚",
        "【预判违规",
    ]


def test_what_was_cut_off_once_is_never_taken_together_with_others(office, queue, now):
    numbers = queue(office, 3)
    dead = claim_together(office.ledger, numbers, now, "w1", timedelta(minutes=-1))
    assert sorted(dead.claims) == numbers
    again = claim_together(office.ledger, numbers, now, "w2")
    assert (dict(again.claims), sorted(again.alone)) == ({}, numbers)


def test_two_who_take_at_once_never_take_the_same(office, queue, now):
    numbers = queue(office, TOGETHER + 5)
    first = claim_together(office.ledger, numbers, now, "w1")
    second = claim_together(office.ledger, numbers, now, "w2")
    assert sorted([*first.claims, *second.claims]) == numbers
    assert (first.seen, second.seen) == (TOGETHER, len(numbers))


def test_who_takes_waits_for_nobody_who_is_taking(postgres_ledger_url, queue, now):
    office = Office(open_ledger(postgres_ledger_url))
    numbers = queue(office, 3)
    with transaction(office.ledger) as session:
        session.exec(select(Notice).where(col(Notice.id) == numbers[1]).with_for_update()).one()
        taken = claim_together(office.ledger, numbers, now, "w1")
        assert sorted(taken.claims) == [numbers[0], numbers[2]]
    office.ledger.dispose()


def test_what_may_not_go_out_as_it_is_is_taken_alone(office, queue, build, now):
    queue(office, 4)
    office.change(Violation, "V-01", state="withdrawn")
    with transaction(office.ledger) as session:
        attempted(session, [session.get_one(Notice, 3)], now)
    taken = claim_together(office.ledger, [1, 2, 3, 4], now, "w1")
    assert (sorted(taken.claims), sorted(taken.alone)) == ([1, 4], [2, 3])


def test_a_channel_that_is_dead_keeps_no_other_waiting(sqlite_office, build, now, rulebook):
    shop, chatty = sqlite_office.shop(), sqlite_office.shop("s2", contact="wecom:ops")
    for n in range(9):
        sqlite_office.violation(f"V-{n}", shop, cycle=f"c{n}")
    plan_notices(sqlite_office.ledger, rulebook, now, "zh-CN")
    sqlite_office.violation("V-9", chatty)
    later = now + timedelta(seconds=5)
    plan_notices(sqlite_office.ledger, rulebook, later, "zh-CN")
    dead = build.post(*[Outcome.of("temporary", "no route to host", for_all=True)] * 9)
    chat = build.post()
    deliver_due(sqlite_office.ledger, {"email": dead, "wecom": chat}, later, "w1", limit=3)
    assert [letter.violation for letter in chat.letters] == ["V-9"]


def test_a_text_that_cannot_be_made_for_whatever_reason_holds_up_no_other(
    office, queue, build, now, rulebook, monkeypatch
):
    queue(office, 3)
    text = Drafter.text

    def faulty(self, tale, *said):
        if tale.record.violation.id == "V-01":
            raise ZeroDivisionError("a fault of ours")
        return text(self, tale, *said)

    monkeypatch.setattr(Drafter, "text", faulty)
    post = build.post()
    assert deliver(office, post, now, drafter=Drafter(rulebook, "zh-CN")) == Delivered(sent=2, delayed=1)
    assert [letter.violation for letter in post.letters] == ["V-00", "V-02"]
    assert "a fault of ours (ZeroDivisionError)" in office.notices()[1].answer


def test_a_question_stays_open_whatever_comes_after_it(office, queue, build, now):
    queue(office, 1)
    post = build.post(Outcome("unknown", "reset"), Outcome("temporary", "busy"))
    for hours in range(3):
        deliver(office, post, now + timedelta(hours=hours))
    assert (len(post.letters), len(post.asked)) == (3, 2)


def test_a_shop_that_moves_after_its_notice_was_taken_is_not_told_to_its_former_client(
    office, build, now, rulebook, monkeypatch, tmp_path
):
    contacts = "".join(f'[contact.{n}]\nclient = "{n}"\naddresses = ["li@{n}.example"]\n' for n in ("acme", "brill"))
    office.route(f'{contacts}[[route]]\nname = "all"\nto = ["acme", "brill"]\n', tmp_path)
    shop = office.shop(contact=None, client="acme")
    office.violation("V-1", shop)
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    write = delivering.freshened

    def moved_meanwhile(*args):
        office.change(Violation, "V-1", client="brill")
        office.change(Subject, shop.id, client="brill", alias="秘密新名")
        return write(*args)

    monkeypatch.setattr(delivering, "freshened", moved_meanwhile)
    post = build.post()
    deliver(office, post, now, drafter=Drafter(rulebook, "zh-CN"))
    assert post.letters == []
    assert "秘密" not in office.notices()[0].body


def test_texts_that_take_long_are_written_once_each(sqlite_office, queue, build, now, rulebook, monkeypatch):
    queue(sqlite_office, 5)
    clock, text, made = [0.0], Drafter.text, []
    monkeypatch.setattr(delivering.time, "monotonic", lambda: clock[0])

    def slow(self, tale, *said):
        clock[0] += 3
        made.append(tale.record.violation.id)
        return text(self, tale, *said)

    monkeypatch.setattr(Drafter, "text", slow)
    assert deliver(sqlite_office, build.post(), now, drafter=Drafter(rulebook, "zh-CN")) == Delivered(sent=5)
    assert sorted(made) == [f"V-{n:02d}" for n in range(5)]


def test_who_defers_waits_for_nobody_who_does_the_same(postgres_ledger_url, queue, now, tmp_path):
    office = Office(open_ledger(postgres_ledger_url))
    hours = '[contact.li]\naddresses = [{ to = "li@example.com", hours = "08:00-09:00" }]\n'
    routes = '[[route]]\nname = "all"\nto = ["li"]\n[[route]]\nname = "own"\nto = ["@shop"]\nshops = []\n'
    office.route(hours + routes, tmp_path)
    numbers = queue(office, 2)
    for number in numbers:
        office.change(Notice, number, next_attempt_at=now)
    with transaction(office.ledger) as session:
        session.exec(select(Notice).where(col(Notice.id) == numbers[1]).with_for_update()).one()
        assert claim(office.ledger, numbers[0], now, "w1") == "deferred"
    office.ledger.dispose()


CHILD = """
import os, signal, sys
from datetime import datetime, timedelta
from engine.ledger.database import open_ledger
from notifier.channels.outcome import Outcome
from notifier.claims import claim
from notifier.deliver import deliver_due

class Post:
    count = 0
    def send(self, letter, now):
        print(letter.violation, flush=True)
        self.count += 1
        if letter.violation == "V-01":
            os.kill(os.getpid(), signal.SIGKILL)
        return Outcome("accepted", "250 OK")
    def settle(self, letter, since):
        return None

now = datetime.fromisoformat(sys.argv[2])
deliver_due(open_ledger(sys.argv[1]), {"email": Post()}, now, "child", lease=timedelta(0))
"""


def test_a_letter_that_kills_its_sender_keeps_no_other_from_arriving(
    sqlite_office, queue, now, sqlite_ledger_url, pytestconfig
):
    queue(sqlite_office, 4)

    def child():
        command = [sys.executable, "-c", CHILD, sqlite_ledger_url, now.isoformat()]
        settings = {"timeout": 60, "capture_output": True, "text": True}
        done = subprocess.run(command, check=False, cwd=pytestconfig.rootpath, **settings)
        return done.stdout.split(), done.returncode

    assert child() == (["V-00", "V-01"], -signal.SIGKILL)
    sqlite_office.change(Notice, 2, lease_until=now + timedelta(days=9000))  # the others' time comes first
    assert child() == (["V-02", "V-03"], 0)
    sqlite_office.change(Notice, 2, lease_until=now - timedelta(days=9000))
    assert child() == (["V-01"], -signal.SIGKILL)


@pytest.fixture
def by_smtp(mail_server):
    server = SmtpServer("127.0.0.1", mail_server.port, "plain", host_name="localhost")
    return EmailChannel(Sender("kaohe@example.com"), server)


def test_mails_that_go_out_together_share_one_connection(sqlite_office, queue, by_smtp, mail_server, now):
    queue(sqlite_office, 5)
    assert deliver(sqlite_office, by_smtp, now) == Delivered(sent=5)
    assert (len(mail_server.received), mail_server.connected) == (5, 1)


def test_a_connection_carries_no_more_mails_than_servers_like(
    sqlite_office, queue, by_smtp, mail_server, now, monkeypatch
):
    monkeypatch.setattr(smtp_module, "MOST_ON_ONE_LINE", 2)
    queue(sqlite_office, 5)
    assert deliver(sqlite_office, by_smtp, now) == Delivered(sent=5)
    assert mail_server.connected == 3


@pytest.mark.parametrize("goodbye", ["421 4.7.0 too many mails over one connection", "drop"])
def test_a_server_that_has_had_enough_of_a_connection_is_called_again(
    sqlite_office, queue, by_smtp, mail_server, now, goodbye
):
    mail_server.most_on_one_line, mail_server.goodbye = 2, goodbye
    queue(sqlite_office, 5)
    assert deliver(sqlite_office, by_smtp, now) == Delivered(sent=5)
    assert (len(mail_server.received), mail_server.connected) == (5, 3)


def test_a_server_that_takes_nothing_is_called_no_more_than_twice(sqlite_office, queue, by_smtp, mail_server, now):
    queue(sqlite_office, 5)
    taken = iter([1])

    class Full(dict):
        """Lets one mail pass, and nothing after it."""

        def __contains__(self, step):
            return step == "MAIL" and next(taken, None) is None

    mail_server.answers = Full(MAIL="452 4.3.1 disk full")
    assert deliver(sqlite_office, by_smtp, now) == Delivered(sent=1, delayed=1, resting=3)
    assert mail_server.connected == 2


def test_a_mail_that_is_refused_keeps_the_next_from_nothing(sqlite_office, queue, by_smtp, mail_server, now):
    queue(sqlite_office, 3)

    class Refusing(dict):
        """Refuses the first recipient."""

        def __contains__(self, step):
            return step == "RCPT" and not mail_server.received and not self.get("done")

        def __getitem__(self, step):
            self["done"] = True
            return "550 5.1.1 no such user"

    mail_server.answers = Refusing()
    assert deliver(sqlite_office, by_smtp, now) == Delivered(sent=2, failed=1)
    assert [e.rcpt_tos for e in mail_server.received] == [["zhang1@example.com"], ["zhang2@example.com"]]
