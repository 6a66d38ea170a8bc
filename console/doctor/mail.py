"""Would mail leave? The server is spoken to as far as one can without sending anything."""

from __future__ import annotations

from dataclasses import replace

from console.answers import reason_words
from console.doctor.finding import Finding, ok, refused
from console.settings import Settings
from engine.errors import KaoheError
from engine.rulebook.model import Text
from notifier.channels.email.message import Sender
from notifier.channels.email.setup import SAMPLE_SENDER, smtp_server

SUBJECT = "mail"


def check_mail(settings: Settings, logs_in: bool = True) -> list[Finding]:
    """Whether the server answers, the password fits, and the sender is taken; the last two only where it `logs_in`."""
    url = settings["smtp_url"]
    if not url:
        return [ok(SUBJECT, "没有设 smtp_url：邮件写进 outbox", "no smtp_url: mail is written to the outbox")]
    found = check_sender(settings["mail_from"])
    try:
        server = smtp_server(url, settings.value("smtp_password") or None)
    except KaoheError as error:
        return [*found, refused(SUBJECT, error)]
    if logs_in:
        answer = server.greet(None if found else settings["mail_from"])
    else:
        answer = replace(server, user=None, password=None).greet()
    if answer.kind == "accepted":
        where = f"{server.host}:{server.port}"
        return [*found, ok(SUBJECT, f"{where} 应答：{answer.answer}", f"{where} answers: {answer.answer}")]
    what = Text(f"邮件服务器：{reason_words(answer.answer, 'zh-CN')}", f"the mail server: {answer.answer}")
    mend = Text(
        "请检查 smtp_url、密码和 mail_from，以及从这里能否连到它",
        "look at smtp_url, the password and mail_from, and whether it can be reached from here",
    )
    return [*found, Finding(SUBJECT, "warning" if answer.kind == "temporary" else "wrong", what, mend)]


def check_sender(address: str) -> list[Finding]:
    """What is wrong with the sender."""
    if address == SAMPLE_SENDER:
        what = Text("设了 smtp_url，但没有发件人", "smtp_url is set, but no sender")
        mend = Text("请把 mail_from 设为自己的地址", "set mail_from to an address of yours")
        return [Finding(SUBJECT, "wrong", what, mend)]
    try:
        Sender(address)
    except KaoheError as error:
        return [refused(SUBJECT, error)]
    return []
