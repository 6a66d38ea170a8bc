from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select

from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.day_files import Change, LostRaceError, live, switch
from engine.ledger.tables import DayFile

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)

IMPORT = """
from datetime import date, datetime, timedelta, UTC
from engine.ledger.database import open_ledger, transaction
from engine.ledger.day_files import Change, LostRaceError, live, switch

def work(number, url, times):
    "Adds its own mark to the generation of three days, again and again, as imports merge into what is live."
    engine = open_ledger(url)
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(3)]
    lost = 0
    for turn in range(times):
        while True:
            with transaction(engine) as session:
                old = {file.day: file.generation for file in live(session, "sessions")}
            changes = [
                Change("sessions", "xiaohongshu", day, old.get(day), f"{old.get(day, '')}{number}", turn)
                for day in (days if number % 2 else days[::-1])
            ]
            try:
                with transaction(engine) as session:
                    switch(session, changes, datetime.now(UTC))
                break
            except LostRaceError:
                lost += 1
    engine.dispose()
    return lost
"""


def change(old, new, day=MONDAY, kind="sessions", platform="xiaohongshu", rows=5):
    return Change(kind, platform, day, old, new, rows)


def switched(engine, *changes, now=NOW):
    with transaction(engine) as session:
        return switch(session, changes, now)


def generations(engine, kind="sessions", **within):
    with reading(engine) as session:
        return {(file.platform, file.day): file.generation for file in live(session, kind, **within)}


def test_a_day_has_the_generation_that_was_switched_to_last(ledger):
    assert switched(ledger, change(None, "a"), change(None, "b", day=TUESDAY))
    assert switched(ledger, change("a", "c", rows=9), now=NOW + timedelta(hours=1))
    assert generations(ledger) == {("xiaohongshu", MONDAY): "c", ("xiaohongshu", TUESDAY): "b"}
    with reading(ledger) as session:
        old, new = session.exec(select(DayFile).where(DayFile.day == MONDAY).order_by(col(DayFile.id))).all()
    assert (old.generation, old.since, old.until) == ("a", NOW, NOW + timedelta(hours=1))
    assert (new.generation, new.since, new.until, new.rows) == ("c", NOW + timedelta(hours=1), None, 9)


def test_a_day_can_lose_its_file_and_get_it_back(ledger):
    switched(ledger, change(None, "a"))
    switched(ledger, change("a", None))
    assert generations(ledger) == {}
    switched(ledger, change(None, "a"))
    assert generations(ledger) == {("xiaohongshu", MONDAY): "a"}


def test_files_are_found_by_kind_platform_and_inclusive_days(ledger):
    switched(
        ledger,
        change(None, "a"),
        change(None, "b", day=TUESDAY),
        change(None, "c", platform="kuaishou"),
        change(None, "d", kind="ratings"),
    )
    assert list(generations(ledger).values()) == ["c", "a", "b"]
    assert list(generations(ledger, "ratings").values()) == ["d"]
    assert list(generations(ledger, platform="kuaishou").values()) == ["c"]
    assert list(generations(ledger, first=TUESDAY).values()) == ["b"]
    assert list(generations(ledger, last=MONDAY).values()) == ["c", "a"]
    assert generations(ledger, first=TUESDAY + timedelta(days=1)) == {}


def test_a_change_made_from_what_is_no_longer_live_changes_nothing_at_all(ledger):
    switched(ledger, change(None, "a"), change(None, "b", day=TUESDAY))
    before = generations(ledger)
    for stale in (
        change("x", "y", day=TUESDAY),
        change(None, "y", day=TUESDAY),
        change("x", None, day=TUESDAY),
    ):
        with transaction(ledger) as session, pytest.raises(
            LostRaceError, match=r"changed the sessions of xiaohongshu on 2026-03-03 meanwhile; import again"
        ):  # fmt: skip
            switch(session, [change("a", "z"), stale], NOW)
        # The transaction went on and committed: there must be nothing of the change in it.
        assert generations(ledger) == before


def test_switching_to_what_is_there_is_no_change(ledger):
    switched(ledger, change(None, "a"))
    assert switched(ledger, change("a", "a")) is False
    assert switched(ledger) is False


def test_a_day_named_twice_is_refused(ledger):
    with pytest.raises(ValueError, match="only once at a time"):
        switched(ledger, change(None, "a"), change(None, "b"))


@pytest.mark.parametrize("old", [None, "a"])
def test_of_two_transactions_that_switch_the_same_day_the_second_loses(postgres_ledger_url, old):
    """The second has begun before the first commits, and has seen the old generation."""
    one, other = open_ledger(postgres_ledger_url), open_ledger(postgres_ledger_url)
    if old:
        switched(one, change(None, old))
    with transaction(other) as late:
        assert [file.generation for file in live(late, "sessions")] == ([old] if old else [])
        switched(one, change(old, "b"))
        with pytest.raises(LostRaceError):
            switch(late, [change(old, "c")], NOW)
    assert generations(one) == {("xiaohongshu", MONDAY): "b"}
    one.dispose()
    other.dispose()


def test_imports_of_several_processes_lose_nothing_of_each_other(ledger, ledger_url, race):
    lost = race(IMPORT, 4, ledger_url, 6)
    assert None not in lost
    assert {"".join(sorted(generation)) for generation in generations(ledger).values()} == {"000000111111222222333333"}
    assert len(set(generations(ledger).values())) == 1  # every import switched its three days at once
    with reading(ledger) as session:
        assert len(session.exec(select(DayFile)).all()) == 3 * 24
