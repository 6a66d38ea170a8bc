"""Equal content gives equal bytes, also where many threads write many row groups."""

import pyarrow.parquet as pq
import pytest

from engine.evidence import importer
from engine.evidence.duck import connect
from engine.evidence.kinds import MESSAGES

COUNT = 400_000


@pytest.fixture(scope="module")
def one_day(tmp_path_factory):
    """COUNT sessions of one day: in one file, and in two that were shuffled."""
    folder = tmp_path_factory.mktemp("day")
    con = connect()
    opened_at = "strftime(TIMESTAMP '2026-03-02' + INTERVAL (i % 86400) SECOND, '%Y-%m-%d %H:%M:%S')"
    con.execute(
        "CREATE TABLE day AS SELECT 'jd' AS platform, 's' || i % 50 AS shop, md5(i::VARCHAR) AS session, "
        f"'b' || i % 9999 AS buyer, 'a' || i % 300 AS agent, {opened_at} AS opened_at FROM range({COUNT}) t(i)"
    )
    con.execute(f"COPY day TO '{folder}/whole.csv'")
    half = "COPY (FROM day WHERE hash(session) % 2 = {} ORDER BY hash(session, 1)) TO '{}/{}' (FORMAT {})"
    con.execute(half.format(0, folder, "half1.parquet", "parquet"))
    con.execute(half.format(1, folder, "half2.ndjson", "json"))
    con.close()
    return folder


def on_threads(number):
    def connected(spill):
        con = connect(spill)
        con.execute(f"SET threads = {number}")
        return con

    return connected


def several_ways(folder, monkeypatch):
    """On two threads at once; by one thread; in two imports, the second of which merges with the first's file."""
    whole, halves = folder / "whole.csv", [folder / "half1.parquet", folder / "half2.ndjson"]
    for threads, imports in ((2, [[whole]]), (1, [halves]), (2, [[halves[1]], [halves[0]]])):
        monkeypatch.setattr(importer, "connect", on_threads(threads))
        yield imports


@pytest.mark.slow
def test_a_large_day_has_the_same_bytes_however_it_came(new_house, one_day, monkeypatch):
    generations = []
    for imports in several_ways(one_day, monkeypatch):
        house = new_house()
        assert sum(house.take(*files).taken for files in imports) == COUNT
        generations.append(house.live())
        [file] = house.live_files()
        assert pq.read_metadata(file).num_row_groups > 2
    assert generations[0] == generations[1] == generations[2]


@pytest.fixture(scope="module")
def one_day_of_talk(tmp_path_factory):
    """COUNT messages of one day, few to a second: in one file, and in two that were shuffled, equal ones together."""
    folder = tmp_path_factory.mktemp("talk")
    con = connect()
    sent_at = "strftime(TIMESTAMP '2026-03-02' + INTERVAL (hash(i, 1) % 3600) SECOND, '%Y-%m-%d %H:%M:%S')"
    con.execute(
        "CREATE TABLE day AS SELECT 'jd' AS platform, 's' || hash(i, 2) % 3 AS shop, "
        "CASE WHEN hash(i, 3) % 2 = 0 THEN 'c' || hash(i, 4) % 100 END AS session, 'b' || hash(i, 5) % 100 AS buyer, "
        "CASE WHEN hash(i, 6) % 4 > 0 THEN 'a' || hash(i, 6) % 4 END AS agent, "
        "['buyer', 'agent', 'bot', 'system'][1 + (hash(i, 7) % 4)::INTEGER] AS sender, "
        f"{sent_at} AS sent_at FROM range({COUNT}) t(i)"
    )
    con.execute(f"COPY day TO '{folder}/whole.csv'")
    half = "COPY (FROM day WHERE hash(day) % 2 = {} ORDER BY random()) TO '{}/{}' (FORMAT {})"
    con.execute(half.format(0, folder, "half1.parquet", "parquet"))
    con.execute(half.format(1, folder, "half2.ndjson", "json"))
    con.close()
    return folder


@pytest.mark.slow
def test_a_large_day_of_messages_has_the_same_bytes_however_it_came(new_house, one_day_of_talk, monkeypatch):
    """Many equal rows among them, many at one instant, and conversations of hundreds of messages."""
    generations = []
    for imports in several_ways(one_day_of_talk, monkeypatch):
        house = new_house()
        chat = house.of(MESSAGES)
        assert sum(chat.take(*files).taken for files in imports) == COUNT
        assert max(chat.rows("nth")) > (1,)
        generations.append((chat.live(), house.live()))
    assert generations[0] == generations[1] == generations[2]
