"""An import that is killed leaves the old state or the new one, and the next run ends what it began."""

import os
import random
import shutil
import time
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event

from engine.evidence.kinds import MESSAGES
from engine.evidence.lake import Lake


def evidence(house, seed, sessions, days):
    """A CSV of these sessions; of another seed, other agents and openings of the same sessions."""
    chance = random.Random(seed)
    rows = [
        {
            "session": f"{n:06}",
            "shop": f"s{n % 7}",
            "agent": f"{seed}-{chance.randrange(50)}",
            "opened_at": f"2026-03-{chance.randrange(1, days + 1):02}T{chance.randrange(24):02}:00:00",
        }
        for n in range(sessions)
    ]
    return house.csv(f"{seed}-{sessions}.csv", *rows)


@pytest.fixture
def halfway(new_house):
    """An installation with the old evidence; the file of the new; and the generations of either."""

    def make(sessions, days):
        house, after = new_house(), new_house()
        old, new = evidence(house, 1, sessions, days), evidence(house, 2, sessions, days)
        house.take(old)
        after.take(old)
        after.take(new)
        before = house.live()
        house.close()  # so that the ledger is one file
        shutil.copy(house.folder / "ledger.sqlite", house.folder / "ledger.old")
        shutil.copytree(house.lake.root, house.folder / "lake.old")
        return house, new, before, after.live()

    return make


def restored(house):
    """The installation again as it was with the old evidence."""
    house.close()
    for leftover in house.folder.glob("ledger.sqlite*"):
        leftover.unlink()
    shutil.copy(house.folder / "ledger.old", house.folder / "ledger.sqlite")
    shutil.rmtree(house.lake.root)
    shutil.copytree(house.folder / "lake.old", house.lake.root)


def job(house, file, **disturbed):
    return {"ledger": house.url, "lake": str(house.lake.root), "imports": [{"files": [str(file)]}]} | disturbed


@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_before_any_thing_it_does_to_disk_or_ledger_it_leaves_old_or_new(halfway, crew, step):
    """Every open, rename, removal, directory, statement and commit of one import, in turn."""
    house, new, before, after = halfway(12, 2)
    changed = []
    while True:
        restored(house)
        [answer] = crew(job(house, new, die_at=1 + step * len(changed)))
        if answer != {"signal": 9}:
            break
        live = house.live()
        assert live in (before, after)
        assert house.sound()
        changed.append(live == after)
        house.take(new)
        assert house.live() == after
        assert house.drafts() == []
    assert answer[0]["replaced"] == 12
    assert len(changed) > 40 // step
    assert changed == sorted(changed)  # old, old, …, new, new: there is one moment at which it all changes
    assert step > 1 or set(changed) == {True, False}


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_leaves_old_or_new(halfway, crew, kills):
    """From outside, also while DuckDB or SQLite works; long enough an import that there is time for it."""
    house, new, before, after = halfway(20_000, 4)
    restored(house)
    start = time.monotonic()
    crew(job(house, new))
    longest = time.monotonic() - start
    chance, died = random.Random(7), 0
    while died < kills:
        restored(house)
        [answer] = crew(job(house, new, kill_after=chance.uniform(0, longest)))
        if answer == {"signal": 9}:
            died += 1
        else:
            longest *= 0.9  # too late: it had finished
        live = house.live()
        assert live in (before, after)
        assert house.sound()
        if died % 4 == 0:
            house.take(new)
            assert house.live() == after
            assert house.drafts() == []


def talk(house, seed, count, days):
    """A CSV of messages: of another seed, other ones of the same conversations."""
    chance = random.Random(seed)
    rows = [
        {
            "session": chance.choice(["", f"{chance.randrange(count // 3)}"]),
            "buyer": f"b{chance.randrange(5)}",
            "sender": chance.choice(["buyer", "agent", "bot"]),
            "agent": chance.choice(["", "x", "y"]),
            "sent_at": f"2026-03-{chance.randrange(1, days + 1):02}T{chance.randrange(24):02}:{seed:02}:00",
        }
        for _ in range(count)
    ]
    return house.of(MESSAGES).csv(f"messages-{seed}.csv", *rows)


@pytest.fixture
def half_told(new_house):
    """As `halfway`, of messages; some of their sessions are imported as well."""
    house, after = new_house(), new_house()
    old, new = talk(house, 1, 12, 2), talk(house, 2, 12, 3)
    imported = house.csv("s.csv", *({"session": str(n), "opened_at": "2026-03-02T10:00"} for n in range(3)))
    for one in (house, after):
        one.of(MESSAGES).take(old)
        one.take(imported)
    before = live_of_both(house)
    after.of(MESSAGES).take(new)
    house.close()
    shutil.copy(house.folder / "ledger.sqlite", house.folder / "ledger.old")
    shutil.copytree(house.lake.root, house.folder / "lake.old")
    return house, new, before, live_of_both(after)


def live_of_both(house):
    return house.of(MESSAGES).live(), house.live()


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_importing_messages_it_leaves_both_kinds_old_or_both_new(half_told, crew, step):
    """The days of the messages and of the sessions derived from them are switched in one moment."""
    house, new, before, after = half_told
    assert before[0].keys() < after[0].keys()
    assert before[1] != after[1]
    changed = []
    while True:
        restored(house)
        one = job(house, new, die_at=1 + step * len(changed))
        one["imports"][0]["kind"] = "messages"
        [answer] = crew(one)
        if answer != {"signal": 9}:
            break
        live = live_of_both(house)
        assert live in (before, after)
        assert house.sound()
        assert house.of(MESSAGES).sound()
        changed.append(live == after)
        house.of(MESSAGES).take(new)
        assert live_of_both(house) == after
        assert house.drafts() == []
    assert answer[0]["taken"] == 12
    assert len(changed) > 60 // step
    assert changed == sorted(changed)
    assert step > 1 or set(changed) == {True, False}


def test_of_several_that_are_killed_at_once_nothing_is_left(halfway, crew):
    house, new, before, after = halfway(12, 2)
    crew(*[job(house, new, die_at=n) for n in (3, 5, 7, 9, 11, 13)])
    assert house.live() in (before, after)
    house.take(new)
    assert house.live() == after
    assert house.drafts() == []


def test_drafts_of_the_living_are_left_alone(house):
    file = house.csv("a.csv", {})
    with house.lake.drafts() as mine:
        (mine / "day.parquet").write_text("half")
        house.take(file)
        assert (mine / "day.parquet").read_text() == "half"
        assert house.drafts() == [mine.name]
    assert house.drafts() == []


@pytest.mark.parametrize("left", [["day.parquet"], [".lock"], [".lock", "duckdb_temp_storage-0.tmp"], []])
def test_drafts_of_the_dead_go_with_the_next_import(house, left):
    """Killed while making them, while using them, while removing them."""
    room = house.lake.root / ".draft-dead"
    room.mkdir(parents=True)
    for name in left:
        (room / name).write_text("")
    house.take(house.csv("a.csv", {}))
    assert house.drafts() == []


def test_a_draft_is_kept_whole_under_the_name_of_its_content(tmp_path):
    lake = Lake(tmp_path / "lake")
    with lake.drafts() as room:
        (room / "x").write_bytes(b"content")
        generation = lake.keep(room / "x", "sessions", "jd", date(2026, 3, 2))
    assert generation == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    kept = tmp_path / "lake" / "sessions" / "jd" / "2026-03" / f"2026-03-02.{generation[:24]}.parquet"
    assert kept == lake.path("sessions", "jd", date(2026, 3, 2), generation)
    assert kept.read_bytes() == b"content"


def test_all_that_the_ledger_will_name_is_on_disk_before_it_does(house, monkeypatch):
    """The content before its name, and the names of new directories too: a power failure leaves old or new."""
    steps = []
    fsync, replace = os.fsync, os.replace

    def synced(handle):
        steps.append(("on disk", os.fstat(handle).st_ino))
        fsync(handle)

    def renamed(source, target):
        steps.append(("renamed", Path(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    event.listen(house.ledger, "commit", lambda _: steps.append(("committed", None)))
    house.take(house.csv("a.csv", {}))
    [file] = house.live_files()
    root = house.lake.root
    written = [root.parent, root.parent.parent, file, file.parents[1], file.parents[2], root]
    assert steps == [
        *(("on disk", path.stat().st_ino) for path in written),  # the file was a draft then
        ("renamed", file),
        ("on disk", file.parent.stat().st_ino),
        ("committed", None),
    ]
