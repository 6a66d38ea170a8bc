"""`kaohe outlook`: what an officer reads before the platform assesses."""

FRIDAY = "2026-03-06T12:00"
MONDAY = "2026-03-09T12:00"


def take(kaohe, file):
    assert kaohe("import", str(file), "--kind", "sessions").code == 0


def test_it_says_how_many_answers_in_a_row_mend_a_running_week(kaohe, sessions):
    take(kaohe, sessions(7, 10))
    (row,) = kaohe("outlook", "--as-of", FRIDAY, "--json").rows
    # (7 + x) / (10 + x) reaches 80 % with x = 5.
    assert (row["shop"], row["cycle"], row["standing"], row["mends"], row["breaks"]) == (
        "s1",
        "2026-W10",
        "behind",
        5,
        None,
    )
    said = kaohe("outlook", "--as-of", FRIDAY).out
    assert "未达标：再连续 5 个合格可补回" in said
    assert "2026-03-10 10:00:00+08:00" in said


def test_closed_sessions_of_a_finished_week_are_lost_or_safe(kaohe, sessions):
    take(kaohe, sessions(7, 10))
    take(kaohe, sessions(10, 10, shop="s2"))
    rows = kaohe("outlook", "--as-of", MONDAY, "--json").rows
    assert [(row["shop"], row["standing"]) for row in rows] == [("s1", "lost"), ("s2", "safe")]


def test_short_leaves_out_who_is_safe(kaohe, sessions):
    take(kaohe, sessions(7, 10))
    take(kaohe, sessions(10, 10, shop="s2"))
    assert [row["shop"] for row in kaohe("outlook", "--as-of", MONDAY, "--short", "--json").rows] == ["s1"]


def test_only_the_shops_asked_for_are_told(kaohe, sessions):
    take(kaohe, sessions(7, 10))
    take(kaohe, sessions(10, 10, shop="s2"))
    assert [row["shop"] for row in kaohe("outlook", "--as-of", MONDAY, "--shop", "s2", "--json").rows] == ["s2"]


def test_it_records_nothing(kaohe, sessions):
    take(kaohe, sessions(7, 10))
    before = kaohe("journal", "verify").out
    kaohe("outlook", "--as-of", MONDAY)
    assert kaohe("journal", "verify").out == before


def test_nothing_open_is_said(kaohe, sessions, english):
    take(kaohe, sessions(7, 10))
    assert kaohe("outlook", "--as-of", "2026-05-01").out.strip() == "No such open cycles."
