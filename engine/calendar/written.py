"""Days as people write them: ISO 8601, or the year first with slashes or 年月日. Nothing that could be another day."""

from __future__ import annotations

import re
from datetime import date

_YEAR_FIRST = re.compile(r"(\d{4})(?:/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)", re.ASCII)


def written_day(text: str) -> date:
    """The day that a text says. Raises ValueError where it says none.

    >>> written_day("2026/9/1") == written_day("2026年9月1日") == written_day("2026-09-01")
    True
    """
    found = _YEAR_FIRST.fullmatch(text.strip())
    if found is None:
        return date.fromisoformat(text)
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return date(year, month, day)
