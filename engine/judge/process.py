"""The parent's end of the child process: start it, ask it with a time limit, and always reap it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

CHILD = (sys.executable, "-P", "-m", "engine.judge.child")  # -P: a folder `engine` where we stand is not ours
PATIENCE_S = 10.0
NONSENSE = "gave no proper answer"
_FAREWELL_S = 2.0
_LONGEST_ANSWER = 1 << 24  # bytes: a hundred times what the most firings take


class ChildLostError(Exception):
    """The child process gave no answer; `how` says whether it died, took too long, or answered something else."""

    def __init__(self, how: str) -> None:
        self.how = how
        super().__init__(f"the child process {how}")


class ChildProcess:
    """One child process that answers one JSON line with another.

    Its standard input and output are one end of a socket pair, so that writing as well as reading has a time
    limit, and so that it sees the end of its input when this process is gone, however it went.
    """

    def __init__(self, command: Sequence[str] = CHILD, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._rest = b""
        self._ours, theirs = socket.socketpair()
        try:
            # Its own session: an interrupt typed at the terminal reaches this process only.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter on our own module
                command, stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True
            )
        except OSError as error:
            self._ours.close()
            raise ChildLostError(f"could not be started ({error})") from error
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to `request`. Raises ChildLostError, and ends the child, if none comes in time."""
        answer: dict[str, Any] | None = None
        try:
            answer = self._exchange(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        except TimeoutError as error:
            raise ChildLostError("took too long") from error
        except (OSError, EOFError) as error:
            raise ChildLostError("died") from error
        except (ValueError, RecursionError) as error:
            raise ChildLostError(NONSENSE) from error
        finally:
            if answer is None:  # interrupted too: a late answer must not pass for that of the next request
                self.kill()
        return answer

    def _exchange(self, line: bytes) -> dict[str, Any]:
        deadline = time.monotonic() + self._patience_s
        self._ours.settimeout(self._patience_s)
        self._ours.sendall(line)
        answer = json.loads(self._read_line(deadline))
        if not isinstance(answer, dict):
            raise ChildLostError(NONSENSE)
        return answer

    def _read_line(self, deadline: float) -> bytes:
        while b"\n" not in self._rest:
            self._ours.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = self._ours.recv(1 << 16)
            if not piece:
                raise EOFError
            self._rest += piece
            if len(self._rest) > _LONGEST_ANSWER:
                raise ValueError("an answer without an end")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def kill(self) -> None:
        """End the child at once, and reap it."""
        self._ours.close()
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Let the child end by itself, or end it; reap it either way. Closing twice does nothing."""
        self._ours.close()
        try:
            self._process.wait(timeout=_FAREWELL_S)
        except subprocess.TimeoutExpired:
            self.kill()
