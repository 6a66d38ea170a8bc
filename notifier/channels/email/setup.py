"""How mail leaves an installation: through the SMTP server of its settings, or as files in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote, urlsplit

from engine.errors import KaoheError
from engine.settings import Setting
from notifier.channels.contract import Channel
from notifier.channels.email.channel import EmailChannel
from notifier.channels.email.folder import OutboxFolder
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer
from notifier.channels.kind import Setup

SAMPLE_SENDER = "kaohe@example.com"  # good enough for files in the outbox
SETTINGS = (
    Setting(
        "smtp_url",
        "",
        "how mail leaves: smtp://, smtp+starttls:// or smtps://user@host:port; empty: .eml files",
    ),
    Setting("smtp_password", "", "password for smtp_url", secret=True),
    Setting("smtp_password_file", "", "a file that holds the password for smtp_url"),
    Setting("mail_from", SAMPLE_SENDER, "the sender of mail; needed with smtp_url"),
)
Security = Literal["plain", "starttls", "tls"]
SCHEMES: Mapping[str, tuple[Security, int]] = {
    "smtp": ("plain", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}


def build(setup: Setup) -> Channel:
    """The channel of mail. Raises KaoheError where there is a server and no sender, or either is none."""
    url, sender = setup.value("smtp_url"), Sender(setup.value("mail_from"))
    if url and sender.address == SAMPLE_SENDER:
        raise KaoheError(
            "smtp_url is set, but no sender: set mail_from (KAOHE_MAIL_FROM) to an address of yours",
            zh="设了 smtp_url，但没有发件人：请把 mail_from（KAOHE_MAIL_FROM）设为自己的地址",
        )
    transport = smtp_server(url, setup.value("smtp_password") or None) if url else OutboxFolder(setup.outbox)
    return EmailChannel(sender, transport)


def smtp_server(url: str, password: str | None) -> SmtpServer:
    """The server that `smtp_url` names. Raises KaoheError with the forms that are understood."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in SCHEMES or not parts.hostname or port == -1:
        raise KaoheError(
            f"smtp_url {parts.scheme}://…: write smtp://host:25, smtp+starttls://user@host:587 or smtps://user@host:465",
            zh=f"smtp_url {parts.scheme}://…：写作 smtp://主机:25、smtp+starttls://用户@主机:587 或 smtps://用户@主机:465",
        )
    security, usual_port = SCHEMES[parts.scheme]
    if parts.username and not (password or parts.password):  # a name without a password logs in nowhere
        raise KaoheError(
            "smtp_url names a user, but there is no password: set KAOHE_SMTP_PASSWORD, or name a file that holds it in "
            "smtp_password_file; for a server that asks for none write smtp_url without a user",
            zh="smtp_url 里有用户名，却没有密码：请设 KAOHE_SMTP_PASSWORD，或在 smtp_password_file 里写出存放密码的"
            "文件；服务器不需要登录的，请从 smtp_url 里去掉用户名",
        )
    return SmtpServer(
        host=parts.hostname,
        port=port or usual_port,
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=password or (unquote(parts.password) if parts.password else None),
    )
