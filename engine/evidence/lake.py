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
from typing import TextIO

from engine.errors import KaoheError, os_words
from engine.evidence.disk import make_directory, sync_directory


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

        The draft is on disk (fsync) before it is renamed, and the name is on disk before this returns. Raises
        KaoheError where the disk refuses.
        """
        try:
            with draft.open("rb+") as stream:
                generation = hashlib.file_digest(stream, "sha256").hexdigest()
                os.fsync(stream.fileno())
            path = self.path(kind, platform, day, generation)
            make_directory(path.parent)
            draft.replace(path)
            sync_directory(path.parent)
        except OSError as error:
            raise self.unwritable(error) from error
        return generation

    @contextmanager
    def drafts(self) -> Iterator[Path]:
        """A private directory on the lake's own file system, gone afterwards; those of dead processes go first."""
        try:
            make_directory(self.root)
            room, lock = self._new_room()
        except OSError as error:
            raise self.unwritable(error) from error
        with lock:
            try:
                yield room
            finally:
                shutil.rmtree(room, ignore_errors=True)

    def _new_room(self) -> tuple[Path, TextIO]:
        """A new room, and the lock in it that shows that its owner lives.

        One process at a time sweeps or makes a room, so no newborn is swept away before it is locked.
        """
        with (self.root / ".drafts.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            self._sweep()
            room = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.root))
            lock = (room / ".lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
        return room, lock

    def _sweep(self) -> None:
        """Remove drafts whose owner died: its lock on them died with it."""
        for room in self.root.glob(".draft-*"):
            try:
                with (room / ".lock").open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(room, ignore_errors=True)
            except FileNotFoundError:  # its owner died while making or removing it
                shutil.rmtree(room, ignore_errors=True)
            except OSError:
                continue  # its owner lives

    def unwritable(self, error: OSError) -> KaoheError:
        """What to say when its disk refuses."""
        return KaoheError(
            f"the lake {self.root} cannot be written: {error.strerror}; no evidence was changed",
            zh=f"数据湖 {self.root} 写不进去：{os_words(error)}；证据没有任何变动",
        )
