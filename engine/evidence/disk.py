"""Names that survive a power failure: a file is only as safe as the entries of the directories above it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Put the names in `directory` on disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(directory: Path) -> None:
    """Make `directory` and those above it that are missing, and put their names on disk."""
    missing = [d for d in (directory, *directory.parents) if not d.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_directory(made.parent)


def make_once(path: Path, text: str, mode: int) -> None:
    """Make the file `path`, whole and on disk, with its directory; the first of several processes wins.

    The others leave it as it is, so whoever wants to know what it holds reads it afterwards.
    """
    make_directory(path.parent)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as stream:
            os.fchmod(handle, mode)
            stream.write(text)
            stream.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
    sync_directory(path.parent)
