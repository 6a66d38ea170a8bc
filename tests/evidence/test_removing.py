"""Evidence that was imported into the wrong shop goes again: as if it had never come, for others nothing changes."""

from datetime import date

import pytest

from engine.errors import KaoheError
from engine.evidence import removing
from engine.evidence.kinds import KINDS
from engine.evidence.removing import RemovalRequest, remove_evidence
from engine.ledger import journal
from engine.ledger.coverage import covered_days
from engine.ledger.database import reading
from engine.ledger.subjects import shops
from engine.progress import silent
from tests.evidence.conftest import NOW

MINE, OTHERS = {"shop": "s1"}, {"shop": "s2"}
DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
COLUMN = {
    "sessions": "opened_at",
    "messages": "sent_at",
    "ratings": "rated_at",
    "penalties": "noticed_at",
    "shifts": "starts_at",
}


def rows(kind, shop):
    if kind == "counts":
        return [shop | {"period_start": day, "period_end": day} for day in DAYS]
    extra = {"sessions": "session", "ratings": "rating", "penalties": "reference"}.get(kind)
    return [shop | {COLUMN[kind]: f"{day}T10:00"} | ({extra: day} if extra else {}) for day in DAYS]


def remove(house, why="wrong shop", dry_run=False, **bounds):
    request = RemovalRequest(house.kind, "xiaohongshu", "s1", "tester", why, **bounds)
    return remove_evidence(house.ledger, house.lake, request, NOW, silent, dry_run)


@pytest.mark.parametrize("kind", KINDS)
def test_removing_a_shop_leaves_what_stood_there_without_it(house, kind):
    house = house.of(KINDS[kind])
    house.take(house.csv("others.csv", *rows(kind, OTHERS)))
    before = house.live()
    house.take(house.csv("mine.csv", *rows(kind, MINE)))
    found = remove(house)
    assert [(str(one.day), one.rows) for one in found] == [(day, 1) for day in DAYS]
    assert house.live() == before
    assert house.sound()
    assert remove(house) == ()


def test_of_a_day_that_nobody_else_has_no_file_is_left(house):
    house.take(house.csv("mine.csv", *rows("sessions", MINE)))
    remove(house, first=None, last=None)
    assert house.live() == {}
    with reading(house.ledger) as session:
        assert shops(session) == []


def test_only_the_days_asked_for_go_and_the_shop_s_first_day_with_them(house):
    house.take(house.csv("mine.csv", *rows("sessions", MINE)))
    remove(house, first=date(2026, 3, 1), last=date(2026, 3, 2))
    assert house.rows("session") == [("2026-03-03",), ("2026-03-04",)]
    with reading(house.ledger) as session:
        assert [str(s.first_evidence_on) for s in shops(session)] == ["2026-03-03"]


def test_a_dry_run_says_what_would_go_and_changes_nothing(house):
    house.take(house.csv("mine.csv", *rows("sessions", MINE)))
    before = house.live()
    assert sum(one.rows for one in remove(house, dry_run=True)) == 3
    assert house.live() == before


def test_sessions_go_with_the_messages_that_they_were_derived_from(house):
    messages, sessions = house.of(KINDS["messages"]), house.of(KINDS["sessions"])
    messages.take(messages.csv("m.csv", *rows("messages", MINE), *rows("messages", OTHERS)))
    remove(messages)
    assert messages.rows("shop") == [("s2",)] * 3
    assert sessions.rows("shop") == [("s2",)]


def test_a_derived_session_comes_back_to_light_where_the_imported_one_goes(house):
    messages, sessions = house.of(KINDS["messages"]), house.of(KINDS["sessions"])
    messages.take(messages.csv("m.csv", MINE | {"session": "x"}))
    sessions.take(sessions.csv("s.csv", MINE | {"session": "x", "opened_at": "2026-03-02T09:00"}))
    remove(sessions)
    assert sessions.rows("session", "derived", "shadowed") == [("x", True, False)]


def test_the_journal_says_who_removed_what_and_why(house):
    house.take(house.csv("mine.csv", *rows("sessions", MINE)))
    remove(house)
    with reading(house.ledger) as session:
        last = journal.entries(session)[-1]
    assert (last.event, last.actor, last.payload["why"]) == ("evidence.removed", "tester", "wrong shop")
    assert (last.payload["before"]["shop"], last.payload["before"]["removed"]) == ("shop:xiaohongshu/s1", 3)
    assert [day[1] for day in last.payload["before"]["days"]] == list(DAYS)


def test_nothing_goes_without_a_reason(house):
    with pytest.raises(KaoheError, match="--why"):
        remove(house, why=" ")


def test_an_import_that_came_between_is_not_lost(house, monkeypatch):
    house.take(house.csv("mine.csv", *rows("sessions", MINE)))
    original, raced = removing._switch, []

    def switch(*arguments):
        if not raced:
            raced.append(True)
            house.take(house.csv("late.csv", *rows("sessions", OTHERS)))
        return original(*arguments)

    monkeypatch.setattr(removing, "_switch", switch)
    remove(house)
    assert house.rows("shop") == [("s2",)] * 3


def covered(house):
    with reading(house.ledger) as session:
        return covered_days(session, house.kind.name, "shop:xiaohongshu/s1", None, None)


def test_days_whose_evidence_was_removed_are_not_covered_until_it_comes_again(any_house):
    file = any_house.csv("mine.csv", *rows("sessions", MINE))
    any_house.take(file)
    remove(any_house, first=date(2026, 3, 3))
    assert covered(any_house) == ((date(2026, 3, 2), date(2026, 3, 2)),)
    assert any_house.journal()[-1].payload["before"]["covered"] == ["2026-03-03..2026-03-04"]
    any_house.take(file)
    assert covered(any_house) == ((date(2026, 3, 2), date(2026, 3, 4)),)


def test_days_on_which_nothing_had_happened_can_be_taken_back_as_well(any_house):
    any_house.take(any_house.csv("others.csv", *rows("sessions", OTHERS), *rows("sessions", MINE)[:1]))
    remove(any_house, last=date(2026, 3, 2))
    found = remove(any_house, dry_run=True)
    assert [(str(one.day), one.rows) for one in found] == [("2026-03-03", 0), ("2026-03-04", 0)]
    assert remove(any_house) == found
    assert covered(any_house) == ()
    assert remove(any_house) == ()
