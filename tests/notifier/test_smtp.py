"""Against a real SMTP server on this host."""

import socket

import pytest

from engine.errors import KaoheError
from notifier.channels.contract import Letter
from notifier.channels.email import EmailChannel
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer

LETTER = Letter("V-1", "V-1", "violation.opened", "email", "zhang@example.com", "zh-CN", "题目", "正文\n.\n..点\n")


def send(port, now, **settings):
    settings = {"security": "plain", "timeout": 5, "host_name": "localhost"} | settings
    host = settings.pop("host", "127.0.0.1")
    transport = SmtpServer(host, port, **settings)
    return EmailChannel(Sender("kaohe@example.com", "考核通知"), transport).send(LETTER, now)


def test_a_mail_arrives_as_it_was_written(mail_server, now):
    outcome = send(mail_server.port, now)
    [message] = mail_server.messages()
    [envelope] = mail_server.received
    assert (outcome.kind, outcome.for_all) == ("accepted", False)
    assert outcome.answer.startswith("250 2.0.0 Ok: queued as 4F2A")
    assert (envelope.mail_from, envelope.rcpt_tos) == ("kaohe@example.com", ["zhang@example.com"])
    assert message["Subject"] == "题目"
    assert message.get_body(["plain"]).get_content().replace("\r\n", "\n") == LETTER.body


@pytest.mark.parametrize(
    ("step", "answer", "kind", "for_all"),
    [
        ("RCPT", "450 4.2.1 Mailbox busy", "temporary", False),
        ("RCPT", "550 5.1.1 No such user", "permanent", False),
        ("DATA", "451 4.3.0 Try later", "temporary", False),
        ("DATA", "554 5.7.1 Refused as spam", "permanent", False),
        ("MAIL", "452 4.3.1 Too busy", "temporary", True),
        ("MAIL", "553 5.1.8 Sender not allowed", "misconfigured", True),
    ],
)
def test_a_refusal_is_judged_by_its_code_and_by_whom_it_is_about(mail_server, now, step, answer, kind, for_all):
    mail_server.answers[step] = answer
    outcome = send(mail_server.port, now)
    assert (outcome.kind, outcome.for_all) == (kind, for_all)
    assert outcome.answer.startswith(answer)
    assert mail_server.received == []


def test_a_connection_lost_before_the_answer_leaves_the_question_open(mail_server, now):
    mail_server.answers["DATA"] = "drop"
    assert send(mail_server.port, now).kind == "unknown"
    assert len(mail_server.received) == 1, "the server had it all the same"


def test_a_server_that_goes_silent_before_the_answer_leaves_the_question_open(mail_server, now):
    mail_server.answers["DATA"] = "silence"
    assert send(mail_server.port, now, timeout=0.3).kind == "unknown"


def test_a_refused_connection_passes(now):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        outcome = send(port, now)
    assert (outcome.kind, outcome.for_all) == ("temporary", True)
    assert f"127.0.0.1:{port}, when connecting" in outcome.answer


def test_a_server_that_accepts_and_never_greets_passes(now):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = send(silent.getsockname()[1], now, timeout=0.3)
    assert (outcome.kind, outcome.for_all) == ("temporary", True)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example"])
def test_a_host_that_does_not_exist_never_passes_for_sent(now, host):
    outcome = send(25, now, host=host)
    assert outcome.kind in ("misconfigured", "temporary")  # without any name server, nobody can tell
    assert outcome.for_all


def test_starttls_and_a_password_carry_a_mail(secure_server, build, now):
    login = {"user": "kaohe", "password": "hunter2", "ca_file": build.certificate, "host": "localhost"}
    assert send(secure_server.port, now, security="starttls", **login).kind == "accepted"
    assert len(secure_server.received) == 1


def test_a_wrong_password_is_our_set_up_and_is_not_told_to_anybody(secure_server, build, now):
    login = {"user": "kaohe", "password": "wrong-one", "ca_file": build.certificate, "host": "localhost"}
    outcome = send(secure_server.port, now, security="starttls", **login)
    assert (outcome.kind, outcome.for_all) == ("misconfigured", True)
    assert "535" in outcome.answer
    assert "when logging in" in outcome.answer
    assert "wrong-one" not in outcome.answer


def test_a_certificate_that_nobody_vouches_for_is_our_set_up(secure_server, now):
    outcome = send(secure_server.port, now, security="starttls", host="localhost")
    assert (outcome.kind, outcome.for_all) == ("misconfigured", True)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.answer


def test_a_server_without_starttls_gets_nothing_in_the_clear(mail_server, now):
    outcome = send(mail_server.port, now, security="starttls")
    assert (outcome.kind, outcome.for_all) == ("misconfigured", True)
    assert mail_server.received == []


def test_a_certificate_file_that_is_not_there_is_our_set_up(mail_server, now, tmp_path):
    outcome = send(mail_server.port, now, security="tls", ca_file=tmp_path / "none.pem")
    assert (outcome.kind, outcome.for_all) == ("misconfigured", True)


def test_tls_from_the_first_byte_carries_a_mail(build, now):
    with build.server(implicit_tls=True) as server:
        outcome = send(server.port, now, security="tls", ca_file=build.certificate, host="localhost")
        assert outcome.kind == "accepted", outcome
        assert len(server.received) == 1


def test_a_password_never_travels_unencrypted():
    with pytest.raises(KaoheError, match="would travel unencrypted; set security to starttls or tls"):
        SmtpServer("mail.example.com", 25, "plain", "kaohe", "hunter2")
    assert SmtpServer("127.0.0.1", 25, "plain", "kaohe", "hunter2").user == "kaohe"


def test_a_password_is_not_shown_with_the_settings():
    assert "hunter2" not in repr(SmtpServer("mail.example.com", 587, "starttls", "kaohe", "hunter2"))


def test_a_greeting_goes_as_far_as_one_can_without_sending_anything(secure_server, build):
    def greeted(password, sender=None):
        login = {"user": "kaohe", "password": password, "ca_file": build.certificate}
        return SmtpServer("localhost", secure_server.port, "starttls", **login).greet(sender)

    assert greeted("hunter2").kind == "accepted"
    assert greeted("hunter2", "kaohe@merchant.cn").kind == "accepted"
    refused = greeted("wrong-one")
    assert (refused.kind, "535" in refused.answer) == ("misconfigured", True)
    secure_server.answers["MAIL"] = "550 not from you"
    assert "550 not from you" in greeted("hunter2", "kaohe@merchant.cn").answer
    assert greeted("hunter2").kind == "accepted"
    assert secure_server.received == []
