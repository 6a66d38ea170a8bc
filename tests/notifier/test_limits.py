from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.database import reading, transaction
from engine.ledger.tables import Notice
from notifier.routing.limits import attempted, next_opening, retracted, room, slots
from notifier.routing.model import Hours, Limits
from notifier.routing.recipients import FORM_LIMITS
from tests.notifier.routings import hours

CHINA = timedelta(hours=8)
MINUTE = timedelta(minutes=1)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
NOW = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)  # 10:30 in Shanghai
K7 = FORM_LIMITS["sms"]


def at_minute(instant):
    local = instant + CHINA
    return local.hour * 60 + local.minute


def is_open(hours, instant):
    """Whether it is open, counted minute by minute from the opening on."""
    length = (hours.closes - hours.opens - 1) % 1440 + 1
    return (at_minute(instant) - hours.opens) % 1440 < length


@given(hours, instants)
def test_the_next_opening_is_the_first_open_instant_that_is_not_before_now(hours, now):
    found = next_opening(hours, now)
    assert found >= now
    assert is_open(hours, found)
    assert hours.open_at((found + CHINA).time())
    if found > now:
        assert not is_open(hours, now)
        minute = now
        while minute < found:  # every minute up to there is closed
            assert not is_open(hours, minute)
            minute += MINUTE
        assert not is_open(hours, found - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (Hours(480, 1440), "2026-03-10T07:59:59.999999", "2026-03-10T08:00"),
        (Hours(480, 1440), "2026-03-10T08:00", "2026-03-10T08:00"),
        (Hours(480, 1440), "2026-03-10T23:59:59", "2026-03-10T23:59:59"),
        (Hours(480, 1440), "2026-03-11T00:00", "2026-03-11T08:00"),
        (Hours(1320, 360), "2026-03-10T05:59:59", "2026-03-10T05:59:59"),
        (Hours(1320, 360), "2026-03-10T06:00", "2026-03-10T22:00"),
        (Hours(1320, 360), "2026-12-31T23:30", "2026-12-31T23:30"),
        (Hours(540, 541), "2026-12-31T09:01", "2027-01-01T09:00"),
        (Hours(), "2026-03-10T03:00", "2026-03-10T03:00"),
    ],
)
def test_hours_are_those_of_shanghai_and_a_span_ends_before_its_last_minute(hours, now, opens):
    at, then = (datetime.fromisoformat(f"{text}+08:00") for text in (now, opens))
    assert next_opening(hours, at) == then


@given(instants)
def test_the_natural_hour_and_day_are_shanghais_whatever_the_offset_of_now(now):
    found = slots(now)
    assert slots(now.astimezone(ZoneInfo("Asia/Kolkata"))) == found
    assert found.hour <= now < found.next_hour == found.hour + timedelta(hours=1)
    assert found.day <= now < found.next_day == found.day + timedelta(days=1)
    assert at_minute(found.hour) % 60 == 0
    assert at_minute(found.day) == 0


def notices(ledger, tried, recipient="+8613800001234", channel="aliyun-sms"):
    """Put notices on record: the attempts of each as (when, whether nobody has refused it), the latest last."""
    told = {"event": "violation.opened", "client": "acme", "language": "en", "template": "", "subject": "", "body": ""}
    with transaction(ledger) as session:
        for number, attempts in enumerate(tried):
            days = {"due_at": NOW, "next_attempt_at": NOW, "created_at": NOW}
            name = f"{recipient}-{channel}-{number}-{attempts[:1]}"
            row = Notice(key=name, recipient=recipient, channel=channel, state="sent", **told, **days)
            session.add(row)
            session.flush()
            for at, stands in attempts:
                attempted(session, [row], at)
                session.flush()
                if not stands:
                    retracted(session, row)


def left(ledger, limits, now=NOW, recipient="+8613800001234", channel="aliyun-sms"):
    with reading(ledger) as session:
        return room(session, channel, recipient, limits, now)


def test_without_caps_there_is_nothing_to_count(ledger):
    assert left(ledger, Limits(Hours(480, 1440))) is None


def counted(tried, since):
    """The naive count: all that may have reached somebody since then."""
    return sum(stands and at >= since for attempts in tried for at, stands in attempts)


@pytest.mark.parametrize("seed", range(4))
def test_room_is_what_a_naive_count_leaves_of_the_hour_and_of_the_day(ledger, seed):
    random = Random(seed)
    now = datetime(2026, 3, 10, random.choice([0, 2, 15, 16]), random.randrange(60), tzinfo=UTC)
    tried = []
    for _ in range(40):
        longest = random.choice([90, 2000])
        ago = sorted((random.randrange(longest) for _ in range(random.randrange(4))), reverse=True)
        tried.append([(now - timedelta(minutes=one), random.random() < 0.7) for one in ago])
    notices(ledger, tried)
    notices(ledger, [[(now, True)]], recipient="+8613900000000")
    notices(ledger, [[(now, True)]], channel="tencent-sms")
    hour = now.replace(minute=0)
    day = (now + CHINA).replace(hour=0, minute=0) - CHINA
    of_hour, of_day = counted(tried, hour), counted(tried, day)
    for per_hour in (None, 1, of_hour, of_hour + 1, of_hour + 3):
        for per_day in (None, 1, of_day, of_day + 1, of_day + 2):
            if (per_hour, per_day) == (None, None) or 0 in (per_hour, per_day):
                continue
            rests = [max(0, most - used) for most, used in ((per_hour, of_hour), (per_day, of_day)) if most is not None]
            found, again = left(ledger, Limits(Hours(480, 1440), per_hour, per_day), now)
            assert found == min(rests)
            blocked = per_day is not None and of_day >= per_day
            if found == 0:
                wait = day + timedelta(days=1) if blocked else hour + timedelta(hours=1)
                assert again == next_opening(Hours(480, 1440), wait)


def test_reminders_go_out_as_kuaishou_sends_its_own_twice_an_hour_and_twenty_a_day_from_eight_to_midnight(ledger):
    """A day of somebody who would be told every ten minutes: 08, 09, … 17 o'clock, twice each, and then no more."""
    start = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    sent = []
    for step in range(6 * 24 * 2):
        now = start + step * timedelta(minutes=10)
        found = left(ledger, K7, now)
        if next_opening(K7.hours, now) == now and found[0]:
            notices(ledger, [[(now, True)]])
            sent.append(now + CHINA)
    days = [[at for at in sent if at.day == day] for day in (10, 11)]
    assert [len(day) for day in days] == [20, 20]
    for day in days:
        assert [(at.hour, at.minute) for at in day] == [(8 + n // 2, n % 2 * 10) for n in range(20)]


@pytest.mark.parametrize(
    ("sent", "now", "again"),
    [
        (["10:01", "10:20"], "10:30", "11:00"),
        (["23:01", "23:20"], "23:30", "next 08:00"),
        ([f"{8 + n // 2:02}:{n % 2 * 10:02}" for n in range(20)], "18:00", "next 08:00"),
        ([f"{8 + n // 2:02}:{n % 2 * 10:02}" for n in range(20)], "17:30", "next 08:00"),
    ],
)
def test_what_finds_no_room_may_come_when_the_next_hour_or_day_opens(ledger, sent, now, again):
    day = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)

    def at(text):
        clock = text.removeprefix("next ")
        hours, minutes = map(int, clock.split(":"))
        return day + timedelta(days="next" in text, hours=hours, minutes=minutes)

    notices(ledger, [[(at(text), True)] for text in sent])
    assert left(ledger, K7, at(now)) == (0, at(again))
