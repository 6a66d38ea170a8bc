"""Instants for people: in the zone of the platform that they concern, and saying which that is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from console.desk import LOCAL_ZONE
from engine.rulebook.platforms import PLATFORMS


def local_time(instant: datetime, platform: str | None = None) -> str:
    """The instant to the second, with its distance from UTC.

    >>> from datetime import UTC
    >>> local_time(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    '2026-03-10 10:00:00+08:00'
    """
    known = PLATFORMS.get(platform or "")
    local = instant.astimezone(ZoneInfo(known.zone if known else LOCAL_ZONE))
    return local.isoformat(sep=" ", timespec="seconds")
