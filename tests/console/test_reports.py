"""`kaohe report`: a file for each client and one for the house, of what is on record and how things stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from console.desk import desk
from engine.ledger.actors import Actor
from engine.tracker.tokens import create_token
from engine.tracker.users import Place, add_user
from tests.ready import ready_home

MONDAY = "2026-03-09T12:00"
AFTER = "2026-03-11T09:00"
HOSTILE = "=cmd|' /C calc'!A0"


@pytest.fixture
@ready_home
def two_clients(kaohe, sessions):
    """Week 10: client A's shop is beyond help, client B's too; both were assessed."""
    for shop, client, name in (("s1", "甲公司", HOSTILE), ("s2", "乙公司", "<script>alert(1)</script>")):
        assert kaohe("shops", "add", "xiaohongshu", shop, "--client", client, "--alias", name).code == 0
        assert kaohe("import", str(sessions(7, 10, shop=shop)), "--kind", "sessions").code == 0


def assessed(kaohe):
    assert kaohe("assess", "--as-of", "2026-03-10T10:05").code == 0


def texts(path):
    book = openpyxl.load_workbook(path)
    return {str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None}


def test_each_client_gets_a_file_of_its_own_shops_and_the_house_one_of_all(kaohe, two_clients, tmp_path):
    assessed(kaohe)
    for command in (("daily", "--as-of", AFTER), ("month", "--month", "2026-03", "--as-of", AFTER)):
        out = tmp_path / command[0]
        said = kaohe("report", *command, "--xlsx", str(out), "--html", str(out), "--csv", str(out))
        assert said.code == 0, said.err
        assert said.out == ""
        files = {path.name.partition(".")[2] for path in out.iterdir()}
        names = ["internal", "client-甲公司", "client-乙公司"]
        assert files == {f"{name}{ending}" for name in names for ending in ("", ".xlsx", ".html")}
        of_a = next(out.glob("*client-甲公司.xlsx"))
        assert {"s1", HOSTILE} <= texts(of_a)
        assert {"s2", "乙公司", "<script>alert(1)</script>"} & texts(of_a) == set()
        assert {"s1", "s2", "甲公司", "乙公司"} <= texts(next(out.glob("*.internal.xlsx")))
        page = next(out.glob("*client-乙公司.html")).read_text(encoding="utf-8")
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "甲公司" not in page
        tables = "".join(p.read_text("utf-8-sig") for p in next(out.glob("*client-甲公司")).iterdir())
        assert "s2" not in tables
        assert f"'{HOSTILE}" in tables


def test_before_the_assessment_the_shop_is_told_as_lost_and_after_it_as_violated_and_limited(kaohe, two_clients):
    before = kaohe("report", "daily", "--as-of", MONDAY, "--json").rows
    assert {(row["section"], row["shop"]) for row in before} == {("certain", "s1"), ("certain", "s2")}
    assert {(row["value"], row["standard"], row["standing"]) for row in before} == {("70%", ">= 80%", "lost")}
    assessed(kaohe)
    after = kaohe("report", "daily", "--as-of", AFTER, "--client", "甲公司", "--json").rows
    assert {row["shop"] for row in after} == {"s1"}
    (violated,) = [row for row in after if row["section"] == "violated"]
    (limited,) = [row for row in after if row["section"] == "sanctions"]
    assert (violated["state"], violated["value"], violated["cycle"]) == ("open", "70%", "2026-W10")
    assert (limited["measure"], limited["ends"], limited["days_left"]) == (
        "traffic_limit/public_domain",
        "2026-03-12",
        2,
    )
    assert "client" not in violated


def test_who_has_one_client_is_told_how_its_shops_stand_and_no_others(kaohe, two_clients, home, monkeypatch):
    now = datetime.now(UTC)
    with desk(str(home)) as opened:
        root = Actor.unbounded(opened.os_name)
        with opened.transaction() as session:
            add_user(session, root, "root", "administrator", Place(), now, os_name=opened.os_name)
            add_user(session, root, "li", "viewer", Place("甲公司"), now)
        with opened.transaction() as session:
            secret = create_token(session, root, "li", "t", now + timedelta(days=9), now)[1]
    monkeypatch.setenv("KAOHE_TOKEN", secret)
    rows = kaohe("report", "daily", "--as-of", MONDAY, "--json").rows
    assert [(row["section"], row["shop"]) for row in rows] == [("certain", "s1")]


def test_a_shop_that_can_be_mended_is_near(kaohe, sessions):
    kaohe("import", str(sessions(7, 10)), "--kind", "sessions")
    (row,) = kaohe("report", "daily", "--as-of", "2026-03-06T12:00", "--json").rows
    assert (row["section"], row["needed"], row["due_at"]) == ("near", 5, "2026-03-10T10:00:00+08:00")
    assert "再连续 5 个合格可补回" in kaohe("report", "daily", "--as-of", "2026-03-06T12:00").out


def test_a_violation_assessed_later_is_not_told_before(kaohe, two_clients):
    assessed(kaohe)
    rows = kaohe("report", "daily", "--as-of", MONDAY, "--json").rows
    assert {row["section"] for row in rows} == {"certain"}


def test_missing_evidence_is_told_with_its_deadline(kaohe):
    kaohe(
        "shops",
        "add",
        "xiaohongshu",
        "s1",
        "--expects",
        "sessions",
        "--from",
        "2026-03-08",
        "--expects-until",
        "2026-03-08",
    )
    (row,) = kaohe("report", "daily", "--as-of", "2026-03-10T09:00", "--json").rows
    assert (row["section"], row["kind"], row["state"]) == ("missing", "sessions", "waiting")
    assert (row["days"], row["due_by"]) == ("2026-03-08", "2026-03-11T10:00:00+08:00")


def test_where_nothing_is_expected_nobody_says_that_nothing_is_missing(kaohe, sessions):
    kaohe("shops", "add", "xiaohongshu", "s9")
    kaohe("import", str(sessions(9, 10)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-04-01T12:00")
    said = kaohe("report", "daily", "--as-of", "2026-04-01T12:00").out
    assert "数据齐全" not in said
    assert "没有登记应有的数据，无法判断是否缺：用 kaohe shops add" in said
    status = kaohe("evidence", "status", "--month", "2026-03", "--as-of", "2026-04-01T12:00").out
    assert "没有登记应有的数据，无法判断是否缺" in status


def test_verdicts_that_lack_data_are_listed_whether_or_not_anybody_expected_it(kaohe, sessions, tmp_path):
    counts = tmp_path / "counts.csv"
    rows = [f"xiaohongshu,s1,2026-03-02,2026-03-08,xiaohongshu.reply-rate/{c},{v}" for c, v in (("sessions", 10),)]
    counts.write_text("\n".join(["platform,shop,period_start,period_end,counter,value", *rows]) + "\n")
    kaohe("import", str(counts), "--kind", "counts")
    kaohe("assess", "--as-of", "2026-03-10T10:05")
    (row,) = [
        r for r in kaohe("report", "daily", "--as-of", "2026-03-10T12:00", "--json").rows if r["section"] == "missing"
    ]
    assert (row["shop"], row["rule"], row["cycle"], row["state"]) == (
        "s1",
        "xiaohongshu.reply-rate",
        "2026-W10",
        "no_data",
    )
    serve = "replied 缺失或不完整；会话、消息、统计数导入任一种即可（kaohe import --kind sessions|messages|counts）"
    assert row["lacks"] == serve
    status = kaohe("evidence", "status", "--month", "2026-03", "--as-of", "2026-03-10T12:00").out
    assert "最近一次考核有 1 项结论缺数据：" in status
    assert serve in status


NOTICES = """platform,shop,reference,kind,rule,cycle,measure,amount_fen,noticed_at,appeal_until,status,borne_by
xiaohongshu,s1,XHS-1,回复率不达标,xiaohongshu.reply-rate,2026-W10,限流,30050,2026-03-10T15:00,2026-03-17,open,小王
xiaohongshu,s2,XHS-2,=HYPERLINK(1),,,-1+1,,2026-03-10T16:00,2026-03-12T18:00,open,小李
xiaohongshu,s2,XHS-3,later,,,,,2026-03-11T10:00,2026-03-12T18:00,open,
"""


def test_notices_duties_and_their_deadlines_are_told_and_who_holds_them_is_internal(kaohe, two_clients, tmp_path):
    assessed(kaohe)
    (tmp_path / "p.csv").write_text(NOTICES, encoding="utf-8")
    assert kaohe("import", str(tmp_path / "p.csv"), "--kind", "penalties").code == 0
    given = ("--to", "小张", "--why", "回访 小李", "--shop", "s1", "--as-of", "2026-03-10T11:00")
    assert kaohe("duties", "add", "return_call", "--due", "2026-03-12", *given).code == 0
    rows = kaohe("report", "daily", "--as-of", AFTER, "--json").rows
    told = {(row["section"], row["reference"], row["deadline"]) for row in rows if row["section"] == "deadlines"}
    assert {("deadlines", "XHS-1", "2026-03-17"), ("deadlines", "XHS-2", "2026-03-12T18:00:00+08:00")} <= told
    assert [row["reference"] for row in rows if row["section"] == "penalties"] == ["XHS-2", "XHS-1"]
    (call,) = [row for row in rows if row["section"] == "duties" and row["kind"] == "return_call"]
    assert (call["holder"], call["deadline"], call["state"]) == ("小张", "2026-03-12", "soon")
    out = tmp_path / "out"
    for report in (("daily", "--as-of", AFTER), ("month", "--month", "2026-03", "--as-of", "2026-04-02")):
        kaohe("report", *report, "--xlsx", str(out))
    for path in out.glob("*client*"):
        assert not any(name in text for text in texts(path) for name in ("小王", "小李", "小张")), path
    assert {"XHS-1", "差"} & texts(next(out.glob("daily*甲公司*"))) == {"XHS-1"}
    assert "XHS-2" not in texts(next(out.glob("month*甲公司*")))
    assert "小王" in texts(next(out.glob("daily*internal*")))


def test_an_appeal_is_told_with_its_deadline_until_it_is_handed_in(kaohe, two_clients):
    assessed(kaohe)
    found = kaohe("violations", "list", "--client", "甲公司", "--json").rows[0]["violation"]
    at = ("--noticed-at", "2026-03-10T15:00", "--appeal-until", "2026-03-13T18:00")
    assert kaohe("violations", "notified", found, *at, "--reference", "XHS-7").code == 0
    rows = kaohe("report", "daily", "--as-of", AFTER, "--json").rows
    told = [
        row for row in rows if row["section"] == "deadlines" and row["violation"] == found and "申诉" in row["subject"]
    ]
    assert [row["deadline"] for row in told] == ["2026-03-13T18:00:00+08:00"]


def test_a_waiver_that_touches_the_month_is_told(kaohe, two_clients):
    days = ("--from", "2026-03-02", "--to", "2026-03-15", "--as-of", "2026-03-10T11:00")
    asked = kaohe(
        "waivers", "request", "--why", "系统故障", "--client", "乙公司", "--rule", "xiaohongshu.reply-rate", *days
    )
    assert asked.code == 0, asked.err
    rows = kaohe("report", "month", "--month", "2026-03", "--as-of", "2026-04-02", "--json").rows
    (waiver,) = [row for row in rows if row["section"] == "waivers"]
    assert (waiver["client"], waiver["state"], waiver["ends"]) == ("乙公司", "requested", "2026-03-15")
    of_b = kaohe("report", "month", "--month", "2026-03", "--as-of", "2026-04-02", "--client", "乙公司", "--json").rows
    assert {"reason", "asked_by", "decided_by"} & {key for row in of_b for key in row} == set()


def test_a_month_tells_verdicts_and_decisions(kaohe, two_clients):
    assessed(kaohe)
    found = kaohe("violations", "list", "--client", "甲公司", "--json").rows[0]["violation"]
    charged = ("--amount", "300.50", "--reference", "XHS-1")
    kaohe("violations", "record", found, "confirmed", "--why", "平台通知", *charged)
    rows = kaohe("report", "month", "--month", "2026-03", "--as-of", "2026-04-02", "--json").rows
    told = {(row["section"], row.get("client"), row.get("state"), row.get("amount_fen")) for row in rows}
    assert ("violations", "甲公司", "confirmed", 30050) in told
    assert ("violations", "乙公司", "open", None) in told
    (charge,) = [row for row in rows if row["section"] == "charges" and row["client"] == "甲公司"]
    assert (charge["charged_fen"], charge["charge_count"], charge["shop"]) == (30050, 1, "s1")
    (of_a,) = [row for row in rows if row["section"] == "by_rule" and row["client"] == "甲公司"]
    assert (of_a["cycles"], of_a["violation_count"], of_a["worst"], of_a["rate"]) == (1, 1, "70%", "0%")


def test_what_misses_a_contract_and_not_the_platforms_standard_is_told_apart(kaohe, sessions):
    kaohe("shops", "add", "xiaohongshu", "s1", "--client", "甲公司")
    kaohe("import", str(sessions(85, 100)), "--kind", "sessions")
    assessed(kaohe)
    agreed = kaohe("standards", "set", "甲公司", "xiaohongshu.reply-rate", "90%", "--since", "2026-03-02")
    assert agreed.code == 0, agreed.err
    read = ("--balance", "500", "--minimum", "1000", "--at", "2026-03-10T09:00", "--why", "后台")
    assert kaohe("deposits", "record", "s1", *read).code == 0
    rows = kaohe("report", "daily", "--as-of", AFTER, "--client", "甲公司", "--json").rows
    told = [(row["section"], row["contract"], row["standard"], row["verdict"]) for row in rows]
    assert told == [("standards", ">= 90%", ">= 80%", "compliant")]
    month = kaohe("report", "month", "--month", "2026-03", "--as-of", AFTER, "--json").rows
    assert {"standards", "deposits"} <= {row["section"] for row in month}
    (deposit,) = [row for row in month if row["section"] == "deposits"]
    assert (deposit["balance_fen"], deposit["state"]) == (50000, "falls short")


def test_the_same_ledger_gives_the_same_bytes(kaohe, two_clients, tmp_path):
    assessed(kaohe)
    for n in ("1", "2"):
        kaohe("report", "daily", "--as-of", AFTER, "--xlsx", str(tmp_path / n), "--html", str(tmp_path / n))
    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / path.name).read_bytes()


def test_without_a_place_the_overview_is_told(kaohe, two_clients):
    assessed(kaohe)
    said = kaohe("report", "daily", "--as-of", AFTER).out
    assert "客服考核日报 2026-03-11" in said
    assert "先做什么" in said


def test_it_speaks_english_when_asked(kaohe, two_clients, tmp_path):
    assessed(kaohe)
    out = tmp_path / "out"
    kaohe("report", "daily", "--as-of", AFTER, "--lang", "en", "--xlsx", str(out))
    book = openpyxl.load_workbook(next(out.glob("*internal.xlsx")))
    assert book.sheetnames[0] == "Overview"
    assert book["Violated"]["B2"].value == "Xiaohongshu"


def test_nothing_to_report_on_ends_with_3(kaohe, two_clients):
    said = kaohe("report", "month", "--month", "2025-01", "--as-of", AFTER)
    assert said.code == 3
    assert "2025-01" in said.err


def test_a_client_that_has_no_shop_is_unknown(kaohe, sessions):
    kaohe("import", str(sessions(7, 10)), "--kind", "sessions")
    assert kaohe("report", "daily", "--client", "没有").code == 2


def test_an_empty_ledger_ends_with_3(kaohe, tmp_path):
    (tmp_path / "empty.csv").write_text("platform,shop,session,opened_at\n", encoding="utf-8")
    kaohe("import", str(tmp_path / "empty.csv"), "--kind", "sessions")
    assert kaohe("report", "daily").code == 3


@pytest.mark.parametrize("on", ["2020-01-01", "2099-01-01"])
def test_a_day_can_be_named(kaohe, two_clients, on):
    assert f"客服考核日报 {on}" in kaohe("report", "daily", "--on", on).out


def test_a_day_and_a_time_are_two_answers(kaohe, two_clients):
    said = kaohe("report", "daily", "--on", "2026-03-11", "--as-of", AFTER)
    assert said.code == 2
    assert "--on" in said.err


def test_a_place_that_cannot_be_written_is_told(kaohe, two_clients, tmp_path):
    (tmp_path / "file").write_text("x")
    said = kaohe("report", "daily", "--as-of", AFTER, "--xlsx", str(tmp_path / "file"))
    assert said.code == 2
    assert "写不了" in said.err
    assert not list(tmp_path.rglob(".*xlsx*"))
