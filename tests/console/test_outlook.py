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


def served(tmp_path, low, value, high, people=160):
    """Counts of the effective-reply rule for 5 March 2026, the replied ones rounded."""
    day, rule = "2026-03-05,2026-03-05", "pinduoduo.effective-reply-rate"
    rows = [
        f"pinduoduo,p1,{day},{rule}/people,{people},,",
        f"pinduoduo,p1,{day},{rule}/effective,{value},{low},{high}",
    ]
    path = tmp_path / f"counts-{value}.csv"
    header = "platform,shop,period_start,period_end,counter,value,value_low,value_high"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_rounded_figure_is_decided_by_both_of_its_ends(kaohe, tmp_path):
    assert kaohe("import", str(served(tmp_path, 69, 72, 75)), "--kind", "counts").code == 0
    (row,) = kaohe("outlook", "--as-of", "2026-03-06T02:00", "--json").rows
    assert (row["standing"], row["numerator_range"]) == ("lost", [69, 75])
    said = kaohe("outlook", "--as-of", "2026-03-06T02:00").out
    assert "69..75/160" in said
    assert "已无法挽回" in said


def test_a_rounded_figure_on_both_sides_of_its_standard_is_unknown(kaohe, tmp_path):
    assert kaohe("import", str(served(tmp_path, 75, 80, 85)), "--kind", "counts").code == 0
    (row,) = kaohe("outlook", "--as-of", "2026-03-06T02:00", "--json").rows
    assert (row["standing"], row["numerator_range"]) == ("unknown", [75, 85])
    said = kaohe("outlook", "--as-of", "2026-03-06T02:00").out
    assert "75..85/160" in said
    assert "取整后两边都可能" in said


def test_a_share_that_must_stay_low_says_how_many_others_bring_it_back(kaohe, tmp_path):
    rows = [
        f"kuaishou,k1,r{n},2026-03-0{1 + n % 5}T10:00:00,disappointed,{'bad_attitude' if n < 1 else 'slow'}"
        for n in range(16)
    ]
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(["platform,shop,rating,rated_at,score,reasons", *rows]), encoding="utf-8")
    kaohe("import", str(path), "--kind", "ratings")
    asked = ("outlook", "--as-of", FRIDAY, "--rule", "kuaishou.service-attitude")
    (row,) = kaohe(*asked, "--json").rows
    assert (row["standing"], row["mends"], row["dilutes"]) == ("behind", None, 1)
    assert "再多 1 个不算不利的" in kaohe(*asked).out
