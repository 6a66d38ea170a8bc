"""`kaohe rules show` says all that decides; `rules test --coverage` says when nothing is left out."""

ATTITUDE = "kuaishou.service-attitude"


def test_all_that_decides_is_shown_in_the_language_asked_for(kaohe):
    said = kaohe("rules", "show", ATTITUDE).out
    for line in (
        "考核时间：次月 1 日 10:00",
        "周期：自然月",
        "统计截止：考核时刻；此后发生的不计",
        "预警线（我们的）：高于4.8%",
        "处罚（严重）：警告、强制考试、违约金 ¥100–¥300",
        "申诉：收到通知起 7 天内，1 次，仅限主账号；点击确认处罚通知即放弃",
    ):
        assert line in said
    assert "第 1 次轻微" in said
    assert "mandatory" not in said
    assert "people：人天（每个买家每天计一次），08:00-24:00" in kaohe("rules", "show", "kuaishou.reply-rate-3min").out


def test_the_same_as_data(kaohe):
    (row,) = kaohe("rules", "show", ATTITUDE, "--json").rows
    (version,) = row["versions"]
    assert version["facts"]["en"]["Cycle"] == "natural month"
    assert version["facts"]["zh-CN"]["周期"] == "自然月"
    assert {claim["claim"]: claim["basis"] for claim in version["claims"]}["figure"] == "source"
    assert [a["from"] for a in row["announced"]] == ["2022-11-24"]


def test_full_coverage_is_said(kaohe):
    said = kaohe("rules", "test", "--rule", ATTITUDE, "--coverage").out
    assert "用例覆盖完整" in said
    assert "用例覆盖完整" not in kaohe("rules", "test", "--rule", ATTITUDE).out
