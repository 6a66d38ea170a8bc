"""Campaigns: cycles that a platform announces with a start and an end instant, such as a shopping festival.

Instants decide what belongs to a campaign, since it may begin at 20:00; its cycle names the local days that
it touches, so that it has a first day (which chooses the version of a rule) and a last (which the assessment
day follows).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.calendar.assessment import AssessedOn, due_among
from engine.calendar.cycles import CAMPAIGN, Cycle
from engine.calendar.windows import Window
from engine.calendar.zones import local_day, utc
from engine.errors import KaoheError

_NAME = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff._-]*")


@dataclass(frozen=True, slots=True)
class Campaign:
    """From the instant `starts` up to, but without, `ends`. Kept in UTC; its days are those of `zone`.

    >>> festival = Campaign(
    ...     "2026-618",
    ...     datetime.fromisoformat("2026-05-31T20:00+08:00"),
    ...     datetime.fromisoformat("2026-06-21T00:00+08:00"),
    ...     "Asia/Shanghai",
    ... )
    >>> cycle = festival.cycle()
    >>> cycle.key, cycle.first.isoformat(), cycle.last.isoformat()
    ('campaign:2026-618', '2026-05-31', '2026-06-20')
    >>> datetime.fromisoformat("2026-05-31T19:59+08:00") in festival
    False
    """

    name: str
    starts: datetime
    ends: datetime
    zone: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise KaoheError(f"{self.name!r} cannot name a campaign; use letters, digits, . _ and -, like 2026-618")
        starts, ends = utc(self.starts), utc(self.ends)
        if starts >= ends:
            raise KaoheError(
                f"campaign {self.name} must end after it starts, "
                f"not run from {self.starts.isoformat()} to {self.ends.isoformat()}"
            )
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "ends", ends)
        local_day(self.starts, self.zone)  # an unknown zone is refused here, not when a cycle is asked for

    def __contains__(self, instant: datetime) -> bool:
        return instant in self.window()

    def window(self) -> Window:
        """The campaign's instants."""
        return Window(self.starts, self.ends)

    def cycle(self) -> Cycle:
        """The local days that the campaign touches; an end at 00:00 does not touch the next day."""
        first = local_day(self.starts, self.zone)
        last = local_day(self.ends - timedelta(microseconds=1), self.zone)
        # Where clocks are set back over midnight, a campaign of minutes may end on the day before it starts.
        return Cycle(CAMPAIGN, f"campaign:{self.name}", min(first, last), max(first, last))


def campaign_cycles(campaigns: Iterable[Campaign]) -> Mapping[str, Cycle]:
    """The cycles by campaign name, as `parse_cycle` takes them. Raises KaoheError where two share a name."""
    cycles: dict[str, Cycle] = {}
    for campaign in campaigns:
        if campaign.name in cycles:
            raise KaoheError(f"two campaigns are called {campaign.name}; a name is used once")
        cycles[campaign.name] = campaign.cycle()
    return cycles


def due_campaigns(
    campaigns: Iterable[Campaign],
    assessed: AssessedOn,
    first_day: date,
    now: datetime,
    after: datetime | None = None,
) -> list[Cycle]:
    """The cycles of the campaigns that are due, each by its own zone; otherwise as `due_cycles`."""
    return sorted(
        cycle
        for campaign in campaigns
        for cycle in due_among([campaign.cycle()], assessed, campaign.zone, now, after)
        if cycle.last >= first_day
    )
