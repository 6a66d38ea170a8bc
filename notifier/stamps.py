"""By what it is seen that a file of one's own has changed: a worker runs for months, and files are mended meanwhile."""

from __future__ import annotations

import stat
from pathlib import Path

Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """What changes when this file is written, replaced or opened to other readers; None where there is no file."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # it may be there: reading it says why it cannot be read
        return (0, 0, 0)
    return (found.st_ctime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None
