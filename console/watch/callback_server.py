"""The server that providers' calls about delivery come to: waitress, behind a proxy that speaks TLS.

Waitress reads whole requests in one thread before it gives any to its few others, so that slow callers hold up nobody.
"""

from __future__ import annotations

import signal
import socket
import sys
from datetime import UTC, datetime
from typing import Any

from console.desk import Desk
from console.watch.stopping import SIGNALS
from engine.errors import KaoheError, os_words
from engine.ledger.database import transaction
from notifier.callbacks import LONGEST_BODY, application, refuse_weak
from notifier.receipts import record

THREADS, MOST_CONNECTIONS, QUIET_S = 2, 50, 15


def listening(desk: Desk, listen: str) -> Any:
    """A server at HOST:PORT that keeps what it is told in the ledger; `run()` serves until the process is to end.

    Raises KaoheError without a strong callback_secret, without waitress, or where the address cannot be opened.
    """
    secret = desk.settings.value("callback_secret")
    refuse_weak(secret)
    host, _, port = listen.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise KaoheError(
            f"--listen {listen!r}: write HOST:PORT, e.g. 127.0.0.1:8025",
            zh=f"--listen {listen!r}：要写成 主机:端口，如 127.0.0.1:8025",
        )
    try:
        from waitress import create_server
    except ImportError as error:
        raise KaoheError(
            "waitress is not installed: pip install 'kaohe[callbacks]'",
            zh="没有安装 waitress：pip install 'kaohe[callbacks]'",
        ) from error
    ledger = desk.ledger  # what cannot be opened is told before anybody calls

    def take(reported: Any, now: datetime) -> None:
        with transaction(ledger) as session:
            record(session, reported, now)

    try:  # by ourselves: what waitress cannot open it leaves half open
        where = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        opened = socket.create_server(where[4][:2], family=where[0])
    except OSError as error:
        raise KaoheError(
            f"--listen {listen}: cannot be opened: {error.strerror or error}",
            zh=f"--listen {listen}：打不开：{os_words(error)}",
        ) from error
    return create_server(
        application(secret, take, lambda: datetime.now(UTC)),
        sockets=[opened],
        threads=THREADS,
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=QUIET_S,
        max_request_body_size=LONGEST_BODY,
        max_request_header_size=16 * 1024,
        ident=None,
    )


def serve(server: Any) -> None:
    """Serve until SIGTERM or SIGINT; calls in hand are answered first."""
    # SIGINT too: what a shell starts in the background is born deaf to it.
    before = {number: signal.signal(number, lambda *_: sys.exit(0)) for number in SIGNALS}
    try:
        server.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        server.close()
