"""Standards of contracts, active sanctions, charges and deposits, as they are typed."""

from __future__ import annotations

import pytest

from tests.console.conftest import AFTER_W10
from tests.ready import ready_home

RULE = "xiaohongshu.reply-rate"


@pytest.fixture
@ready_home
def told(kaohe, sessions, tmp_path):
    """Two shops of the client acme, one of which breaks the rule; a notice that belongs to no violation."""
    shops = tmp_path / "shops.csv"
    shops.write_text(
        "platform,shop,client,alias\nxiaohongshu,s1,acme,一号店\nxiaohongshu,s2,acme,\nxiaohongshu,t1,other,\n", "utf-8"
    )
    penalties = tmp_path / "penalties.csv"
    penalties.write_text(
        "platform,shop,reference,amount_fen,noticed_at,status,borne_by\n"
        "xiaohongshu,s1,X-1,30000,2026-03-11T09:00,confirmed,agency\n"
        "xiaohongshu,s2,X-2,20000,2026-03-12T09:00,confirmed,\n",
        "utf-8",
    )
    for words in [
        ("shops", "import", str(shops)),
        ("import", str(sessions(79, 100)), "--kind", "sessions"),
        ("import", str(sessions(82, 100, "s2")), "--kind", "sessions"),
        ("import", str(sessions(82, 100, "t1")), "--kind", "sessions"),
        ("import", str(penalties), "--kind", "penalties"),
        ("assess", "--as-of", AFTER_W10),
    ]:
        said = kaohe(*words)
        assert said.code == 0, said.err
    return kaohe("violations", "list", "--json").rows[0]["violation"]


def test_a_contracts_standard_is_set_checked_shown_apart_and_ended(kaohe, told):
    said = kaohe("standards", "set", "acme", RULE, "85%", "--since", "2026-03-02", "--note", "附件二")
    assert (said.code, said.out) == (0, f"合同标准 1：acme 的 {RULE} >= 85%，自 2026-03-02 开始的周期起\n")
    rows = kaohe("standards", "check", "--month", "2026-03", "--json").rows
    assert [(r["shop"], r["result"], r["verdict"], r["contract"], r["platform_standard"]) for r in rows] == [
        ("s1", "missed", "violation", ">= 85%", ">= 80%"),
        ("s2", "missed", "compliant", ">= 85%", ">= 80%"),
    ]
    page = kaohe("standards", "check", "--from", "2026-03-10", "--to", "2026-03-10").out
    assert "未达到合同标准 2 项（共 2 项），其中 1 项平台也判违规；其余 1 项只与合同有关" in page
    assert "一号店" in page
    assert kaohe("standards", "check", "--month", "2026-02").out == "这段时间没有合同标准所涉的指标。\n"
    assert len(kaohe("violations", "list", "--json").rows) == 1
    assert "合同标准（acme）：>= 85%，未达到；平台的结论另算" in kaohe("explain", told).out
    assert kaohe("explain", told, "--json").rows[0]["contract"]["result"] == "missed"
    assert kaohe("standards", "end", "1", "--last", "2026-03-01", "--why", "写错了").code == 0
    assert kaohe("standards", "check", "--month", "2026-03", "--json").rows == []
    assert kaohe("explain", told, "--json").rows[0]["contract"] is None
    (kept,) = kaohe("standards", "list", "--json").rows
    assert (kept["until"], kept["contract"], kept["note"]) == ("2026-03-01", ">= 85%", "附件二")
    assert "附件二" in kaohe("standards", "list", "--client", "acme").out


WRONG = [
    (("set", "acme", RULE, "80%", "--since", "2026-03-02"), "平台 2021-01-01 版要求 >= 80%，并不更严"),
    (("set", "acme", RULE, "below 5%", "--since", "2026-03-02"), "两者方向不同"),
    (("set", "acme", RULE, "eighty", "--since", "2026-03-02"), "不是标准"),
    (("set", "acmee", RULE, "85%", "--since", "2026-03-02"), "acme"),
    (("set", "acme", "xiaohongshu.reply", "85%", "--since", "2026-03-02"), RULE),
    (("set", "acme", RULE, "85%", "--since", "2026-03-02", "--shop", "t1"), "是客户 other 的店铺"),
    (("set", "acme", RULE, "85%", "--since", "soon"), "不是日期"),
    (("end", "7", "--last", "2026-03-01", "--why", "x"), "没有"),
    (("check", "--month", "2026-03", "--from", "2026-03-01"), "只写一种"),
]


def test_what_is_wrong_about_a_standard_is_said(kaohe, told):
    answers = [(words, expected, kaohe("standards", *words)) for words, expected in WRONG]
    assert [words for words, expected, said in answers if said.code != 2 or expected not in said.err] == []


def test_who_is_limited_on_a_day_or_in_a_stretch(kaohe, told):
    (row,) = kaohe("sanctions", "--from", "2026-03-12", "--to", "2026-03-31", "--json").rows
    assert (row["shop"], row["client"], row["kind"], row["days"]) == ("s1", "acme", "traffic_limit", 1)
    assert (row["starts"], row["ends"]) == ("2026-03-10", "2026-03-12")
    assert row["violations"] == [{"violation": told, "state": "open"}]
    assert "一号店" in kaohe("sanctions", "--on", "2026-03-10", "--client", "acme").out
    for words in [("--on", "2026-03-13"), ("--on", "2026-03-10", "--client", "other"), ()]:
        assert kaohe("sanctions", *words).out == "这段时间没有店铺受限。\n"
    for words in [("--on", "2026-03-13", "--to", "2026-03-14"), ("--from", "2026-03-13")]:
        assert kaohe("sanctions", *words).code == 2
    kaohe("violations", "record", told, "withdrawn", "--why", "看错了")
    assert kaohe("sanctions", "--on", "2026-03-10", "--json").rows == []


def test_a_charge_is_told_once_beside_what_was_forecast(kaohe, told):
    kaohe("violations", "record", told, "confirmed", "--amount", "300", "--reference", "X-1", "--why", "平台通知")
    rows = kaohe("charges", "--month", "2026-03", "--json").rows
    assert [(r["client"], r["bearer"], r["charged_fen"], r["unmatched_fen"], r["violations"]) for r in rows] == [
        ("acme", None, 20000, 20000, 0),
        ("acme", "agency", 30000, 0, 1),
    ]
    (whole,) = kaohe("charges", "--by", "client", "--json").rows
    assert (whole["charged_fen"], whole["charges"], whole["open_fen"]) == (50000, 2, [0, 0])
    assert "agency" in kaohe("charges").out
    assert kaohe("charges", "--month", "2026-02").out == "没有扣款，也没有预计。\n"
    assert kaohe("charges", "--by", "clients").code == 2


def test_a_deposit_is_recorded_and_what_is_left_of_it_is_told(kaohe, told):
    said = kaohe(
        "deposits", "record", "s1", "--balance", "1000", "--minimum", "800", "--at", "2026-03-10T12:00", "--why", "后台"
    )
    assert (said.code, said.out) == (0, "已记录 一号店 的保证金余额 ¥1,000\n")
    (row,) = kaohe("deposits", "list", "--json").rows
    assert (row["balance_fen"], row["taken_fen"], row["left_fen"], row["falls_short"]) == (
        100000,
        30000,
        [70000, 70000],
        True,
    )
    shown = kaohe("deposits", "list")
    assert "¥700" in shown.out
    assert "共 1 家店铺的保证金可能低于最低要求" in shown.err
    assert kaohe("deposits", "list", "--client", "other").out == "还没有记录保证金余额。\n"
    assert kaohe("deposits", "record", "s1", "--balance", "1,000", "--at", "2026-03-10", "--why", "x").code == 2


def test_violations_are_paged_where_somebody_asks_for_it(kaohe, told, sessions):
    kaohe("import", str(sessions(50, 100, "t1")), "--kind", "sessions", "--replace")
    kaohe("assess", "--as-of", AFTER_W10)
    first = kaohe("violations", "list", "--limit", "1")
    assert "一号店" in first.out
    assert first.err == f"后面还有 1 条：--after {told}\n"
    second = kaohe("violations", "list", "--limit", "1", "--after", told)
    assert "t1" in second.out and second.err == ""
    assert kaohe("violations", "list", "--json", "--limit", "1").code == 2
    assert len(kaohe("violations", "list", "--json").rows) == 2
