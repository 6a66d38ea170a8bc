"""The key that seals buyers' ids: one per installation, in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from engine.errors import KaoheError
from engine.evidence.disk import make_directory, sync_directory


def load_secret(path: Path) -> bytes:
    """The key in `path` (32 bytes, hex), made on first use. Losing it makes every stored buyer a stranger."""
    try:
        if not path.exists():
            _make(path)
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise KaoheError(f"{path}: the key that seals buyers' ids cannot be read or made: {error}") from error
    if len(key) != 32:
        raise KaoheError(f"{path}: the key that seals buyers' ids must be 64 hexadecimal digits")
    return key


def _make(path: Path) -> None:
    make_directory(path.parent)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(32))
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):  # the first of two processes wins; the other takes what is there
            os.link(draft, path)
    finally:
        Path(draft).unlink()
    sync_directory(path.parent)
