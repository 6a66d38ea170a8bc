"""Mail servers that answer slowly, oddly or too often: no mail is doubled, none given up, nobody held up."""

import pytest

from notifier.channels.email.message import Mail
from notifier.channels.email.smtp import SmtpServer
from tests.notifier.scripted_smtp import Drip, ScriptedSmtp


@pytest.fixture
def server():
    with ScriptedSmtp() as found:
        yield found


def carried(server, count=1, **settings):
    """What became of so many mails over one line."""
    ours = SmtpServer("127.0.0.1", server.port, "plain", host_name="localhost", **({"timeout": 5} | settings))
    with ours.opened() as line:
        return [
            line.carry(Mail("kaohe@example.com", f"r{n}@example.com", "f", b"Subject: x\r\n\r\nx\r\n", f"<{n}@m>"))
            for n in range(count)
        ]


@pytest.mark.parametrize(
    ("step", "line", "kind"),
    [
        ("greeting", b"220-wait\r\n", "temporary"),
        ("EHLO", b"250-WAIT\r\n", "temporary"),
        ("RCPT", b"2", "temporary"),
        ("DATA", b"354-wait\r\n", "unknown"),
        ("END", b"250-wait\r\n", "unknown"),
    ],
)
def test_an_answer_without_end_is_broken_off_once_a_mail_has_had_its_time(server, step, line, kind):
    drip = Drip(line)
    if step == "greeting":
        server.greeting = drip
    else:
        server.answers[int(step != "EHLO"), step] = drip
    [outcome] = carried(server, whole=0.4)
    assert (outcome.kind, "no full answer within 0.4 s" in outcome.answer) == (kind, True), outcome
    assert drip.broken_off.wait(10)


@pytest.mark.parametrize(
    ("step", "said", "kind"),
    [
        ("MAIL", b"220 hi\r\n", "temporary"),
        ("RCPT", b"banana\r\n", "temporary"),
        ("DATA", b"250 ok\r\n", "temporary"),
        ("END", b"banana\r\n", "unknown"),
        ("END", b"220 hi\r\n", "unknown"),
        ("END", b"999 no\r\n", "unknown"),
    ],
)
def test_an_answer_that_is_none_refuses_nobody_for_good(server, step, said, kind):
    server.answers[1, step] = said
    assert [outcome.kind for outcome in carried(server)] == [kind]


def test_what_answers_and_is_no_mail_server_is_our_set_up(server):
    server.greeting = b"HTTP/1.1 400 Bad Request\r\n"
    assert [outcome.kind for outcome in carried(server)] == ["misconfigured"]


def test_an_answer_too_many_after_one_mail_costs_the_next_nothing(server):
    server.answers[1, "END"] = b"250 ok\r\n250 ok again\r\n"
    assert [outcome.kind for outcome in carried(server, 3)] == ["accepted"] * 3
    assert (len(server.taken), server.connected) == (3, 2)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("goodbye", [b"421 4.7.0 enough\r\n", None])
def test_a_used_line_that_ends_before_the_message_is_on_its_way_is_replaced_at_once(server, step, goodbye):
    server.answers[2, step] = goodbye
    assert [outcome.kind for outcome in carried(server, 2)] == [
        "accepted",
        "accepted" if (step, goodbye) != ("DATA", None) else "unknown",
    ]


@pytest.mark.parametrize("end", [None, b"banana\r\n"])
def test_a_message_that_may_have_been_taken_is_not_offered_again_over_another_line(server, end):
    server.answers[2, "END"] = end
    assert [outcome.kind for outcome in carried(server, 2)] == ["accepted", "unknown"]
    assert (server.taken, server.connected) == ([1, 1], 1)


def test_a_recipient_that_is_to_wait_is_not_offered_again_over_another_line(server):
    server.answers[2, "RCPT"] = b"450 4.2.0 greylisted\r\n"
    assert [outcome.kind for outcome in carried(server, 2)] == ["accepted", "temporary"]
    assert (server.mails, server.connected) == (2, 1)
