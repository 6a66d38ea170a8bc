"""A letter as a mail: headers, plain text, and the same text as a simple page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from engine.errors import KaoheError
from notifier.channels.contract import Letter
from notifier.channels.email.address import address_fault
from notifier.channels.email.headers import header_block, header_text, mailbox
from notifier.channels.email.page import page_of
from notifier.words.lines import cut, masked

# 7 bit: every server on the way takes it, and no relay has to rewrite it.
_POLICY = policy.SMTP.clone(cte_type="7bit")
LONGEST_SUBJECT = 200
LONGEST_FILE_NAME = 40


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mails come from. Raises KaoheError if the address is none."""

    address: str
    name: str = ""

    def __post_init__(self) -> None:
        fault = address_fault(self.address)
        if fault:
            told = repr(masked(cut(self.address, 80)))
            raise KaoheError(f"the sender's address {told}: {fault.en}", zh=f"发件人地址 {told}：{fault.zh}")

    @property
    def domain(self) -> str:
        """What stands after the @."""
        return self.address.rsplit("@", 1)[1].lower()


@dataclass(frozen=True, slots=True)
class Mail:
    """A finished mail: its envelope, its bytes with CRLF line ends, and its name as a file."""

    sender: str
    recipient: str
    file_name: str
    content: bytes
    message_id: str


def mail_of(letter: Letter, sender: Sender, now: datetime) -> Mail:
    """The mail of this letter as sent `now`: the same bytes for the same arguments.

    Its Message-ID comes from the letter alone (and the sender's domain), so every attempt bears the same one.
    Raises KaoheError if the recipient is no address.
    """
    fault = address_fault(letter.recipient)
    if fault:
        told = repr(masked(cut(letter.recipient, 80)))
        raise KaoheError(f"the recipient {told}: {fault.en}", zh=f"收件人 {told}：{fault.zh}")
    headers = {
        "From": mailbox(sender.address, sender.name),
        "To": mailbox(letter.recipient),
        "Subject": header_text(cut(letter.subject, LONGEST_SUBJECT)),
        "Date": format_datetime(now),
        "Message-ID": f"<{letter.digest}@{sender.domain}>",
        # Tells out-of-office programs not to answer.
        "Auto-Submitted": "auto-generated",
        "Content-Language": letter.language,
    }
    if letter.violation is not None:
        headers["X-Kaohe-Violation"] = header_text(letter.violation)
    message = EmailMessage(policy=_POLICY)  # of the parts alone: our headers are written above them
    message.set_content(letter.body)
    message.add_alternative(page_of(letter), subtype="html")
    message.set_boundary(f"=_{letter.digest}")
    return Mail(
        sender=sender.address,
        recipient=letter.recipient,
        file_name=f"{_as_file_name(letter.key)}.{letter.event}.{letter.digest[:10]}.eml",
        content=header_block(headers) + message.as_bytes(),
        message_id=headers["Message-ID"],
    )


def _as_file_name(key: str) -> str:
    """The part of a key that may stand in a file's name; a client's name may hold anything."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", key).strip("-")[:LONGEST_FILE_NAME]
