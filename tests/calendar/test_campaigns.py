"""Campaigns: instants decide, and the cycle names the days that they touch.

Generated cases here: 150.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.calendar.assessment import AssessedOn
from engine.calendar.campaigns import Campaign, campaign_cycles, due_campaigns
from engine.calendar.cycles import parse_cycle
from engine.errors import KaoheError, UnknownNameError

NEXT_DAY = AssessedOn(time(10), day="next")


def campaign(name: str, starts: str, ends: str, zone: str = "Asia/Shanghai") -> Campaign:
    return Campaign(name, datetime.fromisoformat(starts), datetime.fromisoformat(ends), zone)


FESTIVAL = campaign("2026-618", "2026-05-31T20:00+08:00", "2026-06-21T00:00+08:00")
NIGHT = campaign("夜场.1", "2026-06-01T20:00+08:00", "2026-06-02T02:00+08:00")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2035-01-01")),
    st.integers(1, 40 * 24),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_cycle_of_a_campaign_is_every_local_day_on_which_it_runs(naive: datetime, hours: int, zone: str) -> None:
    starts = naive.replace(tzinfo=UTC, minute=0, second=0, microsecond=0)
    festival = Campaign("x", starts, starts + timedelta(hours=hours), zone)
    quarters = (starts + n * timedelta(minutes=15) for n in range(4 * hours))
    shown = {quarter.astimezone(ZoneInfo(zone)).date() for quarter in quarters}
    assert set(festival.cycle().days()) == shown
    assert starts in festival
    assert festival.ends - timedelta(microseconds=1) in festival.window()
    assert festival.ends not in festival


def test_a_campaign_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    assert FESTIVAL.cycle().last == date(2026, 6, 20)
    assert campaign("b", "2026-05-31T20:00+08:00", "2026-06-21T00:00:01+08:00").cycle().last == date(2026, 6, 21)


def test_a_campaign_is_found_by_its_key() -> None:
    cycles = campaign_cycles([FESTIVAL, NIGHT])
    assert parse_cycle("campaign:2026-618", campaigns=cycles) == FESTIVAL.cycle()
    assert parse_cycle(NIGHT.cycle().key, campaigns=cycles) == NIGHT.cycle()


def test_campaigns_are_due_by_the_clocks_of_their_own_zone() -> None:
    abroad = campaign("berlin", "2026-06-01T00:00+02:00", "2026-06-21T00:00+02:00", "Europe/Berlin")
    campaigns = [abroad, FESTIVAL, NIGHT]

    def due(now: str, after: str | None = None) -> list[str]:
        since = datetime.fromisoformat(after) if after else None
        cycles = due_campaigns(campaigns, NEXT_DAY, date(2026, 6, 1), datetime.fromisoformat(now), since)
        return [c.key for c in cycles]

    assert due("2026-06-21T09:59+08:00") == ["campaign:夜场.1"]
    assert due("2026-06-21T10:00+08:00") == ["campaign:2026-618", "campaign:夜场.1"]
    assert due("2026-06-21T10:00+02:00", after="2026-06-21T10:00+08:00") == ["campaign:berlin"]


def test_a_campaign_before_the_first_day_is_not_due() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert due_campaigns([FESTIVAL, NIGHT], NEXT_DAY, date(2026, 6, 20), now) == [FESTIVAL.cycle()]
    assert due_campaigns([FESTIVAL, NIGHT], NEXT_DAY, date(2026, 6, 21), now) == []


def test_two_campaigns_do_not_share_a_name() -> None:
    with pytest.raises(KaoheError, match="two campaigns are called 2026-618; a name is used once"):
        campaign_cycles([FESTIVAL, FESTIVAL])


@pytest.mark.parametrize("name", ["", "two words", "-x", "a:b", "a/b", "x\n"])
def test_a_name_that_would_spoil_a_key_is_refused(name: str) -> None:
    with pytest.raises(KaoheError, match="cannot name a campaign; use letters, digits"):
        campaign(name, "2026-05-31T20:00+08:00", "2026-06-21T00:00+08:00")


def test_a_campaign_must_end_after_it_starts() -> None:
    with pytest.raises(
        KaoheError, match=r"^campaign x must end after it starts, not run from 2026-06-01T00:00:00\+08:00"
    ):
        campaign("x", "2026-06-01T00:00+08:00", "2026-06-01T00:00+08:00")


def test_a_campaign_refuses_an_unknown_zone_at_once() -> None:
    with pytest.raises(UnknownNameError, match="unknown time zone 'Asia/Shangai'"):
        campaign("x", "2026-06-01T00:00+08:00", "2026-06-02T00:00+08:00", "Asia/Shangai")
