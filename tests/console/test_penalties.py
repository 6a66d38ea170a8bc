"""`kaohe penalties` and `kaohe rules accuracy`, as an officer types them."""

from __future__ import annotations

import pytest

from tests.console.test_language import english_in
from tests.ready import ready_home

RULE = "kuaishou.service-attitude"
PENALTIES = """平台,店铺,处罚单号,违规类型,规则,考核周期,违规等级,处罚措施,违约金,扣款账户,处罚时间,申诉截止时间,状态
快手,k1,KS-1,服务态度,kuaishou.service-attitude,2026-01,严重,扣违约金,200,保证金,2026-02-02 11:00,2026-02-09,待处理
快手,k2,KS-2,服务态度差,,,,警告,,,2026-02-02 12:00,2026-02-09T18:00,已撤销
快手,k3,KS-3,,快手客服服务态度差中差评率,2026-01,轻微,警告,,,2026-02-03 09:00,,已执行
"""


@pytest.fixture
@ready_home
def officer(kaohe, tmp_path):
    """Three shops in January, of which two breach the rule, and what the platform decided; gives the violations."""
    lines = ["platform,shop,period_start,period_end,counter,value"]
    for shop, bad in (("k1", 7), ("k2", 9), ("k3", 2)):
        for counter, value in (("poor", 100), ("bad_attitude", bad)):
            lines.append(f"kuaishou,{shop},2026-01-01,2026-01-31,{RULE}/{counter},{value}")
    counts, penalties = tmp_path / "counts.csv", tmp_path / "penalties.csv"
    counts.write_text("\n".join(lines) + "\n")
    penalties.write_text(PENALTIES)
    assert kaohe("import", str(counts), "--kind", "counts").code == 0
    assert kaohe("import", str(penalties), "--kind", "penalties").code == 0
    assert kaohe("assess", "--as-of", "2026-02-01T10:05").code == 0
    return {row["shop"]: row["violation"] for row in kaohe("violations", "list", "--json").rows}


def results(said):
    return [(row["reference"], row["violation"], row["result"]) for row in said.rows]


def test_the_promised_keys_come_first_and_filters_choose(kaohe, officer):
    said = kaohe("penalties", "match", "--as-of", "2026-02-05", "--json")
    assert [list(row)[:3] for row in said.rows] == [["reference", "violation", "result"]] * 3
    assert results(said) == [
        ("KS-1", officer["k1"], "differing"),
        ("KS-2", officer["k2"], "matched"),
        ("KS-3", None, "theirs_only"),
    ]
    assert said.rows[0]["differs"] == ["severity", "amount"]
    assert (said.rows[1]["doubts"], said.rows[1]["candidates"]) == (["rule guessed"], [officer["k2"]])
    for options, found in {
        ("--shop", "k3"): ["KS-3"],
        ("--result", "matched"): ["KS-2"],
        ("--doubtful",): ["KS-2"],
        ("--month", "2026-03"): [],
        ("--month", "2026-02", "--platform", "快手", "--client", "default"): ["KS-1", "KS-2", "KS-3"],
    }.items():
        said = kaohe("penalties", "match", *options, "--as-of", "2026-02-05", "--json")
        assert [row["reference"] for row in said.rows] == found, options
    assert [row["reference"] for row in kaohe("penalties", "list", "--shop", "k2", "--json").rows] == ["KS-2"]
    assert kaohe("penalties", "list", "--month", "2026-01", "--json").rows == []


def test_of_what_we_missed_our_own_verdict_is_told_and_the_month_s_report_puts_it_first(kaohe, officer):
    row = kaohe("penalties", "match", "--shop", "k3", "--json").rows[0]
    verdict = {"rule": RULE, "cycle": "2026-01", "verdict": "compliant", "numerator": 2, "denominator": 100}
    assert (row["means"], row["our_verdict"]) == ([RULE], verdict)
    assert f"我方结论：达标 2/100（{RULE} 2026-01）" in kaohe("penalties", "show", "KS-3").out
    report = kaohe("report", "month", "--month", "2026-02", "--as-of", "2026-03-05")
    assert "被平台处罚而我方没有预判（处罚 KS-3）" in report.out
    assert "处罚 KS-1）" not in report.out


def test_a_penalty_is_shown_with_its_amount_and_deadline(kaohe, officer):
    row = kaohe("penalties", "show", "KS-1", "--json").rows[0]
    assert (row["amount_fen"], row["appeal_until"]) == (20000, "2026-02-09T16:00:00+00:00")
    assert row["match"]["violation"] == officer["k1"]
    out = kaohe("penalties", "show", "KS-1").out
    assert "申诉截止：2026-02-09\n" in out
    assert "等级：平台 严重，我方 轻微；金额：平台 ¥200，我方 ¥0" in out
    assert "申诉截止：2026-02-09 18:00:00+08:00" in kaohe("penalties", "show", "KS-2").out


def test_an_officer_decides_the_doubtful_one_and_confirms_what_is_certain(kaohe, officer):
    refused = kaohe("penalties", "confirm", "KS-2", "--why", "通知")
    assert (refused.code, officer["k2"] in refused.err) == (2, True)
    assert kaohe("penalties", "link", "KS-2", officer["k2"].lower(), "--why", "看过通知").code == 0
    assert kaohe("penalties", "confirm", "KS-2", "--why", "通知").out == f"{officer['k2']}：判罚已撤销\n"
    assert kaohe("penalties", "confirm", "KS-1", "--why", "通知").code == 0
    (row,) = kaohe("violations", "list", "--shop", "k1", "--json").rows
    assert (row["state"], row["severity"], row["exposure_fen"]) == ("confirmed", "serious", [20000, 20000])
    assert kaohe("penalties", "ours-none", "KS-3", "--why", "不是考核").code == 0
    assert kaohe("penalties", "unlink", "KS-3", "--why", "弄错了").code == 0
    assert kaohe("journal", "verify").code == 0


def test_taking_a_penalty_away_tells_of_the_violation_that_still_names_it(kaohe, officer):
    kaohe("penalties", "link", "KS-1", officer["k1"], "--why", "看过通知")
    assert kaohe("penalties", "confirm", "KS-1", "--why", "通知").code == 0
    said = kaohe("penalties", "ours-none", "KS-1", "--why", "不是这条")
    assert (said.code, english_in(said.err)) == (0, [])
    assert f"`kaohe violations record {officer['k1']} 原状态 --reference 编号" in said.err
    assert kaohe("penalties", "link", "KS-1", officer["k1"], "--why", "就是这条").err == ""
    assert kaohe("penalties", "unlink", "KS-1", "--why", "看编号即可").err == ""


def test_what_practice_says_stands_on_the_rule_s_page_in_explain_and_in_the_list(kaohe, officer):
    assert "实际结果" not in kaohe("rules", "show", "xiaohongshu.reply-rate").out
    told = "实际结果：平台证实 1/1，平台处罚而我方没有预判 1，等级不同 1/1"
    options = ("--as-of", "2026-02-05", "--json")
    row = kaohe("rules", "accuracy", RULE, *options).rows[0]
    assert (row["confirmed"], row["judged"], row["missed"], row["foreseen"]) == (1, 1, 1, "1/2")
    assert {(c["claim"], *c["by"]) for c in row["contradicted"]} == {
        ("counters", "KS-3"),
        ("cut_off", "KS-3"),
        ("severity", "KS-1"),
    }
    assert told in kaohe("rules", "show", RULE).out
    assert told in kaohe("explain", officer["k1"]).out
    assert "与实际不符的依据：计数口径【假定】1 次（KS-3）" in kaohe("rules", "show", RULE).out
    assert kaohe("explain", officer["k1"], "--json").rows[0]["practice"]["missed"] == 1
    assert kaohe("rules", "show", RULE, "--json").rows[0]["practice"][0]["missed"] == 1
    table = kaohe("rules", "accuracy", "--as-of", "2026-02-05").out
    assert "1/2" in table
    assert "%" not in table


def test_all_of_it_is_chinese_and_errors_say_what_to_do(kaohe, officer):
    for words, code in {
        ("penalties", "list"): 0,
        ("penalties", "list", "--month", "2025-01"): 0,
        ("penalties", "match"): 0,
        ("penalties", "match", "--result", "none"): 2,
        ("penalties", "match", "--client", "nobody"): 2,
        ("penalties", "show", "KS-9"): 2,
        ("penalties", "show", "KS-2"): 0,
        ("penalties", "link", "KS-1", officer["k2"], "--why", "x"): 2,
        ("penalties", "unlink", "KS-1", "--why", "x"): 2,
        ("penalties", "ours-none", "KS-1", "--why", " "): 2,
        ("rules", "accuracy"): 0,
        ("rules", "accuracy", "kuaishou.nothing"): 2,
        ("penalties", "list", "--help"): 0,
    }.items():
        said = kaohe(*words)
        assert (said.code, english_in(said.out + said.err)) == (code, []), words
        assert said.out + said.err


def test_without_a_home_the_commands_say_how_to_begin(kaohe):
    for words in (("penalties", "list"), ("penalties", "match"), ("rules", "accuracy")):
        said = kaohe(*words)
        assert (said.code, "kaohe import" in said.err) == (2, True)
    assert kaohe("rules", "show", RULE).code == 0


def test_it_speaks_english_too(english, kaohe, officer):
    out = kaohe("penalties", "show", "KS-1").out
    assert "severity: theirs serious, ours minor; amount: theirs CNY 200, ours CNY 0" in out
    assert "In practice: confirmed 1 of 1, missed 1, another severity in 1 of 1" in kaohe("rules", "show", RULE).out
    assert "unknown penalty 'KS-9'; did you mean" in kaohe("penalties", "show", "KS-9").err
