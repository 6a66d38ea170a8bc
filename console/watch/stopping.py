"""Being told to stop: the first signal lets the unit of work in hand finish, the second ends the process at once."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether somebody has asked this process to stop. May be asked from any thread, and from a signal's handler.

    A pipe and not a lock wakes the one who waits: a handler must never wait for what the main thread holds.
    """

    def __init__(self) -> None:
        self._asked = False
        self._hears, self._tells = os.pipe()

    def __call__(self) -> bool:
        """Whether to begin nothing new."""
        return self._asked

    def ask(self) -> None:
        """From now on nothing new begins."""
        if not self._asked:
            self._asked = True
            os.write(self._tells, b"!")

    def wait(self, seconds: float) -> bool:
        """Wait until somebody asks, at most so long; whether somebody has."""
        select.select([self._hears], [], [], seconds)
        return self._asked

    def close(self) -> None:
        """Let go of the pipe; nobody may ask or wait any more."""
        os.close(self._hears)
        os.close(self._tells)


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """A Stop that SIGTERM or SIGINT asks. The next one finds the system's own answer again, which ends the process.

    For the main thread. Afterwards the signals mean what they meant before.
    """
    stop = Stop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def asked(_number: int, _frame: FrameType | None) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        stop.ask()

    for number in SIGNALS:
        signal.signal(number, asked)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()
