"""`kaohe outlook`: what an officer reads before the platform assesses."""

import json

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


def test_answering_the_open_conversations_mends_a_running_week(kaohe, tmp_path):
    header = "platform,shop,session,buyer,agent,opened_by,opened_at,first_human_reply_at,closed_at"
    rows = [
        f"xiaohongshu,s1,c{n},b{n},,buyer,2026-03-05T09:00:00,{'2026-03-05T09:01:00' if n < 3 else ''},"
        for n in range(10)
    ]
    file = tmp_path / "s.csv"
    file.write_text("\n".join([header, *rows]) + "\n")
    take(kaohe, file)
    for as_of in (FRIDAY, MONDAY):
        (row,) = kaohe("outlook", "--as-of", as_of, "--json").rows
        assert (row["standing"], row["mends"], row["pending"]) == ("behind", 5, 7)
    assert "7" in kaohe("outlook", "--as-of", FRIDAY).out.splitlines()[-1]


def ask(kaohe, tmp_path, platform, buyers):
    """Buyers who asked on 5 March: (when, when answered or None); `kaohe outlook --json` at a time of that day."""
    lines = []
    for n, (asked, answered) in enumerate(buyers):
        said = {"platform": platform, "shop": "p1", "session": f"c{n}", "buyer": f"b{n}"}
        lines.append(said | {"sender": "buyer", "sent_at": f"2026-03-05T{asked}+08:00"})
        if answered:
            lines.append(said | {"sender": "agent", "agent": "a1", "sent_at": f"2026-03-05T{answered}+08:00"})
    file = tmp_path / "m.ndjson"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert kaohe("import", str(file), "--kind", "messages").code == 0

    def outlook(rule, time):
        (row,) = kaohe("outlook", "--rule", rule, "--as-of", f"2026-03-05T{time}", "--json").rows
        return row["standing"], row["mends"], row["pending"], row["running"]

    return outlook


def test_buyers_who_asked_a_moment_ago_can_still_be_answered_in_time(kaohe, tmp_path):
    look = ask(kaohe, tmp_path, "kuaishou", [("10:00:00", "10:00:30")] * 10 + [("12:00:00", None)] * 10)
    rule = "kuaishou.reply-rate-3min"
    # 10 of 20 stand; 4 more in time make 70 %. After three minutes nobody can be answered in time any more:
    # (10 + x) / (20 + x) is 70 % from x = 14 on.
    assert look(rule, "12:01:30") == ("behind", 4, 10, True)
    assert look(rule, "12:03:00") == ("behind", 4, 10, True)
    assert look(rule, "12:03:01") == ("behind", 14, 0, True)


def test_once_the_hours_are_over_nobody_new_counts_and_who_waits_can_still_be_answered(kaohe, tmp_path):
    lost = [("12:00:00", None)] * 51
    look = ask(kaohe, tmp_path, "pinduoduo", [*lost, *[("10:00:00", "10:00:30")] * 47, *[("22:30:00", None)] * 4])
    rule = "pinduoduo.effective-reply-rate"
    # 47 of 102 and 4 who wait: 51 are half.
    assert look(rule, "22:59:59") == ("behind", 4, 4, True)
    assert look(rule, "23:00:00") == ("behind", 4, 4, False)
    assert look(rule, "23:30:00") == ("behind", 4, 4, False)
    assert look(rule, "23:30:01") == ("lost", None, 0, False)


def test_once_the_hours_are_over_a_gate_that_was_not_reached_no_longer_can_be(kaohe, tmp_path):
    look = ask(kaohe, tmp_path, "pinduoduo", [("12:00:00", None)] * 99)
    rule = "pinduoduo.effective-reply-rate"
    assert look(rule, "22:59:59")[0] == "below_gate"
    assert look(rule, "23:00:00")[0] == "safe"


def test_a_missing_number_is_a_dash_and_no_word_of_the_program(kaohe, tmp_path):
    row = {"platform": "kuaishou", "shop": "k1", "period_start": "2026-03-01", "period_end": "2026-03-05"}
    file = tmp_path / "c.ndjson"
    file.write_text(json.dumps(row | {"counter": "kuaishou.service-attitude/poor", "value": 187}) + "\n")
    assert kaohe("import", str(file), "--kind", "counts").code == 0
    said = kaohe("outlook", "--as-of", FRIDAY).out
    assert "-/187" in said
    assert "None" not in said


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
