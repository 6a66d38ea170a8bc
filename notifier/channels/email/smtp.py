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
from notifier.channels.deadline import Deadline
from notifier.channels.email.message import Mail
from notifier.channels.outcome import Outcome, OutcomeKind

Step = Literal[
    "connecting",
    "encrypting",
    "logging in",
    "naming the sender",
    "naming the recipient",
    "announcing the mail",
    "sending",
]
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
SETTING_UP: frozenset[Step] = frozenset({"connecting", "encrypting", "logging in"})
# A refusal in these steps is about us, in the others about this one message or its recipient.
OURS: frozenset[Step] = SETTING_UP | {"naming the sender"}
GOODBYE = 421


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server and how to speak to it.

    `security`: `starttls` (usually port 587), `tls` from the first byte (465), or `plain` (25), which takes
    no password except on this very host. `timeout` is in seconds and holds for each answer of the server, `whole` for
    all that one mail takes, its connection included. `ca_file` is for servers whose certificate was issued in-house.
    `host_name` is how we name ourselves, by default this host's own name. Raises KaoheError for a password that would
    travel unencrypted.
    """

    host: str
    port: int
    security: Literal["plain", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 20.0
    whole: float = 60.0
    ca_file: Path | None = None
    host_name: str | None = None

    def __post_init__(self) -> None:
        if self.password is not None and self.security == "plain" and not _is_this_host(self.host):
            raise KaoheError(f"the password for {self.host} would travel unencrypted; set security to starttls or tls")

    def carry(self, mail: Mail) -> Outcome:
        """Offer one mail to the server once."""
        with self.opened() as line:
            return line.carry(mail)

    def greet(self, sender: str | None = None) -> Outcome:
        """Go as far as one can without sending anything: connect, log in, and name `sender`, if there is one."""
        dialogue, deadline = _Dialogue(self), Deadline(self.whole)
        try:
            return dialogue.outcome(lambda: dialogue.greet(sender, deadline), deadline)
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

    def context(self) -> ssl.SSLContext:
        """Whose certificates are trusted. Raises OSError where `ca_file` cannot be read."""
        return ssl.create_default_context(cafile=self.ca_file)


class _Smtp(smtplib.SMTP):
    """The library's, connected within a deadline, and in TLS from the first byte where the server is set up so."""

    def __init__(self, server: SmtpServer, deadline: Deadline) -> None:
        super().__init__(local_hostname=server.host_name, timeout=server.timeout)
        self._host = server.host  # what the certificate has to be for
        self._tls = server.context() if server.security == "tls" else None
        self._deadline = deadline

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = self._deadline.connected(host, port, timeout)
        if self._tls is None:
            return made
        try:
            return self._tls.wrap_socket(made, server_hostname=host)
        except BaseException:
            made.close()
            raise


class _Line:
    """One connection for several mails, one after the other; a new one after any fault, and after so many mails."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._dialogue: _Dialogue | None = None
        self._carried = 0

    def carry(self, mail: Mail) -> Outcome:
        """Offer one mail to the server once."""
        before, deadline = self._dialogue, Deadline(self._server.whole)
        outcome = self._offered(mail, deadline)
        if before is not None and outcome.kind != "accepted" and before.was_at_fault and not deadline.over:
            outcome = self._offered(mail, deadline)
        return outcome

    def opened(self) -> AbstractContextManager[_Line]:
        """Itself."""
        return nullcontext(self)

    def close(self) -> None:
        """Leave the server, where one is connected."""
        if self._dialogue is not None:
            self._dialogue.leave()
        self._dialogue, self._carried = None, 0

    def _offered(self, mail: Mail, deadline: Deadline) -> Outcome:
        self._dialogue = dialogue = self._dialogue or _Dialogue(self._server)
        outcome = dialogue.outcome(lambda: dialogue.run(mail, deadline), deadline)
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
        self._broken = False

    @property
    def was_at_fault(self) -> bool:
        """Whether it ended before the message was on its way, and not for what was said: another may do better.

        The server has had enough of it (421, gone, no more senders), or its answers are not those to our questions.
        """
        return self._step == "naming the sender" or (self._step != "sending" and self._broken)

    def outcome(self, part: Callable[[], Outcome], deadline: Deadline) -> Outcome:
        """What some steps come to, whatever goes wrong in them; at the end of the time an answer may be cut off."""
        found = self._tried(part)
        return self.lost(deadline.passed()) if deadline.over and found.kind != "accepted" else found

    def _tried(self, part: Callable[[], Outcome]) -> Outcome:
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

    def run(self, mail: Mail, deadline: Deadline) -> Outcome:
        """Go through all steps, the first of them once; errors are left to the caller."""
        with self._watched(deadline) as smtp:
            return self._handed_over(mail, smtp)

    def _handed_over(self, mail: Mail, smtp: smtplib.SMTP) -> Outcome:
        self._step = "naming the sender"
        code, said = smtp.mail(mail.sender)
        if code != 250:
            return self.refused(code, said)
        self._step = "naming the recipient"
        code, said = smtp.rcpt(mail.recipient)
        if code not in (250, 251):
            return self.refused(code, said)
        self._step = "sending"
        try:
            code, said = smtp.data(mail.content)
        except smtplib.SMTPDataError:  # nothing of the message has gone yet
            self._step = "announcing the mail"
            raise
        if code != 250:
            return self.refused(code, said)
        return Outcome.of("accepted", f"{code} {_text(said)}")

    def greet(self, sender: str | None, deadline: Deadline) -> Outcome:
        """Go through the first steps; errors are left to the caller."""
        with self._watched(deadline) as smtp:
            code, said = smtp.noop()
            if sender is not None and code == 250:
                self._step = "naming the sender"
                code, said = smtp.mail(sender)
                smtp.rset()
            return Outcome.of("accepted", f"{code} {_text(said)}") if code == 250 else self.refused(code, said)

    def refused(self, code: int, said: bytes | str) -> Outcome:
        """4xx may go better later; 5xx will not, and whose fault it is depends on the step. Others are no refusals."""
        refusal = 400 <= code < 600
        self._broken = code == GOODBYE or not refusal
        kind: OutcomeKind = "temporary"
        if self._step in SETTING_UP and not 400 <= code < 500:
            kind = "misconfigured"
        elif code >= 500 and refusal:
            kind = "misconfigured" if self._step in OURS else "permanent"
        elif self._step == "sending" and not refusal:
            kind = "unknown"
        return self._outcome(kind, f"{code} {_text(said)}")

    def lost(self, error: Exception) -> Outcome:
        """The connection could not be made or went away."""
        self._broken = True
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

    @contextmanager
    def _watched(self, deadline: Deadline) -> Iterator[smtplib.SMTP]:
        """The connection, made and logged in the first time, to be cut off at the end of the time."""
        with deadline.watching(lambda: self._smtp.sock if self._smtp else None):
            if self._smtp is None:
                self._log_in(deadline)
            assert self._smtp is not None
            yield self._smtp

    def _log_in(self, deadline: Deadline) -> None:
        """Make a connection that is greeted; over it nothing but the greeting goes in the clear, where that is so set.

        It is known before it is greeted, so that the greeting has its end too.
        """
        server = self._server
        self._smtp = smtp = _Smtp(server, deadline)
        code, said = smtp.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if server.security == "starttls":
            self._step = "encrypting"
            code, said = smtp.starttls(context=server.context())
            if code != 220:
                raise smtplib.SMTPResponseException(code, said)
        smtp.ehlo_or_helo_if_needed()
        if server.password is not None:
            self._step = "logging in"
            smtp.login(server.user or "", server.password)

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
