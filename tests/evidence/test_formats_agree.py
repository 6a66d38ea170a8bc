"""The same rows are the same evidence, byte for byte, however they come."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from engine.evidence.kinds import SESSIONS

ROWS = [
    {
        "platform": ("xiaohongshu", "kuaishou")[n % 2],
        "shop": ("s1", "小禾家的店", 'O\'Neil "x"; --')[n % 3],
        "session": f"c-{n:03}",
        "buyer": f"买家{n % 7}" if n % 4 else None,
        "agent": f"客服{n % 3}" if n % 5 else None,
        "opened_by": ("buyer", "agent", "system")[n % 3],
        "opened_at": f"2026-03-{2 + n % 4:02}T{n % 24:02}:00:00.{n:06}+08:00",
        "first_human_reply_at": f"2026-03-{2 + n % 4:02}T{n % 24:02}:02:00+08:00" if n % 3 else None,
        "closed_at": f"2026-03-{3 + n % 4:02}T{n % 24:02}:02:00+08:00" if n % 2 else None,
    }
    for n in range(40)
]
TIMES = [c.name for c in SESSIONS.columns if c.type == "instant"]


def with_times(convert):
    return [row | {name: row[name] and convert(datetime.fromisoformat(row[name])) for name in TIMES} for row in ROWS]


@pytest.fixture(scope="module")
def content(new_house):
    """The generations that an installation has after taking files, one import each, made by `write(house)`."""

    def taken(*writes):
        house = new_house()
        for write in writes:
            house.take(*write(house))
        assert house.sound()
        assert len(house.rows()) == len(ROWS)
        return house.live()

    return taken


@pytest.fixture(scope="module")
def expected(content):
    """What ROWS give as one plain CSV."""
    return content(lambda house: [house.csv("a.csv", *ROWS)])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_a_csv_may_have_any_delimiter_and_line_end(content, expected, delimiter, end):
    style = {"delimiter": delimiter, "lineterminator": end, "bom": end == "\r\n"}
    assert content(lambda house: [house.csv("a.csv", *ROWS, **style)]) == expected


@pytest.mark.parametrize("suffix", ["csv", "CSV", "tsv", "txt", "ndjson", "jsonl", "JSONL", "parquet", "pq"])
def test_the_suffix_names_the_format(content, expected, suffix):
    writer = {"ndjson": "ndjson", "jsonl": "ndjson", "parquet": "parquet", "pq": "parquet"}.get(suffix.lower(), "csv")
    assert content(lambda house: [getattr(house, writer)(f"a.{suffix}", *ROWS)]) == expected


def test_a_csv_that_quotes_everything_says_the_same(content, expected):
    assert content(lambda house: [house.csv("a.csv", *ROWS, quoting=1)]) == expected


def test_the_order_of_columns_does_not_matter(content, expected):
    columns = random.Random(1).sample(SESSIONS.names, k=len(SESSIONS.names))
    assert content(lambda house: [house.csv("a.csv", *ROWS, columns=columns)]) == expected


def test_columns_that_nobody_asked_for_do_not_matter(content, expected):
    noisy = [
        row | {"note": 'two\nlines, "quoted"', "record": "7", "day": "x", "defect": "y", "blank": "z"} for row in ROWS
    ]
    assert content(lambda house: [house.csv("a.csv", *noisy)]) == expected
    assert content(lambda house: [house.ndjson("a.ndjson", *noisy)]) == expected
    assert content(lambda house: [house.parquet("a.parquet", *noisy)]) == expected


def test_the_form_of_times_does_not_matter(content, expected):
    utc = with_times(lambda t: t.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d %H:%M:%S.%fZ"))
    local = with_times(lambda t: t.strftime("%Y-%m-%d %H:%M:%S.%f"))
    kathmandu = with_times(lambda t: t.astimezone(ZoneInfo("Asia/Kathmandu")).strftime("%Y-%m-%dT%H:%M:%S.%f000%z"))
    for rows in (utc, local, kathmandu):
        assert content(lambda house, rows=rows: [house.csv("a.csv", *rows)]) == expected


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_times_of_parquet_may_be_instants_or_local_times(content, expected, unit):
    for zone in ("UTC", "America/New_York"):
        instants = dict.fromkeys(TIMES, pa.timestamp(unit, zone))
        assert content(lambda h, t=instants: [h.parquet("a.parquet", *with_times(lambda t: t), types=t)]) == expected
    local = dict.fromkeys(TIMES, pa.timestamp(unit))
    naive = with_times(lambda t: t.replace(tzinfo=None))
    assert content(lambda house: [house.parquet("a.parquet", *naive, types=local)]) == expected


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", range(6))
def test_neither_order_nor_division_matters(content, expected, seed):
    """Rows shuffled, divided among files of all formats, and those among imports."""
    chance = random.Random(seed)
    rows = chance.sample(ROWS, k=len(ROWS))
    cuts = sorted(chance.sample(range(1, len(rows)), k=chance.randrange(1, 6)))
    parts = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]

    def write(house, number, part):
        form = chance.choice(["csv", "ndjson", "parquet"])
        return getattr(house, form)(f"part{number}.{form}", *part)

    imports = [[] for _ in range(chance.randrange(1, 4))]
    for number, part in enumerate(parts):
        chance.choice(imports).append((number, part))
    writes = [lambda h, parts=p: [write(h, number, part) for number, part in parts] for p in imports if p]
    assert content(*writes) == expected


def test_rows_that_come_several_times_are_one(content, expected):
    def write(house):
        return [house.csv("a.csv", *ROWS, *ROWS[:9]), house.ndjson("b.ndjson", *ROWS), house.csv("c.csv", *ROWS[5:])]

    assert content(write) == expected


def test_numbers_are_taken_as_their_text(new_house):
    rows = [{"shop": "17", "session": str(n), "agent": "-5"} for n in (0, 7, 2**63 - 1, 2**64, 10**30)]
    one, other, third = new_house(), new_house(), new_house()
    one.take(one.csv("a.csv", *rows))
    other.take(other.ndjson("a.ndjson", *({name: int(cell) for name, cell in row.items()} for row in rows)))
    assert one.live() == other.live()
    small = rows[:3]
    third.take(third.csv("a.csv", *small))
    numbers = [{name: int(cell) for name, cell in row.items()} for row in small]
    types = {"shop": pa.int8(), "session": pa.uint64(), "agent": pa.int64()}
    assert third.take(third.parquet("b.parquet", *numbers, types=types)).already_there == 3
