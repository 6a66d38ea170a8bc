"""Every import says which days it covers, for which shops: by what it holds, or by what it is told."""

from datetime import UTC, date, datetime

import pytest

from engine.errors import KaoheError
from engine.evidence.covering import Covers
from engine.evidence.kinds import COUNTS, MESSAGES, RATINGS
from engine.ledger.coverage import covered_on
from engine.ledger.database import reading, transaction
from engine.ledger.lookup import shops
from engine.ledger.subjects import ShopRow, register_shops

WEEK = Covers(date(2026, 3, 2), date(2026, 3, 8))
COLUMNS = ["platform", "shop", "session", "opened_at"]


def at(day, hour=10):
    return f"2026-03-{day:02d}T{hour:02d}:00:00+08:00"


def covered(house, platform="xiaohongshu"):
    """shop → kind → the days of March that are covered, as numbers."""
    with reading(house.ledger) as session:
        names = {s.id: s.external_id for s in shops(session)}
        found = covered_on(session, platform, date(2026, 3, 1), date(2026, 3, 31))
    return {
        names[shop]: {kind: [(first.day, last.day) for first, last in spans] for kind, spans in kinds.items()}
        for shop, kinds in found.items()
    }


def test_a_file_covers_its_first_to_its_last_day_for_each_shop_in_it(any_house):
    rows = [{"session": "a", "opened_at": at(3)}, {"session": "b", "opened_at": at(9)}]
    other = {"shop": "s2", "session": "c", "opened_at": at(5)}
    summary = any_house.take(any_house.csv("a.csv", *rows, other))
    assert summary.covered == 2
    assert covered(any_house) == {"s1": {"sessions": [(3, 9)]}, "s2": {"sessions": [(3, 9)]}}


def test_each_file_of_a_command_covers_its_own_days_also_where_a_later_one_repeats_its_rows(house):
    first = house.csv("a.csv", {"session": "a", "opened_at": at(2)}, {"session": "b", "opened_at": at(4)})
    second = house.csv("b.csv", {"session": "b", "opened_at": at(4)}, {"session": "c", "opened_at": at(4)})
    third = house.csv("c.csv", {"session": "d", "opened_at": at(10)})
    house.take(first, second, third)
    assert covered(house) == {"s1": {"sessions": [(2, 4), (10, 10)]}}


def test_refused_rows_cover_nothing(house):
    rows = [{"session": "a", "opened_at": at(3)}, {"session": "", "opened_at": at(9)}]
    torn = [{"session": "t", "opened_at": at(20)}, {"session": "t", "opened_at": at(21)}]
    assert house.take(house.csv("a.csv", *rows, *torn)).refused == 3
    assert covered(house) == {"s1": {"sessions": [(3, 3)]}}


def test_an_import_of_nothing_new_still_covers_and_is_journalled_once(any_house):
    file = any_house.csv("a.csv", {"session": "a", "opened_at": at(3)})
    assert any_house.take(file).covered == 1
    head = any_house.head()
    assert any_house.take(file).covered == 0
    assert any_house.head() == head
    summary = any_house.take(file, covers=WEEK)
    assert (summary.taken, summary.covered, covered(any_house)) == (0, 1, {"s1": {"sessions": [(2, 8)]}})
    last = any_house.journal()[-1]
    assert (last.event, last.object_id) == ("evidence.covered", "sessions")
    assert last.payload["after"]["covered"] == {"shops": 1, "first": "2026-03-02", "last": "2026-03-08"}


def test_days_that_are_said_stand_instead_of_those_of_the_file(house):
    house.take(house.csv("a.csv", {"session": "a", "opened_at": at(20)}), covers=WEEK)
    assert covered(house) == {"s1": {"sessions": [(2, 8)]}}


def test_an_empty_file_covers_the_shop_that_is_named(any_house):
    with transaction(any_house.ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s1")], datetime(2026, 1, 1, tzinfo=UTC), "tester")
    empty = any_house.csv("a.csv", columns=COLUMNS)
    assert any_house.take(empty, platform="xiaohongshu", shop="s1", covers=WEEK).covered == 1
    assert covered(any_house) == {"s1": {"sessions": [(2, 8)]}}
    with reading(any_house.ledger) as session:
        assert [s.first_evidence_on for s in shops(session)] == [None]


def test_a_file_can_cover_all_registered_shops_of_the_platform_and_no_others(any_house):
    with transaction(any_house.ledger) as session:
        rows = [ShopRow(*s) for s in (("xiaohongshu", "s2"), ("xiaohongshu", "s3"), ("kuaishou", "k1"))]
        register_shops(session, rows, datetime(2026, 1, 1, tzinfo=UTC), "tester")
    any_house.take(any_house.csv("seen.csv", {"shop": "seen", "opened_at": at(30)}))
    file = any_house.csv("a.csv", {"session": "a", "opened_at": at(3)})
    any_house.take(file, covers=Covers(WEEK.first, WEEK.last, all_shops=True))
    week = {"sessions": [(2, 8)]}
    assert covered(any_house) == {"s1": week, "s2": week, "s3": week, "seen": {"sessions": [(30, 30)]}}
    assert covered(any_house, "kuaishou") == {}


def test_counts_cover_their_periods_and_other_kinds_the_days_of_their_rows(house):
    house.of(COUNTS).take(house.of(COUNTS).csv("c.csv", {"period_start": "2026-03-02", "period_end": "2026-03-08"}))
    house.of(MESSAGES).take(house.of(MESSAGES).csv("m.csv", {"sent_at": at(4)}))
    house.of(RATINGS).take(house.of(RATINGS).csv("r.csv", {"rated_at": at(5)}))
    assert covered(house) == {"s1": {"counts": [(2, 8)], "messages": [(4, 4)], "ratings": [(5, 5)]}}


def test_what_has_not_come_yet_is_not_covered(house):
    now = datetime(2026, 3, 5, 2, tzinfo=UTC)
    counts = house.of(COUNTS)
    counts.take(counts.csv("c.csv", {"period_start": "2026-03-02", "period_end": "2026-03-08"}), now=now)
    assert covered(house) == {"s1": {"counts": [(2, 5)]}}
    with pytest.raises(KaoheError, match=r"--covers 2026-03-02..2026-03-08: 2026-03-08 has not come yet"):
        counts.take(counts.csv("c.csv", {}), now=now, covers=WEEK)


def test_what_cannot_be_covered_is_refused_and_changes_nothing(house):
    before = house.state()
    with pytest.raises(KaoheError, match="the earlier day comes first"):
        Covers(date(2026, 3, 8), date(2026, 3, 2))
    empty = house.csv("a.csv", columns=COLUMNS)
    with pytest.raises(KaoheError, match=r"--shop: xiaohongshu/nobody is neither in the files nor on record"):
        house.take(empty, platform="xiaohongshu", shop="nobody", covers=WEEK)
    for more in ({"shop": "s1"}, {}):
        with pytest.raises(KaoheError, match=r"of which platform\? Say --platform"):
            house.take(empty, covers=Covers(WEEK.first, WEEK.last, all_shops=not more), **more)
    with pytest.raises(KaoheError, match=r"of whom\? There is no shop in the files"):
        house.take(empty, platform="xiaohongshu", covers=WEEK)
    assert house.state() == before


def test_replacing_with_refused_rows_covers_nothing(house):
    rows = [{"session": "a", "opened_at": at(3)}, {"session": "", "opened_at": at(9)}]
    house.take(house.csv("a.csv", *rows), replace=True, covers=WEEK)
    assert covered(house) == {}


@pytest.mark.parametrize(
    ("refused", "left"),
    [
        ({"session": "", "opened_at": at(5)}, {"s1": [(2, 4), (6, 8)], "s2": [(2, 8)]}),
        ({"session": "x", "opened_at": "someday"}, {"s2": [(2, 8)]}),
        ({"session": "x", "opened_at": "1026-03-05T10:00"}, {"s2": [(2, 8)]}),
        ({"session": "x", "shop": "", "opened_at": at(5)}, {"s1": [(2, 4), (6, 8)], "s2": [(2, 4), (6, 8)]}),
        ({"session": "x", "platform": "nowhere", "opened_at": at(8)}, {"s1": [(2, 7)], "s2": [(2, 7)]}),
        ({"session": "x", "shop": "", "opened_at": ""}, {}),
        ({"session": "", "shop": "of nobody", "opened_at": at(5)}, {"s1": [(2, 8)], "s2": [(2, 8)]}),
    ],
    ids=["day known", "no day", "a year too early", "no shop", "no platform", "neither", "another's"],
)
@pytest.mark.parametrize("said", [None, WEEK], ids=["found", "said"])
def test_a_day_that_a_refused_row_may_be_about_is_not_covered_whatever_is_said(house, refused, left, said):
    good = [{"shop": s, "session": f"{s}{n}", "opened_at": at(n)} for s in ("s1", "s2") for n in (2, 5, 8)]
    summary = house.take(house.csv("a.csv", *good, refused), covers=said)
    assert (summary.taken, summary.refused) == (6, 1)
    assert covered(house) == {shop: {"sessions": spans} for shop, spans in left.items()}


def test_a_row_with_too_few_cells_may_be_about_any_day_of_its_file_and_of_no_other(house):
    torn = house.csv("a.csv", {"session": "a", "opened_at": at(3)})
    torn.write_text(torn.read_text() + "xiaohongshu,s1\n")
    house.take(torn, house.csv("b.csv", {"session": "b", "opened_at": at(9)}))
    assert covered(house) == {"s1": {"sessions": [(9, 9)]}}


def test_two_rows_that_contradict_each_other_leave_both_days_uncovered(house):
    rows = [{"session": str(n), "opened_at": at(n)} for n in (2, 8)]
    torn = [{"session": "t", "opened_at": at(4)}, {"session": "t", "opened_at": at(6)}]
    house.take(house.csv("a.csv", *rows, *torn))
    assert covered(house) == {"s1": {"sessions": [(2, 3), (5, 5), (7, 8)]}}


def test_of_refused_counts_no_day_of_the_period_is_covered(house):
    counts = house.of(COUNTS)
    weeks = [("2026-03-02", "2026-03-08"), ("2026-03-09", "2026-03-15"), ("2026-03-16", "2026-03-22")]
    rows = [{"period_start": first, "period_end": last} for first, last in weeks]
    rows[1] |= {"value": "many"}
    counts.take(counts.csv("c.csv", *rows))
    assert covered(house) == {"s1": {"counts": [(2, 8), (16, 22)]}}


def test_once_the_refused_row_is_mended_and_imported_by_itself_its_day_is_covered(any_house):
    with transaction(any_house.ledger) as session:
        register_shops(session, [ShopRow("xiaohongshu", "s1", alias="小禾")], datetime(2026, 1, 1, tzinfo=UTC), "t")
    rows = [{"shop": "小禾", "session": str(n), "opened_at": at(n)} for n in (2, 8)]
    any_house.take(any_house.csv("a.csv", *rows, {"shop": "小禾", "session": "", "opened_at": at(5)}))
    assert covered(any_house) == {"s1": {"sessions": [(2, 4), (6, 8)]}}
    any_house.take(any_house.csv("mended.csv", {"session": "x", "opened_at": at(5)}))
    assert covered(any_house) == {"s1": {"sessions": [(2, 8)]}}


def test_with_all_shops_a_refused_row_keeps_its_day_from_its_own_shop_alone(house):
    with transaction(house.ledger) as session:
        rows = [ShopRow("xiaohongshu", s) for s in ("s2", "s3")]
        register_shops(session, rows, datetime(2026, 1, 1, tzinfo=UTC), "tester")
    file = house.csv("a.csv", {"session": "a", "opened_at": at(3)}, {"shop": "s2", "session": "", "opened_at": at(8)})
    house.take(file, covers=Covers(WEEK.first, WEEK.last, all_shops=True))
    assert covered(house) == {"s1": {"sessions": [(2, 8)]}, "s2": {"sessions": [(2, 7)]}, "s3": {"sessions": [(2, 8)]}}
