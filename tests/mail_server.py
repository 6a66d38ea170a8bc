"""A real mail server on this host, for all tests that let mail leave."""

import asyncio
import ssl
import threading
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

CERTIFICATE = Path(__file__).parent / "mail_server.pem"


class MailServer:
    """A mail server on this host, in a thread. `answers` says what it says to MAIL, RCPT or DATA.

    After `most_on_one_line` mails over one connection it says `goodbye` to the next, or hangs up. `connected` counts.
    """

    def __init__(self, *, password=None, tls=False, implicit_tls=False):
        self.answers, self.received = {}, []
        self._password = password
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self._tls = context if tls else None
        self._implicit = context if implicit_tls else None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._connections = []
        self.most_on_one_line, self.goodbye = None, "421 4.7.0 enough"

    @property
    def connected(self):
        return len(self._connections)

    def __enter__(self):
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def messages(self):
        return [message_from_bytes(envelope.content, policy=policy.default) for envelope in self.received]

    async def _start(self):
        return await self._loop.create_server(self._connection, "127.0.0.1", 0, ssl=self._implicit)

    async def _stop(self):
        self._server.close()
        for connection in self._connections:
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)
        rest = [t for t in asyncio.all_tasks(self._loop) if t is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _connection(self):
        settings = {"authenticator": self._authenticate, "auth_required": True} if self._password else {}
        connection = SMTP(self, hostname="localhost", loop=self._loop, tls_context=self._tls, **settings)
        self._connections.append(connection)
        return connection

    def _authenticate(self, server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == self._password.encode(), handled=False)

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        server.mails = getattr(server, "mails", 0) + 1
        if self.most_on_one_line is not None and server.mails > self.most_on_one_line:
            if self.goodbye == "drop":
                server.transport.abort()
            return self.goodbye
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        answer = self.answers.get("DATA", "250 2.0.0 Ok: queued as 4F2A")
        if answer.startswith("250") or answer == "drop":
            self.received.append(envelope)
        if answer == "drop":
            server.transport.abort()
        if answer == "silence":
            await asyncio.sleep(60)
        return answer


class Mailbox(MailServer):
    """One that takes everything, and counts how often each Message-ID came, and to whom."""

    def __init__(self):
        super().__init__()
        self.arrived, self.to = Counter(), Counter()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        self.arrived[message_from_bytes(envelope.content)["Message-ID"]] += 1
        self.to.update(envelope.rcpt_tos)
        return "250 2.0.0 Ok"
