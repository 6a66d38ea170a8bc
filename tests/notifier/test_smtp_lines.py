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
