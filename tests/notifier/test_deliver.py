import logging
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from engine.ledger.database import reading
from engine.ledger.journal import verify
from engine.ledger.tables import Notice, Violation
from notifier import about, claims
from notifier.channels.email import EmailChannel
from notifier.channels.email.folder import OutboxFolder
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer
from notifier.channels.outcome import Outcome
from notifier.claims import FIRST_PAUSE, LONGEST_REST, MOST_ATTEMPTS, Claim, claim, longest_pause, pause
from notifier.deliver import Delivered, deliver_due
from notifier.digests import QUIET
from notifier.drafts import Drafter
from notifier.plan import plan_notices
from notifier.render import Templates

BUSY = Outcome("temporary", "450 4.2.1 <zhang@example.com> is busy")
UNKNOWN = Outcome("unknown", "connection lost")
PAST = timedelta(minutes=-1)


@pytest.fixture
def queue(now, rulebook):
    """Queues the notices of so many violations of one shop."""

    def fill(office, count=1):
        shop = office.shop()
        for number in range(count):
            office.violation(f"V-{number}", shop, cycle=f"2026-W{number + 1:02d}")
        plan_notices(office.ledger, rulebook, now, "zh-CN")
        return office.notices()

    return fill


def deliver(office, post, now, owner="w1", **settings):
    return deliver_due(office.ledger, {"email": post}, now, owner, **settings)


def test_a_due_notice_is_sent_once_and_its_answer_recorded(office, queue, build, now):
    queue(office)
    post = build.post()
    assert deliver(office, post, now) == Delivered(sent=1)
    assert deliver(office, post, now) == Delivered()
    [notice], [letter] = office.notices(), post.letters
    assert (notice.state, notice.attempts, notice.owner, notice.lease_until) == ("sent", 1, None, None)
    assert notice.answer == "accepted: 250 OK"
    assert timedelta(0) <= notice.sent_at - now < timedelta(minutes=1)
    assert (letter.recipient, letter.subject, letter.body) == (notice.recipient, notice.subject, notice.body)
    assert (letter.violation, letter.event, letter.language) == ("V-0", "violation.opened", "zh-CN")


def test_the_notice_is_marked_as_being_sent_before_the_provider_is_called(office, queue, build, now):
    queue(office)
    seen = []

    class Watching(build.post):
        def send(self, letter, now):
            seen.extend((n.state, n.owner, n.attempts) for n in office.notices())
            return super().send(letter, now)

    deliver(office, Watching(), now)
    assert seen == [("sending", "w1", 1)]


def test_a_temporary_refusal_is_tried_again_after_pauses_that_grow_and_then_no_more(office, queue, build, now):
    queue(office)
    post = build.post(*[BUSY] * MOST_ATTEMPTS)
    pauses, instant = [], now
    for _ in range(MOST_ATTEMPTS - 1):
        assert deliver(office, post, instant) == Delivered(delayed=1)
        [notice] = office.notices()
        pauses.append(notice.next_attempt_at - instant)
        assert deliver(office, post, notice.next_attempt_at - timedelta(milliseconds=100)) == Delivered()
        instant = notice.next_attempt_at
    second = timedelta(seconds=1)
    longest = [longest_pause(n + 1) for n in range(len(pauses))]
    assert [round(most / timedelta(minutes=2)) for most in longest] == [1, 3, 9, 27, 81, 243, 729]
    assert all(second <= rest < most + 2 * second for rest, most in zip(pauses, longest, strict=True))
    assert deliver(office, post, instant) == Delivered(failed=1)
    [notice] = office.notices()
    assert (notice.state, notice.attempts, len(post.letters)) == ("failed", MOST_ATTEMPTS, MOST_ATTEMPTS)
    assert notice.answer == "temporary: 450 4.2.1 <zhang@example.com> is busy"


def test_after_an_unknown_outcome_the_provider_is_given_the_whole_rest_to_say_what_became_of_it(
    sqlite_office, queue, build, now
):
    queue(sqlite_office)
    deliver(sqlite_office, build.post(UNKNOWN), now)
    rest = sqlite_office.notices()[0].next_attempt_at - now
    assert longest_pause(1) <= rest < longest_pause(1) + timedelta(seconds=30)


def test_notices_that_failed_together_are_tried_again_apart():
    rests = [pause(number, 3) / longest_pause(3) for number in range(1, 1001)]
    assert 0.45 < sum(rests) / len(rests) < 0.55
    assert all(sum(low <= r < low + 0.1 for r in rests) > 60 for low in (0.0, 0.3, 0.6, 0.85))


def test_a_permanent_refusal_is_never_tried_again(office, queue, build, now):
    queue(office)
    post = build.post(Outcome("permanent", "550 5.1.1 no such user"))
    assert deliver(office, post, now) == Delivered(failed=1)
    assert deliver(office, post, now + timedelta(days=30)) == Delivered()
    assert len(post.letters) == 1


def test_every_answer_is_in_the_journal_with_addresses_masked(office, queue, build, now, caplog):
    queue(office)
    post = build.post(BUSY)
    with caplog.at_level(logging.INFO, "notifier"):
        deliver(office, post, now)
        deliver(office, post, now + timedelta(hours=1))
    _, delayed, sent = office.journal()
    assert (delayed.event, sent.event) == ("notice.delayed", "notice.sent")
    assert delayed.payload["before"] == {"state": "sending"}
    assert delayed.payload["after"]["answer"] == "temporary: 450 4.2.1 <z***@example.com> is busy"
    assert (sent.payload["after"]["answer"], sent.payload["after"]["attempts"]) == ("accepted: 250 OK", 2)
    assert "z***@example.com" in caplog.text
    assert "zhang@" not in caplog.text
    with reading(office.ledger) as session:
        assert verify(session, None) == []


def test_a_channel_that_lets_nothing_through_is_left_alone_for_the_rest_of_the_call(sqlite_office, queue, build, now):
    queue(sqlite_office, 3)
    post = build.post(Outcome("temporary", "connection refused", for_all=True))
    assert deliver(sqlite_office, post, now) == Delivered(delayed=1, resting=2)
    assert [n.attempts for n in sqlite_office.notices()] == [1, 0, 0]
    assert deliver(sqlite_office, post, now) == Delivered(sent=2)


def test_what_is_throttled_waits_until_it_may_go_and_uses_up_no_attempt(office, queue, build, now):
    queue(office, 2)
    until = now + timedelta(minutes=5)
    post = build.post(Outcome.throttled("45009 too many", until))
    assert deliver(office, post, now) == Delivered(delayed=1, resting=1)  # the same recipient would fare the same
    first = office.notices()[0]
    assert (first.state, first.attempts, first.answer) == ("queued", 0, "throttled: 45009 too many")
    assert abs(first.next_attempt_at - until) < timedelta(seconds=1)
    assert deliver(office, post, now + timedelta(minutes=1)) == Delivered(sent=1)
    assert deliver(office, post, until) == Delivered(sent=1)


def test_a_provider_cannot_put_a_notice_off_for_ever(sqlite_office, queue, build, now):
    queue(sqlite_office)
    deliver(sqlite_office, build.post(Outcome.throttled("later", now + timedelta(days=400))), now)
    assert sqlite_office.notices()[0].next_attempt_at <= now + LONGEST_REST + timedelta(minutes=1)


def test_a_set_up_that_is_wrong_is_tried_again_since_somebody_will_mend_it(sqlite_office, queue, build, now):
    queue(sqlite_office)
    post = build.post(Outcome("misconfigured", "535 wrong password", for_all=True))
    assert deliver(sqlite_office, post, now) == Delivered(delayed=1)
    assert sqlite_office.notices()[0].answer == "misconfigured: 535 wrong password"
    assert deliver(sqlite_office, post, now + timedelta(hours=1)) == Delivered(sent=1)


def test_a_notice_that_no_mail_can_be_made_of_fails_alone_with_its_reason(office, queue, now, tmp_path):
    notices = queue(office, 3)
    office.change(Notice, notices[1].id, language="zh-CN\r\nBcc: e@v.il")
    post = EmailChannel(Sender("kaohe@example.com"), OutboxFolder(tmp_path / "outbox"))
    assert deliver(office, post, now) == Delivered(sent=2, failed=1)
    failed = office.notices()[1]
    assert (failed.state, failed.owner) == ("failed", None)
    assert failed.answer.startswith("permanent: no mail can be made of this notice: the header Content-Language ")
    assert deliver(office, post, now + timedelta(days=1)) == Delivered()


def test_a_violation_settled_in_the_meantime_is_told_to_nobody(office, queue, build, now):
    queue(office, 2)
    office.change(Violation, "V-0", state="withdrawn")
    post = build.post()
    assert deliver(office, post, now) == Delivered(sent=1, dropped=1)
    assert [letter.violation for letter in post.letters] == ["V-1"]
    notice = office.notices()[0]
    assert (notice.state, notice.answer) == ("dropped", "not sent: the violation is withdrawn")
    assert (notice.attempts, notice.owner, notice.lease_until) == (0, None, None)
    assert [e.event for e in office.journal()].count("notice.dropped") == 1


@pytest.mark.parametrize("late", [False, True])
def test_what_stands_again_while_its_notice_is_being_dropped_is_told(office, build, now, rulebook, monkeypatch, late):
    office.violation("V-0", office.shop(), late=late)
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    office.change(Violation, "V-0", state="withdrawn")

    def meanwhile():
        office.change(Violation, "V-0", state="open")
        office.happened("violation.reopened", "V-0")
        plan_notices(office.ledger, rulebook, now, "zh-CN")

    (reading_it, name), looked = ((claims, "records_of") if late else (about, "outlines")), []
    reader = getattr(reading_it, name)

    def slow(*args):
        found = reader(*args)
        looked.append(threading.Thread(target=meanwhile))
        if len(looked) == (1 if late else 3):  # the last look before it is dropped
            looked[-1].start()
            looked[-1].join(1)  # as far as it gets: it may have to wait for us
        return found

    monkeypatch.setattr(reading_it, name, slow)
    soon = now + QUIET
    assert deliver(office, build.post(), soon) == Delivered(dropped=1)
    monkeypatch.setattr(reading_it, name, reader)
    [thread] = [t for t in looked if t.ident]
    thread.join()
    post = build.post()
    deliver(office, post, soon + QUIET)
    assert [letter.key for letter in post.letters] == ["V-0"]


def test_a_notice_waits_for_its_channel_to_be_set_up(office, queue, build, now):
    queue(office)
    assert deliver_due(office.ledger, {}, now, "w1") == Delivered(waiting=1)
    assert office.notices()[0].state == "queued"


def test_the_notice_in_hand_is_the_last_once_somebody_says_stop(sqlite_office, queue, build, now):
    queue(sqlite_office, 3)
    post = build.post()
    assert deliver(sqlite_office, post, now, stop=lambda: len(post.letters) == 2) == Delivered(sent=2)
    assert [notice.state for notice in sqlite_office.notices()].count("queued") == 1
    assert deliver(sqlite_office, post, now) == Delivered(sent=1)


def test_the_longest_due_go_first_and_no_more_than_the_limit(sqlite_office, queue, build, now):
    notices = queue(sqlite_office, 3)
    sqlite_office.change(Notice, notices[2].id, next_attempt_at=now - timedelta(hours=1))
    post = build.post()
    assert deliver(sqlite_office, post, now, limit=2) == Delivered(sent=2)
    assert [letter.violation for letter in post.letters] == ["V-2", "V-0"]


def test_a_lease_that_still_holds_keeps_others_off(office, queue, build, now):
    [notice] = queue(office)
    deliver_with_death(office, build, now)
    post = build.post()
    assert deliver(office, post, now + timedelta(days=1), "w2") == Delivered()
    office.change(Notice, notice.id, lease_until=now - timedelta(days=9000))
    assert deliver(office, post, now, "w2") == Delivered(sent=1)
    assert office.notices()[0].attempts == 2


class Death(BaseException):
    """Stands for a process that ends in the middle."""


def deliver_with_death(office, build, now, **settings):
    class Dying(build.post):
        def send(self, letter, now):
            super().send(letter, now)
            raise Death

    with pytest.raises(Death):
        deliver(office, Dying(), now, **settings)


def test_an_interrupted_attempt_is_asked_after_before_it_is_sent_again(office, queue, build, now):
    queue(office)
    deliver_with_death(office, build, now, lease=PAST)
    post = build.post(settled=Outcome("accepted", "the provider has it: 900619746936498440"))
    assert deliver(office, post, now, "w2") == Delivered(sent=1)
    assert len(post.asked) == 1
    assert post.letters == []
    assert office.notices()[0].answer == "accepted: the provider has it: 900619746936498440"


def test_an_unknown_outcome_is_asked_after_before_it_is_sent_again(sqlite_office, queue, build, now):
    queue(sqlite_office)
    post = build.post(UNKNOWN)
    assert deliver(sqlite_office, post, now) == Delivered(delayed=1)
    assert post.asked == []
    assert deliver(sqlite_office, post, now + timedelta(hours=1)) == Delivered(sent=1)
    assert len(post.asked) == 1


def test_a_notice_that_kills_every_process_fails_in_the_end(sqlite_office, queue, build, now):
    queue(sqlite_office)
    for _ in range(MOST_ATTEMPTS):
        deliver_with_death(sqlite_office, build, now, lease=PAST)
    post = build.post()
    assert deliver(sqlite_office, post, now) == Delivered(failed=1)
    assert post.letters == []
    assert "attempt 8 was cut off" in sqlite_office.notices()[0].answer


def test_an_answer_that_comes_after_the_lease_has_gone_to_somebody_else_changes_nothing(office, queue, build, now):
    queue(office)

    class Slow(build.post):
        def send(self, letter, now):
            assert deliver(office, build.post(), now, "w2") == Delivered(sent=1)
            return Outcome("permanent", "550 too late")

    assert deliver(office, Slow(), now, "w1", lease=PAST) == Delivered(lost=1)
    [notice] = office.notices()
    assert (notice.state, notice.answer) == ("sent", "accepted: 250 OK")
    assert [e.event for e in office.journal()] == ["notice.queued", "notice.sent"]


@pytest.mark.parametrize("owner", ["w1", "w2"])
def test_an_answer_that_comes_while_somebody_else_is_sending_changes_nothing(office, queue, build, now, owner):
    [notice] = queue(office)

    class Slow(build.post):
        def send(self, letter, now):
            assert isinstance(claim(office.ledger, notice.id, now, owner), Claim)
            return Outcome("permanent", "550 too late")

    assert deliver(office, Slow(), now, "w1", lease=PAST) == Delivered(lost=1)
    [notice] = office.notices()
    assert (notice.state, notice.owner, notice.attempts, notice.answer) == ("sending", owner, 2, None)


def test_several_owners_never_send_a_notice_twice(office, queue, build, now):
    queue(office, 25)
    posts, results, start = [build.post() for _ in range(3)], [], threading.Barrier(3)

    def work(number):
        start.wait()
        results.append(deliver(office, posts[number], now, f"w{number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [letter.violation for post in posts for letter in post.letters]
    assert sorted(sent) == sorted({n.violation_id for n in office.notices()})
    assert sum(r.sent for r in results) == 25
    assert {n.state for n in office.notices()} == {"sent"}


def test_two_clients_never_share_a_mail(office, rulebook, mail_server, now):
    office.violation("V-1", office.shop("s1", client="acme", alias="甲店"))
    office.violation("V-2", office.shop("s2", client="globex", alias="乙店"))
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    server = SmtpServer("127.0.0.1", mail_server.port, "plain", host_name="localhost")
    channel = EmailChannel(Sender("kaohe@example.com"), server)
    assert deliver(office, channel, now) == Delivered(sent=2)
    assert [e.rcpt_tos for e in mail_server.received] == [["zhang@example.com"]] * 2
    mails = [str(m["Subject"]) + m.get_body(["plain"]).get_content() for m in mail_server.messages()]
    assert [("甲店" in mail, "乙店" in mail) for mail in mails] == [(True, False), (False, True)]


CHILD = """
import os, signal, sys
from datetime import datetime, timedelta
from engine.ledger.database import open_ledger
from notifier.channels.email import EmailChannel
from notifier.channels.email.folder import OutboxFolder
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer
from notifier.deliver import deliver_due

class Dying(EmailChannel):
    def send(self, letter, now):
        outcome = super().send(letter, now)
        assert outcome.kind == "accepted", outcome
        os.kill(os.getpid(), signal.SIGKILL)  # after the server's answer, before our commit

url, port, now = sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
server = SmtpServer("127.0.0.1", port, "plain", host_name="localhost")
channel = Dying(Sender("kaohe@example.com"), server)
deliver_due(open_ledger(url), {"email": channel}, now, "child", lease=timedelta(0))
"""


def test_a_process_killed_after_the_server_took_the_mail_leaves_a_notice_that_is_sent_again_as_the_same_mail(
    office, queue, mail_server, now, ledger_url, pytestconfig
):
    queue(office)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, ledger_url, str(mail_server.port), now.isoformat()],
        cwd=pytestconfig.rootpath,
        check=False,
        timeout=60,
    )
    assert child.returncode == -9
    assert office.notices()[0].state == "sending"
    server = SmtpServer("127.0.0.1", mail_server.port, "plain", host_name="localhost")
    channel = EmailChannel(Sender("kaohe@example.com"), server)
    assert deliver(office, channel, now) == Delivered(sent=1)
    first, second = mail_server.messages()
    assert first["Message-ID"] == second["Message-ID"]
    assert office.notices()[0].attempts == 2


@pytest.fixture
def drafter(rulebook):
    return Drafter(rulebook, "zh-CN")


def test_a_notice_tells_the_state_that_the_violation_has_when_it_is_sent(office, queue, build, now, drafter):
    queue(office)
    office.change(Violation, "V-0", state="confirmed", amount_fen=500_000, reference="XHS-7")
    post = build.post()
    assert deliver(office, post, now, drafter=drafter) == Delivered(sent=1)
    [letter], [notice] = post.letters, office.notices()
    assert letter.subject.startswith("【平台已判罚】")
    assert "平台判罚金额：¥5,000" in letter.body
    assert "平台通知编号：XHS-7" in letter.body
    assert (notice.subject, notice.body) == (letter.subject, letter.body)


@pytest.fixture
def changed_while_written(office, monkeypatch):
    """Lets a violation take one state after another, each while a text about it is being written."""

    def change(*states):
        render, left = Templates.render, iter(states)

        def change_meanwhile(self, *said):
            text = render(self, *said)
            if state := next(left, None):
                office.change(Violation, "V-0", state=state)
            return text

        monkeypatch.setattr(Templates, "render", change_meanwhile)

    return change


def test_a_notice_whose_violation_changes_while_it_is_written_is_written_anew(
    office, queue, build, now, drafter, changed_while_written
):
    queue(office)
    post = build.post()
    changed_while_written("confirmed")
    assert deliver(office, post, now, drafter=drafter) == Delivered(sent=1)
    assert post.letters[0].subject.startswith("【平台已判罚】")


def test_a_notice_whose_violation_changes_again_and_again_waits_and_then_tells_what_is_true(
    office, queue, build, now, drafter, changed_while_written
):
    queue(office)
    post = build.post()
    changed_while_written("confirmed", "appealed")
    assert deliver(office, post, now, drafter=drafter) == Delivered(delayed=1)
    assert post.letters == []
    assert deliver(office, post, now + FIRST_PAUSE + timedelta(minutes=1), drafter=drafter) == Delivered(sent=1)
    assert post.letters[0].subject.startswith("【申诉中】")


def test_where_no_sound_template_is_left_nothing_is_sent_that_may_be_stale(
    office, queue, build, now, rulebook, tmp_path, monkeypatch
):
    queue(office)
    monkeypatch.setattr("notifier.render.SHIPPED", tmp_path)
    (tmp_path / "violation.opened.email.zh-CN.txt").write_text("{{ nonsense }}\n\nx", encoding="utf-8")
    post = build.post()
    drafter = Drafter(rulebook, "zh-CN", Templates())
    assert deliver(office, post, now, drafter=drafter) == Delivered(delayed=1)
    assert post.letters == []
    assert office.notices()[0].answer.startswith("misconfigured: ")
