"""Files of back offices at the command line: what is said of them, and what the assessment makes of their bounds."""

import pytest

SATISFACTION = """快手小店 满意度数据,,,,,,
统计周期：2024-06-01 ~ 2024-06-30,,,,,,
客服账号,已评价数,满意率,一般率,失望率,一般原因-服务态度差占比,失望原因-服务态度差占比
小禾,"1,000",{good},{neutral},{disappointed},{neutral_attitude},{disappointed_attitude}
合计,1000,,,,,
"""
RATES = {"good": "84.7%", "neutral": "11.8%", "disappointed": "3.5%"}
ATTITUDE = {"neutral_attitude": "5%", "disappointed_attitude": "8.6%"}


@pytest.fixture
def month(tmp_path):
    """Writes a month of satisfaction data, in GBK."""

    def write(**rates):
        path = tmp_path / "满意度.csv"
        path.write_bytes(SATISFACTION.format(**RATES | ATTITUDE | rates).encode("gb18030"))
        return str(path)

    return write


BY = ("--mapping", "kuaishou.satisfaction", "--shop", "s1")
JULY = ("--from", "2024-07-01", "--to", "2024-07-01", "--as-of", "2024-07-02")


def test_rounding_that_could_change_a_verdict_is_said_at_once_and_leaves_it_undetermined(kaohe, month, monkeypatch):
    monkeypatch.setenv("KAOHE_LANGUAGE", "en")
    said = kaohe("import", month(), *BY)
    assert said.code == 0
    assert "满意度.csv: mapping kuaishou.satisfaction, 1 row of data" in said.out
    assert "skipped rows that are about no agent: 合计 (line 5)" in said.err
    assert "kuaishou.good-rating" not in said.err  # a month is not for a rule of weeks, and need not be told each time
    # 5 % of 118 can only be 6, and 8.6 % of 35 only 3: 9 of 153 are 5.88 %.
    assert "rounding could change" not in said.err
    rough = month(good="85%", neutral="12%", disappointed="3%", neutral_attitude="6%", disappointed_attitude="7%")
    said = kaohe("import", rough, *BY, "--replace")
    (line,) = [line for line in said.err.splitlines() if "rounding could change" in line]
    assert "kuaishou.service-attitude 2024-06 s1: from " in line
    assert line.endswith("the standard is <= 6%, poor >= 1")
    (row,) = [r for r in kaohe("assess", *JULY, "--json").rows if r["rule"] == "kuaishou.service-attitude"]
    assert (row["verdict"], row["shop"], row["cycle"]) == ("undetermined", "s1", "2024-06")


def test_exact_rates_give_a_verdict_in_chinese_and_json(kaohe, month):
    said = kaohe("import", month(neutral_attitude="6.8%"), *BY, "--json")
    (answer,) = said.rows
    assert answer["mapped"][0]["skipped"] == [[5, "合计"]]
    assert answer["mapped"][0]["left_open"] == []
    assert (answer["kind"], answer["taken"], answer["refused"]) == ("counts", 4, 0)
    assert answer["mapped"][0]["notes"] == []
    # 8 of 118 and 3 of 35
    (row,) = [r for r in kaohe("assess", *JULY, "--json").rows if r["rule"] == "kuaishou.service-attitude"]
    assert (row["verdict"], row["numerator"], row["denominator"]) == ("violation", 11, 153)


def test_refused_rows_stand_in_the_quarantine_with_their_lines_and_headers(kaohe, month, home):
    said = kaohe("import", month(neutral="abc"), *BY)
    assert said.code == 1
    assert "满意度.csv:4: 一般率 'abc': 不是比率；写成 85.3% 或 0.853 这样" in said.err
    (path,) = (home / "quarantine").glob("counts-*.csv")
    assert "4,一般率,abc,不是比率；写成 85.3% 或 0.853 这样,printed_rate" in path.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            (),
            (
                "缺少 --kind：请写明文件里是什么（sessions|messages|ratings|counts|penalties|shifts），"
                "或用 --mapping 写明怎样读"
            ),
        ),
        (
            ("--mapping", "kuaishou.satisfction"),
            "没有这个映射：'kuaishou.satisfction'；是不是 'kuaishou.satisfaction'？",
        ),
        ((*BY, "--kind", "ratings"), "--kind ratings 与映射 kuaishou.satisfaction 不符（它是 counts）；不用写"),
        ((*BY, "--platform", "jd"), "--platform jd 与映射 kuaishou.satisfaction 不符（它是 kuaishou）；不用写"),
        (("--mapping", "./none.yaml"), "none.yaml：映射读不了：No such file or directory"),
        (("--mapping", "kuaishou.satisfaction"), "缺少 'shop' 列；请写 --shop …；什么都没有导入"),
    ],
)
def test_what_cannot_be_done_is_told_in_chinese(kaohe, month, arguments, told):
    said = kaohe("import", month(), *arguments)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_mappings_are_listed_shown_and_checked(kaohe, tmp_path):
    assert [row["mapping"] for row in kaohe("mappings", "list", "--json").rows] == [
        "kuaishou.satisfaction",
        "pinduoduo.service",
    ]
    assert "快手客服满意度数据（按子账号）" in kaohe("mappings", "list").out
    shown = kaohe("mappings", "show", "kuaishou.satisfaction", "--lang", "en").out
    assert "neutral = rated × neutral_rate" in shown
    assert "kuaishou.service-attitude/bad_attitude = neutral_attitude + disappointed_attitude" in shown
    assert "headers: assumed [S0]: " in shown
    assert kaohe("mappings", "check").code == 0
    (tmp_path / "mine.yaml").write_text("schema: mapping/v2\n", "utf-8")
    checked = kaohe("mappings", "check", str(tmp_path / "mine.yaml"))
    assert checked.code == 1
    assert "mine.yaml:1:9: schema: unknown schema 'mapping/v2'; did you mean 'mapping/v1'?" in checked.out
    refused = kaohe("import", str(tmp_path / "x.csv"), "--mapping", str(tmp_path / "mine.yaml"))
    assert refused.code == 2
    assert "映射文件有错误，请先改正：" in refused.err
