"""One end for a whole exchange over a socket, whatever the other side sends, and however slowly.

A socket's own time-out begins anew with each byte that comes. So a thread watches: at the end it shuts the socket
down, and whoever waits on it wakes up as from a lost connection. Only a name's address is looked up in the system's
own time, which resolvers limit; it counts.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

AGAIN_S = 0.1


class Deadline:
    """The end of an exchange that may take so many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._ends = seconds, time.monotonic() + seconds
        self._over = threading.Event()

    @property
    def over(self) -> bool:
        """Whether the time is up, or the watch has ended the exchange."""
        return self._over.is_set() or time.monotonic() >= self._ends

    def left(self) -> float:
        """The seconds that are left. Raises TimeoutError where none is."""
        left = self._ends - time.monotonic()
        if self.over or left <= 0:
            raise self.passed()
        return left

    def passed(self) -> TimeoutError:
        """What there is to say once it is over."""
        return TimeoutError(f"no full answer within {self._seconds:g} s")

    def connected(self, host: str, port: int, each: float) -> socket.socket:
        """A connection to the first of the host's addresses that answers, with at most `each` seconds for one.

        The socket keeps `each` as its time-out. Raises OSError where none answers.
        """
        last: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(min(each, self.left()))
                made.connect(address)
            except OSError as error:
                made.close()
                last = error
            else:
                made.settimeout(each)
                return made
        raise last

    @contextmanager
    def watching(self, made: Callable[[], socket.socket | None]) -> Iterator[None]:
        """Let the socket that there is by then be shut down if what is done here does not end in time.

        What was read last may then have been cut off: `left` says so. Raises TimeoutError if no time is left.
        """
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(made, done, self.left()), daemon=True, name="deadline")
        watch.start()
        try:
            yield
        finally:
            done.set()

    def _watch(self, made: Callable[[], socket.socket | None], done: threading.Event, left: float) -> None:
        if done.wait(left):
            return
        self._over.set()
        while True:  # until it is noticed: another socket may have just taken its place, as when TLS begins
            with suppress(OSError):  # it is closed already
                if (sock := made()) is not None:
                    # The socket's own way: that of TLS would let go of its keys under whoever reads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
            if done.wait(AGAIN_S):
                return
