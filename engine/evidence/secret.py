"""The key that seals buyers' ids: one per installation, in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from engine.errors import KaoheError


def load_secret(path: Path) -> bytes:
    """The key in `path` (32 bytes, hex), made on first use. Losing it makes every stored buyer a stranger."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        if not path.exists():
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_hex(32))
                stream.flush()
                os.fsync(stream.fileno())
            try:
                os.link(draft, path)  # the first of two processes wins; the other takes what is there
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise KaoheError(f"{path}: the key that seals buyers' ids cannot be read or made: {error}") from error
    if len(key) != 32:
        raise KaoheError(f"{path}: the key that seals buyers' ids must be 64 hexadecimal digits")
    return key
