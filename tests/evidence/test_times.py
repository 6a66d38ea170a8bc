"""When a conversation was opened: the instant, and the local day and second that file it."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evidence.cleaning import statements
from engine.evidence.duck import connect
from engine.evidence.kinds import SESSIONS
from engine.evidence.opened import SOUND, OpenedFile

READ = {  # text → local time in Shanghai
    "2026-03-02T10:00:00+08:00": "2026-03-02 10:00:00",
    "2026-03-02 10:00:00+08:00": "2026-03-02 10:00:00",
    "2026-03-02T10:00:00+0800": "2026-03-02 10:00:00",
    "2026-03-02T10:00:00+08": "2026-03-02 10:00:00",
    "2026-03-02T10:00+08:00": "2026-03-02 10:00:00",
    "2026-03-02T10:00:00": "2026-03-02 10:00:00",
    "2026-03-02 10:00": "2026-03-02 10:00:00",
    "  2026-03-02 10:00  ": "2026-03-02 10:00:00",
    "2026-03-02T02:00:00Z": "2026-03-02 10:00:00",
    "2026-03-02T02:00Z": "2026-03-02 10:00:00",
    "2026-03-01T21:30:00-04:30": "2026-03-02 10:00:00",
    "2026-03-01T22:00-0400": "2026-03-02 10:00:00",
    "2026-03-02T16:00:00+14:00": "2026-03-02 10:00:00",
    "2026-03-01T14:00:00-12": "2026-03-02 10:00:00",
    "2026-03-02T02:00:00-00:00": "2026-03-02 10:00:00",
    "2026-03-02T10:00:00.5": "2026-03-02 10:00:00.500000",
    "2026-03-02T10:00:00.123456+08:00": "2026-03-02 10:00:00.123456",
    "2026-03-02T10:00:00.123456789": "2026-03-02 10:00:00.123456",
    "2026-03-02T23:59:59.999999999": "2026-03-02 23:59:59.999999",  # cut, never rounded into the next day
    "2026-03-02T15:59:59.999999999Z": "2026-03-02 23:59:59.999999",
    "2026-03-02T15:59:59Z": "2026-03-02 23:59:59",
    "2026-03-02T16:00:00Z": "2026-03-03 00:00:00",
    "2026-03-02T23:59:59": "2026-03-02 23:59:59",
    "2026-03-03T00:00:00": "2026-03-03 00:00:00",
    "2026-03-02T24:00:00": "2026-03-03 00:00:00",  # ISO 8601 knows the end of a day by its own name
    "2026-03-02T24:00": "2026-03-03 00:00:00",
    "2026-03-02T24:00:00+08:00": "2026-03-03 00:00:00",
    "2026-03-02T24:00:00Z": "2026-03-03 08:00:00",
    "2026/10/26 10:00": "2026-10-26 10:00:00",  # as spreadsheets write it
    "2026/10/26 10:00:05": "2026-10-26 10:00:05",
    "2026/3/2 9:05": "2026-03-02 09:05:00",
    "2026/03/02 09:05": "2026-03-02 09:05:00",
    "2026/3/12 0:00:59": "2026-03-12 00:00:59",
    "2026-12-31T23:59:59": "2026-12-31 23:59:59",
    "2024-02-29T12:00:00": "2024-02-29 12:00:00",
    "2000-02-29T12:00:00": "2000-02-29 12:00:00",
    "2000-01-01T00:00:00": "2000-01-01 00:00:00",
    "1999-12-31T16:00:00Z": "2000-01-01 00:00:00",
    "2099-12-31T23:59:59.999999": "2099-12-31 23:59:59.999999",
    "2099-12-31T15:59:59Z": "2099-12-31 23:59:59",
}
NOT_TIMES = [
    "2026/3/2",
    "26/3/2 10:00",
    "2/3/2026 10:00",
    "2026/3/2T10:00",
    "2026/3/2 10",
    "2026/3/2 10:00+08:00",
    "2026/3/2 10:00:00.5",
    "2026/2/30 10:00",
    "2026/13/1 10:00",
    "2026/3/2 10:60",
    "2026/3/2 25:00",
    "2026-3-2 10:00",
    "2026-03-02",
    "2026-03-02T",
    "2026-03-02T10",
    "10:00:00",
    "2026-03-02T10:00:00 +08:00",
    "2026-03-02T10:00:00+8",
    "2026-03-02T10:00:00+15:00",
    "2026-03-02T10:00:00+08:60",
    "2026-03-02T10:00:00+08:00:00",
    "2026-03-02T10:00:00 Asia/Shanghai",
    "2026-03-02T10:00:00z",
    "2026-03-02t10:00:00",
    "2026-03-02  10:00:00",
    "2026-03-02T10:00:00,5",
    "2026-03-02T10:00:00.",
    "2026-03-02T10:00:00.1234567890",
    "2026-03-02T24:00:01",
    "2026-03-02T24:01",
    "2026-03-02T25:00:00",
    "2026-03-02T10:60:00",
    "2026-03-02T23:59:60",
    "2026-02-29T10:00:00",
    "2026-02-30T10:00:00Z",
    "2026-04-31T10:00:00",
    "2026-13-01T10:00:00",
    "2026-00-10T10:00:00",
    "2026-03-00T10:00:00",
    "2026-3-2T10:00:00",
    "02.03.2026 10:00",
    "20260302T100000Z",
    "2026-W10-1T10:00:00",
    "26-03-02T10:00:00",
    "12026-03-02T10:00:00",
    "-2026-03-02T10:00:00",
    "２０２６-03-02T10:00:00",
    "1772416800",
    "1772416800000",
    "epoch",
    "infinity",
    "-infinity",
    "now",
    "today",
    "null",
    "0",
    "2026-03-02T10:00:00\n",
    "2026-03-02T10:00:00 (BC)",
]
OUTSIDE = [
    "1999-12-31T23:59:59",
    "1999-12-31T15:59:59.999999Z",
    "2100-01-01T00:00:00",
    "2099-12-31T16:00:00Z",
    "2100-01-01T07:59:59+08:00",
    "1970-01-01T00:00:00Z",
    "0000-01-01T00:00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2262-04-12T00:00:00Z",
]


def filed(house, *times):
    """What comes of openings at these times: (local time, or None if refused) in their order, and the faults."""
    rows = [{"session": f"{n:04}", "opened_at": time} for n, time in enumerate(times)]
    faults = house.take(house.csv("times.csv", *rows), show_values=True).faults
    kept = {
        int(session): datetime.combine(day, datetime.min.time()) + timedelta(seconds=second, microseconds=micro)
        for session, day, second, micro in house.rows("session", "day", "second", "epoch_us(opened_at) % 1000000")
    }
    return [kept.get(n) for n in range(len(times))], faults


def test_a_time_is_filed_under_its_local_day_and_second(house):
    found, faults = filed(house, *READ)
    assert not faults
    assert dict(zip(READ, map(str, found), strict=True)) == READ


def test_what_is_no_time_is_refused(house):
    found, faults = filed(house, *NOT_TIMES)
    assert found == [None] * len(NOT_TIMES)
    assert [(fault.column, fault.reason) for fault in faults] == [
        ("opened_at", "not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00")
    ] * len(found)


def test_years_before_2000_and_after_2099_are_refused_by_the_local_day(house):
    found, faults = filed(house, *OUTSIDE)
    assert found == [None] * len(OUTSIDE)
    assert [fault.reason for fault in faults] == ["outside the years 2000 to 2099"] * len(OUTSIDE)


def test_instants_are_stored_in_utc(house):
    house.take(
        house.csv(
            "a.csv",
            {
                "opened_at": "2026-03-02T00:30:00",
                "first_human_reply_at": "2026-03-01T18:00:00.25Z",
                "closed_at": "2026-03-02T00:00:00-05:00",
            },
        )
    )
    [row] = house.rows()
    assert row["opened_at"] == datetime(2026, 3, 1, 16, 30)
    assert row["first_human_reply_at"] == datetime(2026, 3, 1, 18, 0, 0, 250000)
    assert row["closed_at"] == datetime(2026, 3, 2, 5, 0)
    assert (row["day"], row["second"]) == (date(2026, 3, 2), 1800)
    assert list(house.live()) == [("xiaohongshu", "2026-03-02")]


OFFSETS = st.integers(-14 * 60 + 1, 14 * 60 - 1)


@pytest.fixture(scope="module")
def reading():
    """Reads one time as an import would: the instant (naive UTC), local day and second, or None if it is refused."""
    con = connect()
    file = OpenedFile(
        None, "csv", f"SELECT 1 AS record, ?::VARCHAR AS opened_at, {SOUND} AS defect", ("opened_at",), ()
    )
    given = {"platform": "kuaishou", "shop": "s", "session": "a"}
    rows = statements(file, SESSIONS, given, bytes(32)).rows

    def read(text):
        bad, *found = con.execute(f"SELECT bad, opened_at, day, second FROM ({rows})", [text]).fetchone()
        return None if bad else tuple(found)

    yield read
    con.close()


@settings(deadline=None)
@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)),
    OFFSETS,
    st.sampled_from("T "),
    st.booleans(),
)
def test_every_instant_of_the_century_is_read_as_python_reads_it(reading, time, offset, between, colon):
    sign = "-" if offset < 0 else "+"
    zone = f"{sign}{abs(offset) // 60:02}{':' if colon else ''}{abs(offset) % 60:02}"
    utc = time - timedelta(minutes=offset)
    local = utc + timedelta(hours=8)
    second = local.hour * 3600 + local.minute * 60 + local.second
    assert reading(time.isoformat(between) + zone) == (utc, local.date(), second)


@settings(deadline=None)
@given(
    st.text(max_size=30)
    | st.from_regex(r"\d{1,5}[-/.]\d{1,2}[-/.]\d{1,2}[T ]\d{1,2}:\d{1,2}(:\d{1,2})?\w*", fullmatch=True)
)
def test_no_text_at_all_stops_the_reading_of_times(reading, text):
    assert reading(text) is None or text[:4].strip().isdecimal()
