"""How mail leaves this installation: through the SMTP server of the settings, or as files in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote, urlsplit

from console.desk import Desk
from console.settings import SAMPLE_SENDER
from engine.errors import KaoheError
from notifier.channels.contract import Channel
from notifier.channels.email import EmailChannel
from notifier.channels.email.folder import OutboxFolder
from notifier.channels.email.message import Sender
from notifier.channels.email.smtp import SmtpServer

Security = Literal["plain", "starttls", "tls"]
SCHEMES: Mapping[str, tuple[Security, int]] = {
    "smtp": ("plain", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}


def mail_channels(desk: Desk) -> Mapping[str, Channel]:
    """The channels that are set up here, by name."""
    url, sender = desk.settings["smtp_url"], Sender(desk.settings["mail_from"])
    if url and sender.address == SAMPLE_SENDER:
        raise KaoheError(
            "smtp_url is set, but no sender: set mail_from (KAOHE_MAIL_FROM) to an address of yours",
            zh="设了 smtp_url，但没有发件人：请把 mail_from（KAOHE_MAIL_FROM）设为自己的地址",
        )
    transport = smtp_server(url, desk.settings.smtp_password) if url else OutboxFolder(desk.outbox)
    return {"email": EmailChannel(sender, transport)}


def smtp_server(url: str, password: str | None) -> SmtpServer:
    """The server that `smtp_url` names. Raises KaoheError with the forms that are understood."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in SCHEMES or not parts.hostname or port == -1:
        raise KaoheError(
            f"smtp_url {parts.scheme}://…: write smtp://host:25, smtp+starttls://user@host:587 or smtps://user@host:465"
        )
    security, usual_port = SCHEMES[parts.scheme]
    return SmtpServer(
        host=parts.hostname,
        port=port or usual_port,
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=password or (unquote(parts.password) if parts.password else None),
    )
