"""`--replace` removes what is stored of each shop and day in the files, and nothing else."""

import pytest

MONDAY, TUESDAY, WEDNESDAY = (f"2026-03-0{day}T10:00:00" for day in (2, 3, 4))


def of_shop(house):
    """(session, day) of the shop s1 on Xiaohongshu, which is the one that the files are about."""
    return [row[2:] for row in keys(house) if row[:2] == ("xiaohongshu", "s1")]


def keys(house):
    return house.rows("platform", "shop", "session", "strftime(day, '%d')")


@pytest.fixture
def filled(house):
    """Two shops and another platform, two sessions a day on Monday and Tuesday."""
    rows = [
        {"platform": platform, "shop": shop, "session": f"{name}{day[9]}", "opened_at": day}
        for platform, shop in (("xiaohongshu", "s1"), ("xiaohongshu", "s2"), ("jd", "s1"))
        for day in (MONDAY, TUESDAY)
        for name in "ab"
    ]
    house.take(house.csv("filled.csv", *rows))
    return house


def test_only_the_shops_and_days_of_the_file_are_emptied_first(filled):
    before = set(keys(filled))
    summary = filled.take(filled.csv("a.csv", {"session": "new", "opened_at": MONDAY}), replace=True)
    assert (summary.taken, summary.removed, summary.replaced, summary.already_there) == (1, 2, 0, 0)
    mondays = {("xiaohongshu", "s1", "a2", "02"), ("xiaohongshu", "s1", "b2", "02")}
    assert set(keys(filled)) == before - mondays | {("xiaohongshu", "s1", "new", "02")}


def test_without_it_nothing_is_removed(filled):
    before = set(keys(filled))
    assert filled.take(filled.csv("a.csv", {"session": "new", "opened_at": MONDAY})).removed == 0
    assert set(keys(filled)) == before | {("xiaohongshu", "s1", "new", "02")}


def test_rows_that_stand_in_the_file_again_are_kept_or_replaced_and_not_removed(filled):
    rows = [{"session": "a2", "opened_at": MONDAY}, {"session": "b2", "opened_at": MONDAY, "agent": "x"}]
    summary = filled.take(filled.csv("a.csv", *rows), replace=True)
    assert (summary.taken, summary.removed, summary.replaced, summary.already_there) == (0, 0, 1, 1)


def test_a_row_that_moves_out_of_a_day_leaves_the_rest_of_that_day_alone(filled):
    summary = filled.take(filled.csv("a.csv", {"session": "a2", "opened_at": WEDNESDAY}), replace=True)
    assert (summary.replaced, summary.removed) == (1, 0)
    assert of_shop(filled) == [("a2", "04"), ("a3", "03"), ("b2", "02"), ("b3", "03")]


def test_a_day_that_only_an_overruled_row_names_is_emptied_too(filled):
    """It stands in the files: the first files a new session under Monday, the second corrects that to Wednesday."""
    first = filled.csv("1.csv", {"session": "new", "opened_at": MONDAY})
    second = filled.csv("2.csv", {"session": "new", "opened_at": WEDNESDAY})
    assert filled.take(first, second, replace=True).removed == 2
    assert of_shop(filled) == [("a3", "03"), ("b3", "03"), ("new", "04")]


def test_refused_rows_empty_no_day(filled):
    """Neither bad cells nor two openings: a day must not be lost to a file that could not be read."""
    before = filled.state()
    rows = [
        {"session": "x", "opened_at": MONDAY, "closed_at": "?"},
        {"session": "y", "opened_at": MONDAY},
        {"session": "y", "opened_at": TUESDAY},
    ]
    summary = filled.take(filled.csv("a.csv", *rows), replace=True)
    assert (summary.refused, summary.removed) == (3, 0)
    assert filled.state() == before


NINE = [{"session": f"n{n}", "opened_at": MONDAY} for n in range(9)]
BROKEN = [row | ({"closed_at": "?"} if n < 3 else {"agent": "new"}) for n, row in enumerate(NINE)]


def test_a_stored_row_is_not_lost_to_a_slip_in_the_row_that_was_to_replace_it(house):
    """Which stored row a refused one meant cannot always be known: its session may be what is wrong with it."""
    house.take(house.csv("good.csv", *NINE))
    before, journalled = house.state(), len(house.journal())
    summary = house.take(house.csv("bad.csv", *BROKEN), replace=True)
    assert (summary.refused, summary.held_back, summary.removed, summary.days) == (3, 6, 0, ())
    assert (summary.read, summary.taken, summary.already_there, summary.replaced) == (9, 0, 0, 0)
    assert [fault.line for fault in summary.faults] == [2, 3, 4]
    assert (house.state(), len(house.journal())) == (before, journalled)
    assert house.take(house.csv("bad.csv", *BROKEN)).replaced == 6  # without --replace the good ones are taken


@pytest.mark.parametrize("cells", ["x,s1,a\n", "jd,s1,a,2026-03-02T10:00,more\n", "nowhere,s1,a,2026-03-02T10:00\n"])
def test_one_refused_row_in_one_of_several_files_holds_all_of_them_back(filled, cells):
    before = filled.state()
    good = filled.csv("good.csv", {"session": "a2", "opened_at": MONDAY}, {"session": "a2", "opened_at": MONDAY})
    bad = filled.file("bad.csv", f"platform,shop,session,opened_at\n{cells}")
    summary = filled.take(good, bad, replace=True)
    assert (summary.read, summary.refused, summary.held_back) == (3, 1, 2)
    assert filled.state() == before


def test_all_files_of_a_command_are_replaced_at_once(filled):
    """The second file does not remove what the first has brought for the same shop and day."""
    files = [filled.csv(f"{n}.csv", {"session": f"new{n}", "opened_at": MONDAY}) for n in (1, 2)]
    filled.take(*files, replace=True)
    assert of_shop(filled) == [("a3", "03"), ("b3", "03"), ("new1", "02"), ("new2", "02")]


def test_the_journal_says_how_many_rows_were_removed(filled):
    filled.take(filled.csv("a.csv", {"session": "new", "opened_at": MONDAY}), replace=True)
    assert filled.journal()[-1].payload["after"]["removed"] == 2
