"""An outbox folder: each mail a file that any mail program opens, for hosts without a mail server."""

from __future__ import annotations

import os
import tempfile
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from errno import EDQUOT, EINTR, EIO, ENOSPC
from pathlib import Path

from notifier.channels.email.message import Mail
from notifier.channels.outcome import Outcome, OutcomeKind

# What passes by itself, or when somebody tidies up; everything else (no right, no directory) is the set-up.
PASSING = frozenset({ENOSPC, EDQUOT, EIO, EINTR})


@dataclass(frozen=True, slots=True)
class OutboxFolder:
    """Writes `.eml` files into a folder, which it makes if need be. Only the owner may read them."""

    path: Path

    def carry(self, mail: Mail) -> Outcome:
        """Write the mail: whole or not at all, and at a second time over the same file."""
        target = self.path / mail.file_name
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(target, mail.content)
        except OSError as error:
            kind: OutcomeKind = "temporary" if error.errno in PASSING else "misconfigured"
            return Outcome.of(kind, f"cannot write {target}: {error.strerror or error}", for_all=True)
        return Outcome.of("accepted", f"written to {target.name}")

    def opened(self) -> AbstractContextManager[OutboxFolder]:
        """Itself: a folder needs no connection."""
        return nullcontext(self)


def _write(target: Path, content: bytes) -> None:
    """Write under another name, flush to the disk, rename: a reader never sees half a file."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
