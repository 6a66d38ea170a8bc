"""Being told to stop: the first signal lets the unit of work in hand finish, the second ends the process at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether somebody has asked this process to stop. May be asked and told from any thread."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        """Whether to begin nothing new."""
        return self._asked.is_set()

    def ask(self) -> None:
        """From now on nothing new begins."""
        self._asked.set()

    def wait(self, seconds: float) -> bool:
        """Wait until somebody asks, at most so long; whether somebody has."""
        return self._asked.wait(seconds)


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
