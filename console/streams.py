"""The two streams of a command: whatever encoding, pipe or disk is behind them, speaking must not crash the work."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path
from typing import TextIO

from engine.errors import KaoheError, os_words

# What the surroundings refuse; anything else that the system says no to is a fault of ours until proven otherwise.
SURROUNDINGS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})


class OutputError(KaoheError):
    """Standard output cannot be written: a full disk behind it, most of the time."""


def prepare() -> None:
    """Make both streams take any text: what their encoding lacks is written as `\\u8003`, and nothing is lost.

    A stream that the caller has closed becomes a sink.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def in_utf8(stream: TextIO) -> None:
    """From here on `stream` speaks UTF-8 with bare line feeds, whatever the terminal's encoding: JSON must (RFC 8259).

    What no UTF-8 can hold, half a surrogate pair in a file's name, comes out as the escape that JSON has for it.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def write(text: str) -> None:
    """Write to standard output. Raises OutputError, or BrokenPipeError where the reader has gone."""
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _refused(error) from error


def flush() -> None:
    """Hand over what is still held back. Raises as `write` does."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _refused(error) from error


def write_error(text: str) -> None:
    """Write to standard error; where even that fails there is nobody left to tell."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _sink(sys.stderr)


def finish() -> None:
    """Hand over what can be handed over, after an error that has been told already."""
    try:
        sys.stdout.flush()
    except OSError:
        let_go()


def let_go() -> None:
    """Drop what standard output still holds, so that the interpreter does not fail over it once more at its end."""
    _sink(sys.stdout)


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _sink(stream: TextIO) -> None:
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, io.UnsupportedOperation):
        return  # no file of the system is behind it


def _refused(error: OSError) -> OutputError:
    let_go()
    return OutputError(
        f"the output could not be written in full: {error.strerror}; what the command did is done, ask again for it",
        zh=f"输出没有写完整：{os_words(error)}；命令要做的已经做完，腾出空间后可再查看结果",
    )
