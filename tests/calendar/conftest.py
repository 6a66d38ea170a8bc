"""The reckoning of local times that the tests of zones and of assessment instants compare with.

One run of this directory generates 6,650 cases; each file says how many are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest


@pytest.fixture(scope="session")
def reckoned_instant() -> Callable[[date, time, str], datetime]:
    """The UTC instant of a local time, found by trying every offset that the zone has near that day.

    A candidate counts if the clocks really show that time then; of two, the earlier. If none does, the clocks
    jumped over it, and the offset before a jump forward is the smaller one. Python's `fold` plays no part.
    """

    def reckoned(day: date, at: time, zone: str) -> datetime:
        wall = datetime.combine(day, at.replace(fold=0))
        clocks = ZoneInfo(zone)
        offsets = set()
        for days in range(-2, 3):
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=days)
            offsets.add(noon.astimezone(clocks).replace(tzinfo=UTC) - noon)
        candidates = [(wall - offset).replace(tzinfo=UTC) for offset in offsets]
        shown = [c for c in candidates if c.astimezone(clocks).replace(tzinfo=None, fold=0) == wall]
        return min(shown) if shown else max(candidates)

    return reckoned
