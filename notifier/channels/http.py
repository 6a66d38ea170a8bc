"""One request over HTTP, step by step, so that a failure is known by the step in which it came.

No proxy, no redirect, no cookie, no second try. Until the request is on its way nothing can have been taken; after
that, a lost connection, a silence or an answer that does not end leave the question open. The whole exchange has one
deadline, so that a server that answers byte by byte holds nobody up.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from notifier.channels.deadline import Deadline
from notifier.channels.outcome import Outcome

DEADLINE_S = 15.0
MOST_BYTES = 64 * 1024  # of an answer
REST = timedelta(seconds=60)  # of a provider that says that it has too much and not until when
PARTS_AT_ONCE = 8192

IpAddress = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status, its headers by small letters, and at most 64 KiB of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def text(self) -> str:
        """The body to be shown."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Post:
    """A request that hands a body over. `allowed` is asked after the very address that is connected to."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    allowed: Callable[[IpAddress], bool] = lambda _: True
    ca_file: Path | None = None
    deadline_s: float = DEADLINE_S

    def sent(self) -> Answer | Outcome:
        """What the server answered, or what became of the request without an answer. Raises nothing."""
        return _Exchange(self).run()


class _Exchange:
    """One request and the step that it has come to."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._deadline = Deadline(post.deadline_s)
        self._parts = urlsplit(post.url)
        self._where = f"{self._parts.hostname}:{self._port()}"
        self._step = "connecting"

    def run(self) -> Answer | Outcome:
        try:
            with closing(self._connected()) as connection:
                return self._exchanged(connection)
        except _RefusedAddressError as error:
            return self._outcome(Outcome.of("misconfigured", str(error)))
        except ssl.SSLError as error:
            return self._failed("misconfigured" if self._step == "connecting" else "unknown", error)
        except socket.gaierror as error:
            passing = error.errno == socket.EAI_AGAIN
            return self._failed("temporary" if passing else "misconfigured", error)
        except (OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
            return self._failed("temporary" if self._step == "connecting" else "unknown", error)

    def _port(self) -> int:
        return self._parts.port or (443 if self._parts.scheme == "https" else 80)

    def _connected(self) -> http.client.HTTPConnection:
        host = self._parts.hostname or ""
        connection = http.client.HTTPConnection(host, self._port(), timeout=self._deadline.left())
        connection.sock = self._socket(host)
        return connection

    def _socket(self, host: str) -> socket.socket:
        """A connection to an address that is allowed: the name is looked up once, and nobody can change it after."""
        last: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, self._port(), type=socket.SOCK_STREAM):
            if not self._post.allowed(ip_address(str(address[0]).partition("%")[0])):
                raise _RefusedAddressError(f"{host} is {address[0]}, where nothing may be sent")
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(self._deadline.left())
                made.connect(address)
                return self._secured(made, host)
            except OSError as error:
                made.close()
                last = error
                if isinstance(error, ssl.SSLError):
                    raise
        raise last

    def _secured(self, made: socket.socket, host: str) -> socket.socket:
        if self._parts.scheme != "https":
            return made
        context = ssl.create_default_context(cafile=self._post.ca_file)
        made.settimeout(self._deadline.left())
        return context.wrap_socket(made, server_hostname=host)

    def _exchanged(self, connection: http.client.HTTPConnection) -> Answer:
        target = self._parts.path or "/"
        target += f"?{self._parts.query}" if self._parts.query else ""
        headers = {"User-Agent": "kaohe", "Connection": "close"} | dict(self._post.headers)
        sock = connection.sock  # the connection lets go of it before its answer is read
        with self._deadline.watching(lambda: sock):
            self._step = "sending"
            connection.request("POST", target, self._post.body, headers)
            response = connection.getresponse()
            body = b""
            while len(body) < MOST_BYTES and (part := response.read1(PARTS_AT_ONCE)):
                body += part
        self._deadline.left()  # an answer that was cut off would look whole
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, body[:MOST_BYTES])

    def _failed(self, kind: Any, error: Exception) -> Outcome:
        if self._deadline.over and self._step == "sending":
            error = self._deadline.passed()
        said = str(error) or type(error).__name__
        return self._outcome(Outcome.of(kind, said, for_all=kind != "unknown"))

    def _outcome(self, found: Outcome) -> Outcome:
        return Outcome.of(found.kind, f"{found.answer} ({self._where}, when {self._step})", for_all=found.for_all)


class _RefusedAddressError(OSError):
    """The address that a name stands for is one to which nothing may be sent."""


def by_status(answer: Answer, now: datetime) -> Outcome | None:
    """What an answer's status alone says; None where it is 200 and the body has the word.

    429 and 503 with Retry-After: throttled until then. 408, 425 and 5xx: it may go better later. What 401, 403 and 404
    refuse is our set-up; whatever else is refused is refused for good.
    """
    said = f"HTTP {answer.status} {answer.text()}"
    wait = retry_after(answer, now)
    if answer.status == 200:
        return None
    if answer.status == 429 or (answer.status == 503 and wait):
        return Outcome.throttled(said, wait or now + REST)
    if answer.status >= 500 or answer.status in {408, 425}:
        return Outcome.of("temporary", said, for_all=answer.status >= 500)
    if answer.status in {401, 403, 404, 405, 407}:
        return Outcome.of("misconfigured", said)
    return Outcome.of("permanent", said)


def retry_after(answer: Answer, now: datetime) -> datetime | None:
    """The time before which the server wants to hear nothing: seconds from `now`, or a date; None without one."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return now + timedelta(seconds=min(int(told[:9]), 86_400))
    try:
        found = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
