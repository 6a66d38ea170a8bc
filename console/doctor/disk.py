"""Is there room left where kaohe writes?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from console.doctor.finding import Finding, ok
from engine.rulebook.model import Text

SUBJECT = "disk"
TOO_LITTLE = 512 << 20  # bytes: an import of a day, its tallies and the ledger's own log
LITTLE = 5 << 30
MEND = Text("请腾出空间，或把 home、lake 移到更大的盘", "make room, or move home or lake to a larger disk")


class Usage(Protocol):
    """What is known of a disk, in bytes."""

    @property
    def free(self) -> int:
        """What is left of it."""
        ...


def check_disk(places: Sequence[Path], usage: Callable[[Path], Usage] = shutil.disk_usage) -> list[Finding]:
    """The room left on the disk of each of `places`, each disk once; of a place that is not there, on its parent's."""
    found, seen = [], set()
    for place in places:
        there = next(p for p in (place, *place.parents) if p.exists())
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        found.append(_room(place, usage(there).free))
    return found


def _room(place: Path, free: int) -> Finding:
    left = f"{free / (1 << 30):,.1f} GiB"
    if free >= max(LITTLE, TOO_LITTLE):
        return ok(SUBJECT, f"{place} 所在的盘剩余 {left}", f"{left} left on the disk of {place}")
    what = Text(f"{place} 所在的盘只剩 {left}", f"only {left} left on the disk of {place}")
    return Finding(SUBJECT, "wrong" if free < TOO_LITTLE else "warning", what, MEND)
