"""Parquet with the types that other tools give their columns."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import KaoheError
from engine.evidence.opened import UnreadableFileError

LOCAL = datetime(2026, 3, 2, 10, 0)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_without_a_zone_is_in_the_platforms_zone(house, unit):
    house.take(house.parquet("a.parquet", {"opened_at": LOCAL}, types={"opened_at": pa.timestamp(unit)}))
    assert house.rows("day::VARCHAR", "second") == [("2026-03-02", 36000)]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_a_timestamp_with_a_zone_is_the_instant_that_it_is(house, zone):
    at = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    house.take(house.parquet("a.parquet", {"opened_at": at}, types={"opened_at": pa.timestamp("us", zone)}))
    assert house.rows("day::VARCHAR", "second") == [("2026-03-02", 5400)]


def test_dictionaries_and_columns_of_nothing_are_read_as_texts(house):
    types = {"shop": pa.dictionary(pa.int8(), pa.string()), "agent": pa.null(), "buyer": pa.large_string()}
    rows = [{"session": n, "shop": s, "agent": None, "buyer": "x"} for n, s in (("a", "s1"), ("b", "s2"), ("c", "s1"))]
    house.take(house.parquet("a.parquet", *rows, types=types))
    assert house.rows("shop", "session", "agent") == [("s1", "a", None), ("s1", "c", None), ("s2", "b", None)]


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        (pa.float64(), 17.0, "DOUBLE"),
        (pa.float32(), 17.0, "FLOAT"),
        (pa.decimal128(5, 2), Decimal("17.00"), "DECIMAL(5,2)"),
        (pa.bool_(), True, "BOOLEAN"),
        (pa.binary(), "小禾".encode(), "BLOB"),
        (pa.time64("us"), time(10), "TIME"),
        (pa.list_(pa.string()), ["x"], "VARCHAR[]"),
        (pa.struct([("id", pa.string())]), {"id": "x"}, "STRUCT(id VARCHAR)"),
    ],
    ids=lambda value: str(value) if isinstance(value, pa.DataType) else "",
)
def test_a_column_whose_text_would_be_a_guess_is_refused(house, kind, value, name):
    file = house.parquet("a.parquet", {"agent": value}, types={"agent": kind})
    with pytest.raises(UnreadableFileError) as error:
        house.take(file)
    assert str(error.value) == (
        f"{file}: column 'agent' holds {name}, and text is expected; write it as text; nothing was imported"
    )


def test_days_are_no_times(house):
    file = house.parquet("a.parquet", {"opened_at": date(2026, 3, 2)}, types={"opened_at": pa.date32()})
    assert house.faults(file) == [
        "a.parquet:1: opened_at '2026-03-02': not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"
    ]


def test_times_that_no_calendar_has_are_refused(house):
    far = pa.array([2**62, -(2**62), 0], pa.timestamp("us"))
    table = pa.table({"platform": ["jd"] * 3, "shop": ["s"] * 3, "session": ["a", "b", "c"], "opened_at": far})
    pq.write_table(table, house.folder / "a.parquet")
    told = [(f.line, f.reason) for f in house.take(house.folder / "a.parquet").faults]
    assert told == [
        (1, "not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"),
        (2, "not a time; write it like 2026-03-10T10:00 or 2026/3/10 10:00"),
        (3, "outside the years 2000 to 2099"),
    ]


def test_records_are_numbered_across_row_groups(house):
    rows = [{"session": str(n), "opened_by": "?" if n in (0, 777, 999) else "buyer"} for n in range(1000)]
    table = pa.Table.from_pylist(
        [{"platform": "jd", "shop": "s", "opened_at": "2026-03-02T10:00"} | row for row in rows]
    )
    pq.write_table(table, house.folder / "a.parquet", row_group_size=100)
    assert [fault.line for fault in house.take(house.folder / "a.parquet").faults] == [1, 778, 1000]


def test_a_file_without_rows_is_legal(house):
    summary = house.take(house.parquet("a.parquet", columns=["platform", "shop", "session", "opened_at"]))
    assert (summary.read, summary.days) == (0, ())


def test_columns_come_from_the_file_and_never_from_the_names_of_directories(house):
    """`shop=…` above a file is what some tools make of a partition; it must not override what the file says."""
    place = "platform=jd/shop=other/session=x/day=1/c0=y/line=z/record=7"
    (house.folder / place).mkdir(parents=True)
    for form in ("csv", "ndjson", "parquet"):
        house.take(getattr(house, form)(f"{place}/a.{form}", {"session": form}))
    assert house.rows("platform", "shop", "session") == [
        ("xiaohongshu", "s1", "csv"),
        ("xiaohongshu", "s1", "ndjson"),
        ("xiaohongshu", "s1", "parquet"),
    ]


def corrupted(house, at):
    rows = [{"session": f"c{n}", "shop": f"s{n % 5}"} for n in range(500)]
    data = bytearray(house.parquet("whole.parquet", *rows).read_bytes())
    if at == "truncated":
        return bytes(data[: len(data) // 2])
    if at == "footer":
        data[-8:-4] = b"\xff\xff\x00\x00"
    elif at == "magic":
        data[-4:] = b"NOPE"
    else:
        data[40:200] = bytes(160)
    return bytes(data)


@pytest.mark.parametrize("at", ["truncated", "footer", "magic", "pages"])
def test_a_corrupt_file_changes_nothing(house, at):
    before = house.state()
    file = house.file("a.parquet", corrupted(house, at))
    with pytest.raises(UnreadableFileError) as error:
        house.take(house.csv("good.csv", {}), file)
    assert str(error.value).startswith(f"{file}: ")
    assert str(error.value).endswith("; nothing was imported")
    assert len(str(error.value).splitlines()) == 1
    assert house.state() == before


def test_text_that_is_not_utf8_is_refused(house):
    raw = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\4\0\0\0"), pa.py_buffer("小禾".encode("gbk"))]
    )
    table = pa.table({"platform": ["jd"], "shop": raw, "session": ["a"], "opened_at": ["2026-03-02T10:00"]})
    pq.write_table(table, house.folder / "a.parquet")
    with pytest.raises(KaoheError, match=r"a\.parquet: .*not valid UTF8.*nothing was imported"):
        house.take(house.folder / "a.parquet")
