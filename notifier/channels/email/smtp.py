"""Handing a mail to an SMTP server, step by step, so that a failure is known by the step in which it came.

Until the message itself is on its way nothing can have been taken; after that, a lost connection leaves
the question open.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from engine.errors import KaoheError
from notifier.channels.email.message import Mail
from notifier.channels.outcome import Outcome, OutcomeKind

Step = Literal["connecting", "encrypting", "logging in", "naming the sender", "naming the recipient", "sending"]
# A refusal in these steps is about us, in the others about this one message or its recipient.
# Certificates, abilities the server lacks, a host that has no address, a CA file that is not there.
OUR_MISTAKES = (
    ssl.SSLError,
    smtplib.SMTPException,
    socket.gaierror,
    UnicodeError,
    FileNotFoundError,
    PermissionError,
)
MOST_ON_ONE_LINE = 50  # mails; servers limit how many they take over one connection
OURS: frozenset[Step] = frozenset({"connecting", "encrypting", "logging in", "naming the sender"})


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server and how to speak to it.

    `security`: `starttls` (usually port 587), `tls` from the first byte (465), or `plain` (25), which takes
    no password except on this very host. `timeout` is in seconds and holds for each answer of the server.
    `ca_file` is for servers whose certificate was issued in-house. `host_name` is how we name ourselves, by
    default this host's own name. Raises KaoheError for a password that would travel unencrypted.
    """

    host: str
    port: int
    security: Literal["plain", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 20.0
    ca_file: Path | None = None
    host_name: str | None = None

    def __post_init__(self) -> None:
        if self.password is not None and self.security == "plain" and not _is_this_host(self.host):
            raise KaoheError(f"the password for {self.host} would travel unencrypted; set security to starttls or tls")

    def carry(self, mail: Mail) -> Outcome:
        """Offer one mail to the server once."""
        with self.opened() as line:
            return line.carry(mail)

    def greet(self, sender: str | None = None, *, logs_in: bool = True) -> Outcome:
        """Go as far as one can without sending anything: connect, log in, and name `sender`, if there is one.

        Without `logs_in` it stops where the connection stands, encrypted where it is to be.
        """
        dialogue = _Dialogue(self)
        try:
            return dialogue.outcome(lambda: dialogue.greet(sender) if logs_in else dialogue.meet())
        finally:
            dialogue.leave()

    @contextmanager
    def opened(self) -> Iterator[_Line]:
        """For some mails in a row: one connection, made when the first of them comes."""
        line = _Line(self)
        try:
            yield line
        finally:
            line.close()


class _Line:
    """One connection for several mails, one after the other; a new one after any fault, and after so many mails."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._dialogue: _Dialogue | None = None
        self._carried = 0

    def carry(self, mail: Mail) -> Outcome:
        """Offer one mail to the server once."""
        before = self._dialogue
        outcome = self._offered(mail)
        if before is not None and outcome.kind != "accepted" and before.nothing_said:
            outcome = self._offered(mail)  # the server has had enough of the old connection
        return outcome

    def opened(self) -> AbstractContextManager[_Line]:
        """Itself."""
        return nullcontext(self)

    def close(self) -> None:
        """Leave the server, where one is connected."""
        if self._dialogue is not None:
            self._dialogue.leave()
        self._dialogue, self._carried = None, 0

    def _offered(self, mail: Mail) -> Outcome:
        self._dialogue = dialogue = self._dialogue or _Dialogue(self._server)
        outcome = dialogue.outcome(lambda: dialogue.run(mail))
        self._carried += 1
        if outcome.kind != "accepted" or self._carried >= MOST_ON_ONE_LINE:
            self.close()
        return outcome


class _Dialogue:
    """One conversation with a server, and the step that it has come to."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._step: Step = "connecting"

    @property
    def nothing_said(self) -> bool:
        """Whether it has ended before the server let it say anything of the message in hand."""
        return self._step == "naming the sender"

    def outcome(self, part: Callable[[], Outcome]) -> Outcome:
        """What some steps come to, whatever goes wrong in them."""
        try:
            return part()
        except smtplib.SMTPResponseException as error:
            return self.refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPServerDisconnected as error:
            return self.lost(error)
        except OUR_MISTAKES as error:
            return self.failed(error)
        except OSError as error:
            return self.lost(error)

    def run(self, mail: Mail) -> Outcome:
        """Go through all steps, the first of them once; errors are left to the caller."""
        smtp = self._smtp or self._logged_in()
        self._step = "naming the sender"
        code, said = smtp.mail(mail.sender)
        if code != 250:
            return self.refused(code, said)
        self._step = "naming the recipient"
        code, said = smtp.rcpt(mail.recipient)
        if code not in (250, 251):
            return self.refused(code, said)
        self._step = "sending"
        code, said = smtp.data(mail.content)
        if code != 250:
            return self.refused(code, said)
        return Outcome.of("accepted", f"{code} {_text(said)}")

    def meet(self) -> Outcome:
        """Connect and no more; errors are left to the caller."""
        code, said = self._connected().noop()
        return Outcome.of("accepted", f"{code} {_text(said)}") if code == 250 else self.refused(code, said)

    def greet(self, sender: str | None) -> Outcome:
        """Go through the first steps; errors are left to the caller."""
        smtp = self._logged_in()
        code, said = smtp.noop()
        if sender is not None and code == 250:
            self._step = "naming the sender"
            code, said = smtp.mail(sender)
            smtp.rset()
        return Outcome.of("accepted", f"{code} {_text(said)}") if code == 250 else self.refused(code, said)

    def refused(self, code: int, said: bytes | str) -> Outcome:
        """4xx may go better later; 5xx will not, and whose fault it is depends on the step."""
        kind: OutcomeKind = "permanent"
        if 400 <= code < 500:
            kind = "temporary"
        elif self._step in OURS:
            kind = "misconfigured"
        return self._outcome(kind, f"{code} {_text(said)}")

    def lost(self, error: Exception) -> Outcome:
        """The connection could not be made or went away."""
        kind: OutcomeKind = "unknown" if self._step == "sending" else "temporary"
        return self._outcome(kind, str(error) or type(error).__name__)

    def failed(self, error: Exception) -> Outcome:
        """A certificate, a host name, a missing ability of the server: nothing that waiting mends."""
        kind: OutcomeKind = "unknown" if self._step == "sending" else "misconfigured"
        passing = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        return self._outcome("temporary" if passing else kind, str(error))

    def leave(self) -> None:
        """Say goodbye and wait for no answer; what goes wrong here changes nothing about the message.

        A mail that is taken and not yet noted as such is sent again if this process dies now: each moment counts.
        """
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.putcmd("quit")
            self._smtp.close()

    def _logged_in(self) -> smtplib.SMTP:
        smtp = self._connected()
        if self._server.password is not None:
            self._step = "logging in"
            smtp.login(self._server.user or "", self._server.password)
        return smtp

    def _connected(self) -> smtplib.SMTP:
        """A connection that has been greeted, over which nothing but the greeting went in the clear."""
        server, timeout = self._server, self._server.timeout
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, server.host_name, timeout=timeout, context=self._context()
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, server.host_name, timeout=timeout)
        self._smtp = smtp
        if server.security == "starttls":
            self._step = "encrypting"
            code, said = smtp.starttls(context=self._context())
            if code != 220:
                raise smtplib.SMTPResponseException(code, said)
        smtp.ehlo_or_helo_if_needed()
        return smtp

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca_file)

    def _outcome(self, kind: OutcomeKind, said: str) -> Outcome:
        where = f"{self._server.host}:{self._server.port}"
        return Outcome.of(kind, f"{said} ({where}, when {self._step})", for_all=self._step in OURS)


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _is_this_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
