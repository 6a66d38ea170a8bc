"""What an import takes but may have been meant otherwise is said, and what cannot be meant is refused."""

import pytest

COUNTS = "platform,shop,period_start,period_end,counter,value\n"
POOR = "kuaishou.service-attitude/poor"
SATISFACTION = """客服账号,已评价数,满意率,一般率,失望率,一般原因-服务态度差占比,失望原因-服务态度差占比
小禾,100,90%,10%,0%,10%,0%
小满,{rated},100%,0%,0%,0%,0%
"""


@pytest.fixture
def counts(kaohe, tmp_path):
    def take(start, end, counter=POOR, value="12", options=()):
        path = tmp_path / "counts.csv"
        path.write_text(f"{COUNTS}kuaishou,k1,{start},{end},{counter},{value}\n", "utf-8")
        return kaohe("import", str(path), "--kind", "counts", *options)

    return take


def test_reasons_that_are_not_known_are_named_with_how_often_they_came(kaohe, tmp_path):
    path = tmp_path / "ratings.csv"
    rows = ["态度恶劣"] * 2 + ["回复慢；态度恶劣", "态度差", "电话13800138000"]
    lines = "".join(f"kuaishou,k1,2026-03-02T10:00,disappointed,{reason}\n" for reason in rows)
    path.write_text("platform,shop,rated_at,score,reasons\n" + lines, "utf-8")
    said = kaohe("import", str(path), "--kind", "ratings")
    assert said.code == 0
    assert "原因 「态度恶劣」3 次、「电话***********」1 次不认识，按「其他」计" in said.err
    (answer,) = kaohe("import", str(path), "--kind", "ratings", "--json").rows
    assert answer["unknown_reasons"] == [["态度恶劣", 3], ["电话***********", 1]]


@pytest.mark.parametrize(
    ("counter", "told"),
    [
        ("kuaishou.service-atitude/poor", f"没有规则有这个计数；是不是 '{POOR}'"),
        ("kuaishou.service-attitude/pour", f"没有规则有这个计数；是不是 '{POOR}'"),
        ("poor", "不是“规则编号/计数名”的写法"),
    ],
)
def test_a_counter_that_no_rule_has_is_refused(counts, counter, told):
    said = counts("2026-10-01", "2026-10-31", counter)
    assert said.code == 1
    assert said.err.count("counts.csv:2:") == 1
    assert told in said.err


@pytest.mark.parametrize(
    ("rule", "start", "end", "told"),
    [
        (POOR, "2026-10-15", "2026-11-14", "这条规则按月考核：期间跨了两个月"),
        ("kuaishou.good-rating/good", "2026-10-04", "2026-10-05", "这条规则按周考核：期间跨了两周"),
        ("pinduoduo.effective-reply-rate/people", "2026-10-04", "2026-10-05", "这条规则按日考核：期间要是一天"),
    ],
)
def test_a_period_that_no_cycle_holds_is_refused(counts, rule, start, end, told):
    said = counts(start, end, rule)
    assert (said.code, told in said.err) == (1, True)


def test_a_period_that_is_less_than_its_cycle_is_told(counts):
    said = counts("2026-10-01", "2026-10-30")
    assert said.code == 0
    assert "kuaishou.service-attitude：2026-10-01 ~ 2026-10-30 不是整个周期（2026-10-01 ~ 2026-10-31）" in said.err
    for start, end in (("2026-09-01", "2026-09-30"), ("2026-08-03", "2026-08-03")):
        assert "整个周期" not in counts(start, end).err


def test_a_count_that_contradicts_a_stored_one_is_told_and_replace_mends_it(counts):
    month = ("2026-10-01", "2026-10-31")
    assert counts(*month).code == 0
    assert counts(*month).err == ""
    said = counts(*month, value="")
    assert said.code == 1
    assert f"kuaishou k1 {POOR} 2026-10-01 ~ 2026-10-31：这次的数（无）与已导入的数（12）矛盾" in said.err
    assert "更正请加 --replace" in said.err
    said = counts(*month, value="13", options=("--replace",))
    assert (said.code, said.err) == (0, "")
    (answer,) = counts("2026-10-05", "2026-10-05", value="1", options=("--json",)).rows
    (one,) = answer["contradictions"]
    assert (one["value"], one["other"], one["period_start"]) == (1, 13, "2026-10-05")


def test_a_second_file_with_a_bad_row_is_said_to_contradict_the_shop_s_figure(kaohe, tmp_path):
    by = ("--mapping", "kuaishou.satisfaction", "--shop", "k1")
    path = tmp_path / "满意度 2026-10.csv"
    path.write_text(SATISFACTION.format(rated="50"), "utf-8")
    assert kaohe("import", str(path), *by).code == 0
    path.write_text(SATISFACTION.format(rated="很多"), "utf-8")
    said = kaohe("import", str(path), *by)
    assert said.code == 1
    assert f"kuaishou k1 {POOR} 2026-10-01 ~ 2026-10-31：这次的数（无）与已导入的数（10）矛盾" in said.err


@pytest.mark.parametrize(
    ("above", "name", "code"),
    [
        ("2024-08", "满意度 2024-09", 2),
        ("2024-08", "满意度 2024-08-01~2024-08-07", 2),
        ("2024-08", "满意度 2024-08", 0),
        ("2024-08", "满意度 导出 20240903", 0),  # the day of the export
        ("2024-08-05 ~ 2024-08-11", "满意度 2024-08", 0),
        ("2024-08", "满意度", 0),
    ],
)
def test_two_periods_that_contradict_each_other_are_refused(kaohe, tmp_path, above, name, code):
    path = tmp_path / f"{name}.csv"
    path.write_text(f"统计周期：{above}\n" + SATISFACTION.format(rated="50"), "utf-8")
    said = kaohe("import", str(path), "--mapping", "kuaishou.satisfaction", "--shop", "k1")
    assert said.code == code
    assert ("期间有矛盾：表头上方写的是 2024-08-01 ~ 2024-08-31" in said.err) == (code == 2)


def test_a_header_that_is_nearly_one_is_named_and_a_file_that_gives_nothing_is_a_finding(kaohe, tmp_path):
    path = tmp_path / "满意度 2026-10.csv"
    path.write_text(
        SATISFACTION.replace("一般原因-服务态度差占比", "一般原因：服务态度差占比").format(rated="50"), "utf-8"
    )
    said = kaohe("import", str(path), "--mapping", "kuaishou.satisfaction", "--shop", "k1")
    assert said.code == 1
    assert "不认识的「一般原因：服务态度差占比」是不是「一般原因服务态度差占比」？" in said.err
    assert "得出 0 个数" in said.out


def test_a_share_that_fits_no_number_is_shown_with_its_digits(kaohe, tmp_path):
    path = tmp_path / "满意度 2026-10.csv"
    path.write_text(SATISFACTION.replace("90%,10%", "90%,10.37%").format(rated="50"), "utf-8")
    said = kaohe("import", str(path), "--mapping", "kuaishou.satisfaction", "--shop", "k1")
    assert "一般率 '10.37%': 与同一行里它所属的人数对不上" in said.err


def test_a_file_of_another_kind_is_said_to_look_like_one(kaohe, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("platform,shop,buyer,sender,sent_at,备注\nkuaishou,k1,b,buyer,2026-03-02T10:00,x\n", "utf-8")
    said = kaohe("import", str(path), "--kind", "ratings")
    assert said.code == 2
    assert "看起来是 messages：请写 --kind messages；不认识的列：sender、备注" in said.err


@pytest.mark.parametrize("day", ["2026/9/1", "2026年9月1日", "2026-09-01"])
def test_days_are_taken_as_they_are_written(kaohe, day):
    assert kaohe("shops", "add", "jd", "j1", "--opened-on", day).code == 0
    assert kaohe("shops", "list", "--json").rows[0]["opened_on"] == "2026-09-01"


def test_days_and_times_in_evidence_may_be_written_in_chinese(kaohe, tmp_path, counts):
    assert counts("2026/9/1", "2026年9月30日").code == 0
    path = tmp_path / "s.csv"
    rows = "".join(f"jd,j1,{n},2026年10月3日{gap}9:05{s}\n" for n, (gap, s) in enumerate([(" ", ""), ("", ":07")]))
    path.write_text("platform,shop,session,opened_at\n" + rows, "utf-8")
    (answer,) = kaohe("import", str(path), "--kind", "sessions", "--json").rows
    assert (answer["taken"], answer["days"]) == (2, [["jd", "2026-10-03"]])
