"""The hours of a day that an assessment counts, such as 08:00-24:00: seconds of the local day, half-open."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import KaoheError

DAY_SECONDS = 86_400
FORM = "hours are written like 08:00-24:00"
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class Hours:
    """From second `start` of the local day up to, but without, second `end`; 24:00 is 86400.

    The second of the day is what the wall clock shows, so it is the same hours on the days when clocks jump.

    >>> hours = parse_hours("08:00-24:00")
    >>> 8 * 3600 in hours, 8 * 3600 - 1 in hours, 86_399 in hours
    (True, False, True)
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start <= DAY_SECONDS and 0 <= self.end <= DAY_SECONDS):
            raise KaoheError(
                f"hours lie within the seconds 0 to {DAY_SECONDS} of a day, not {self.start} to {self.end}"
            )
        if self.start == self.end:
            raise KaoheError(f"the hours {self} are empty: the end itself is not counted; {FORM}")
        if self.end == 0:
            raise KaoheError(f"the hours {self} end before they start; the end of the day is 24:00")
        if self.start > self.end:
            raise KaoheError(
                f"the hours {self} run over midnight, and so would belong to two days; "
                f"say {_clock(self.start)}-24:00 or 00:00-{_clock(self.end)}, a counter for each"
            )

    def __contains__(self, second: int) -> bool:
        return self.start <= second < self.end

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end)}"


def parse_hours(text: str) -> Hours:
    """The hours that `text` says: `HH:MM-HH:MM`, or with seconds. Raises KaoheError with the expected form.

    >>> str(parse_hours("09:00-23:00")), parse_hours("00:00-24:00")
    ('09:00-23:00', Hours(start=0, end=86400))
    >>> parse_hours("8-24")
    Traceback (most recent call last):
    ...
    engine.errors.KaoheError: '8-24' is not a range of hours; hours are written like 08:00-24:00
    """
    start, dash, end = text.partition("-")
    if not dash:
        raise KaoheError(f"{text!r} is not a range of hours; {FORM}")
    return Hours(_second(start, text), _second(end, text))


def _second(clock: str, text: str) -> int:
    found = _CLOCK.fullmatch(clock)
    if not found:
        raise KaoheError(f"{text!r} is not a range of hours; {FORM}")
    hour, minute, second = (int(part or 0) for part in found.groups())
    total = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or total > DAY_SECONDS:
        raise KaoheError(f"{clock!r} in {text!r} is no time of day; times run from 00:00 to 24:00")
    return total


def _clock(second: int) -> str:
    minutes, rest = divmod(second, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{rest:02d}" if rest else "")
