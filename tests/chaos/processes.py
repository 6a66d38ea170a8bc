"""The storm's surroundings: processes to start, stop and kill, and a mail server that counts."""

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Nursery:
    """Starts processes; each is known by its id until it has been waited for."""

    def __init__(self, process):
        self._process, self._turn = process, threading.Lock()

    def _ask(self, request):
        with self._turn:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def start(self, what, **job):
        return self._ask({"start": what} | job)

    def wait(self, pid):
        """Its exit code; that of a killed one is -9."""
        return self._ask({"wait": pid})


@contextmanager
def nursery(root: Path, rules=()):
    """A process to start others from: one that starts from nothing needs most of a second."""
    command = [sys.executable, "-m", "tests.chaos.node", *map(str, rules)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            yield Nursery(process)
        finally:
            process.stdin.close()


class Mailbox:
    """A mail server on this host that takes everything, and counts how often each Message-ID came, and to whom."""

    def __init__(self):
        self.arrived, self.to = Counter(), Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

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

    async def _start(self):
        return await self._loop.create_server(lambda: SMTP(self, hostname="localhost", loop=self._loop), "127.0.0.1", 0)

    async def _stop(self):
        self._server.close()
        rest = [t for t in asyncio.all_tasks(self._loop) if t is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        self.arrived[message_from_bytes(envelope.content)["Message-ID"]] += 1
        self.to.update(envelope.rcpt_tos)
        return "250 2.0.0 Ok"
