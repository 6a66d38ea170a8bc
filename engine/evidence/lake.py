"""The lake: immutable Parquet day files, named by their content, written so that a crash leaves old or new.

Layout: `<root>/<kind>/<platform>/<year-month>/<day>.<generation>.parquet`. Which generation of a day counts is not
said here but in the ledger; a file that the ledger does not name is left from a crash and counts for nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.errors import KaoheError


@dataclass(frozen=True, slots=True)
class Lake:
    """Where the day files live."""

    root: Path

    def path(self, kind: str, platform: str, day: date, generation: str) -> Path:
        """The place of one generation of one day."""
        month = f"{day:%Y-%m}"
        return self.root / kind / platform / month / f"{day.isoformat()}.{generation[:24]}.parquet"

    def keep(self, draft: Path, kind: str, platform: str, day: date) -> str:
        """Take a finished draft into the lake and return its generation (sha256 of its bytes).

        The draft is on disk (fsync) before it is renamed, and the name is on disk before this returns.
        """
        with draft.open("rb+") as stream:
            generation = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        path = self.path(kind, platform, day, generation)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)
        _sync_directory(path.parent)
        return generation

    @contextmanager
    def drafts(self) -> Iterator[Path]:
        """A private directory on the lake's own file system, gone afterwards; those of dead processes go first."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._sweep()
            room = Path(tempfile.mkdtemp(prefix=".new-", dir=self.root))
        except OSError as error:
            raise KaoheError(f"the lake {self.root} cannot be written: {error.strerror}") from error
        with (room / ".lock").open("w") as lock:
            # Locked before it bears the name that the sweep looks for, so that no newborn is swept away.
            fcntl.flock(lock, fcntl.LOCK_EX)
            room = room.rename(room.with_name(room.name.replace(".new-", ".draft-")))
            try:
                yield room
            finally:
                shutil.rmtree(room, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove drafts whose owner died: its lock on them died with it."""
        for room in self.root.glob(".draft-*"):
            try:
                with (room / ".lock").open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(room, ignore_errors=True)
            except OSError:
                continue  # its owner lives


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
