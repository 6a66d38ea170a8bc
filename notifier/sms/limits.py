"""Until when a provider wants to be left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

PROVIDERS = ZoneInfo("Asia/Shanghai")  # whose days both providers count by


def next_day(now: datetime) -> datetime:
    """The beginning of the next day in China."""
    midnight = now.astimezone(PROVIDERS).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)
