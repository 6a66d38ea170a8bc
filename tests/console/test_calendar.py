"""`kaohe calendar`: a month of assessments for people, for programs and for their calendars."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from rich.cells import cell_len

from console.calendar_words import MOST_NAMES
from console.cli.main import run

AS_OF = "2026-04-01T10:05"
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOME = ["--home", "demo-data"]


@pytest.fixture
def demo(demo_place, capsys):
    """Asks the demo's calendar; gives what it says."""

    def ask(*words, as_of=AS_OF):
        capsys.readouterr()
        assert run(["calendar", *words, "--as-of", as_of, *HOME]) == 0
        return capsys.readouterr().out

    return ask


@pytest.fixture
def rows(demo):
    return lambda *words, **more: [json.loads(line) for line in demo(*words, "--json", **more).splitlines()]


@pytest.fixture
def events(demo):
    """The events of a calendar file, read back, by their UIDs."""

    def ask(*words, **more):
        calendar = Calendar.from_ical(demo(*words, "--ics", **more))
        found = list(calendar.walk("VEVENT"))
        assert len({str(event["uid"]) for event in found}) == len(found)
        return {str(event["uid"]): event for event in found}

    return ask


def what(rows, kind):
    return [row for row in rows if row["what"] == kind]


def test_every_row_of_the_ledger_is_counted_in_its_month(demo, rows, capsys):
    assert run(["assess", "--from", "2026-03-01", "--to", "2026-03-31", "--as-of", AS_OF, "--json", *HOME]) == 0
    recorded = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = what(rows("--month", "2026-03"), "assessment")
    assert {row["state"] for row in found} == {"done"}
    for row in found:
        of_cycle = [r for r in recorded if (r["rule"], r["cycle"]) == (row["rule"], row["cycle"])]
        verdicts = [r["verdict"] for r in of_cycle]
        assert row["verdicts"] == {name: verdicts.count(name) for name in sorted(set(verdicts))}
        assert [v["violation"] for v in row["violations"]] == [r["violation"] for r in of_cycle if r["violation"]]
    assert sum(sum(row["verdicts"].values()) for row in found) == len(recorded) > 50


def test_a_row_says_when_what_is_assessed_and_who_is_in_violation(rows):
    [row] = [r for r in rows("--month", "2026-03", "--rule", "xiaohongshu.reply-rate") if r.get("cycle") == "2026-W13"]
    names = [(v["shop"], v["name"], v["client"], v["state"]) for v in row.pop("violations")]
    assert names == [("xhs-1002", "青柠美妆", "禾苗集团", "open"), ("xhs-2001", "北巷咖啡", "北巷食品", "open")]
    assert row == {
        "what": "assessment",
        "rule": "xiaohongshu.reply-rate",
        "version": "2021-01-01",
        "platform": "xiaohongshu",
        "cycle": "2026-W13",
        "cycle_start": "2026-03-23",
        "cycle_end": "2026-03-29",
        "assessed_on": "2026-03-31",
        "due_at": "2026-03-31T02:00:00+00:00",
        "zone": "Asia/Shanghai",
        "state": "done",
        "shops": 5,
        "verdicts": {"compliant": 1, "no_data": 1, "not_assessed": 1, "violation": 2},
    }


def test_rows_come_in_one_order_and_in_the_same_bytes(demo, rows):
    found = rows("--month", "2026-04")
    assert [row["what"] for row in found] == sorted(
        (row["what"] for row in found), key=["assessment", "sanction", "next"].index
    )
    for kind in ("assessment", "next"):
        keys = [(r["assessed_on"], r["platform"], r["rule"], r["cycle"]) for r in what(found, kind)]
        assert keys == sorted(keys)
    assert demo("--month", "2026-04", "--json") == demo("--month", "2026-04", "--json")
    assert demo("--month", "2026-04", "--ics") == demo("--month", "2026-04", "--ics")


def test_a_measure_that_goes_on_into_the_month_is_told_with_all_its_days(rows):
    sanctions = what(rows("--month", "2026-04"), "sanction")
    assert [(r["shop"], r["kind"], r["scope"], r["starts"], r["ends"]) for r in sanctions] == [
        ("xhs-1002", "traffic_limit", "public_domain", "2026-03-31", "2026-04-02"),
        ("xhs-2001", "traffic_limit", "public_domain", "2026-03-31", "2026-04-02"),
    ]
    assert sanctions == what(rows("--month", "2026-03"), "sanction")


def test_the_next_assessment_of_each_rule_is_later_than_now(rows):
    found = what(rows("--month", "2026-01"), "next")
    assert [(r["rule"], r["cycle"], r["assessed_on"]) for r in found] == [
        ("pinduoduo.effective-reply-rate", "2026-04-01", "2026-04-02"),
        ("kuaishou.good-rating", "2026-W14", "2026-04-07"),
        ("xiaohongshu.reply-rate", "2026-W14", "2026-04-07"),
        ("kuaishou.reply-rate-3min", "2026-04", "2026-05-01"),
        ("kuaishou.service-attitude", "2026-04", "2026-05-01"),
    ]


def test_what_is_asked_for_bounds_what_is_told(rows):
    of_client = rows("--month", "2026-03", "--client", "北巷食品")
    assert "禾苗集团" not in json.dumps(of_client, ensure_ascii=False)
    assert {v["client"] for r in what(of_client, "assessment") for v in r["violations"]} == {"北巷食品"}
    assert {r["platform"] for r in rows("--platform", "kuaishou")} == {"kuaishou"}
    of_shop = rows("--month", "2026-03", "--shop", "北巷咖啡")
    assert {r["platform"] for r in of_shop} == {"xiaohongshu"}
    assert {r["shops"] for r in what(of_shop, "assessment")} == {1}
    assert [r["shop"] for r in what(of_shop, "sanction")] == ["xhs-2001"]
    assert {r.get("rule") for r in rows("--rule", "kuaishou.good-rating")} == {"kuaishou.good-rating"}


def test_a_month_long_ago_and_one_far_ahead_are_told_as_such(rows):
    assert {r["state"] for r in what(rows("--month", "2024-02"), "assessment")} == {"nothing"}
    ahead = what(rows("--month", "2071-02"), "assessment")
    assert {r["state"] for r in ahead} == {"coming"}
    assert len([r for r in ahead if r["rule"] == "pinduoduo.effective-reply-rate"]) == 28


def test_a_month_before_all_rules_has_no_assessment_day(demo, rows):
    assert what(rows("--month", "1999-02"), "assessment") == []
    assert "这个月没有考核日" in demo("--month", "1999-02")


def test_the_page_lists_the_days_in_order_and_marks_today(demo):
    said = demo("--month", "2026-03", as_of="2026-03-10T12:00")
    lines = said.splitlines()
    assert lines[0] == "2026年3月考核日历"
    listed = [re.match(r"(>?) +(\d\d-\d\d) 周", line) for line in lines]
    days = [found[2] for found in listed if found]
    assert days == sorted(days)
    assert {found[2] for found in listed if found and found[1]} == {"03-10"}
    assert re.search(r"\[10\]\.", said)
    assert re.search(r"03-01 周日  10:00  快手客服服务态度差中差评率 .*违规 1：小禾快手（平台已判罚）", said)
    assert re.search(r"03-11 周三  10:00  拼多多有效回复率 +2026-03-10 +未到，2 家店铺", said)
    assert re.search(r"2026-03-17 周二  10:00  小红书客服回复率 +2026-W11 03-09–03-15", said.split("下次考核")[1])


def test_a_day_without_assessment_is_marked_where_it_lies(demo):
    of_rule = ["--month", "2026-03", "--rule", "xiaohongshu.reply-rate"]
    said = demo(*of_rule, as_of="2026-03-20T12:00")
    assert re.search(r"03-17 周二 [^\n]*\n>  03-20 周五 +今天\n   03-24 周二", said)
    assert said.count("今天") == 2  # the legend's own
    assert demo(*of_rule, as_of="2026-05-20T12:00").count("今天") == 1


def test_limited_shops_are_named_with_their_violations(demo):
    said = demo("--month", "2026-04").split("受限的店铺")[1]
    assert re.search(r">  北巷咖啡  限制公域流量  2026-03-31  2026-04-02  V-E256HYD5GGIU 预判违规", said)
    assert "这个月没有店铺受限" in demo("--month", "2026-05")


def test_it_speaks_english_too(demo, monkeypatch):
    monkeypatch.setenv("KAOHE_LANGUAGE", "en")
    said = demo("--month", "2026-04")
    assert said.startswith("Assessments in April 2026\n")
    assert re.search(r">  04-01 Wed  10:00  Kuaishou share of poor .* compliant 2 · violation 1: 小禾快手", said)
    assert "to come, 5 shops" in said
    assert re.search(r">  北巷咖啡  public-domain traffic limit  2026-03-31  2026-04-02  V-E256", said)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_no_line_is_longer_than_it_and_nothing_is_cut(demo, monkeypatch, language, width):
    monkeypatch.setenv("KAOHE_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    said = re.sub(r"\x1b\[[0-9;]*m", "", demo("--month", "2026-03"))
    assert max(cell_len(line) for line in said.splitlines()) <= width
    assert "…" not in said
    assert said.count("2026-W13") == 2
    assert "北巷咖啡" in said.replace("\n", "").replace(" ", "")


def test_an_assessment_is_an_event_at_its_hour_in_its_zone(demo, events):
    found = events("--month", "2026-03", "--rule", "xiaohongshu.reply-rate")
    event = found["xiaohongshu.reply-rate/2026-W13@kaohe"]
    starts = event.decoded("dtstart")
    assert starts == datetime(2026, 3, 31, 10, tzinfo=SHANGHAI)
    assert event["dtstart"].params["TZID"] == "Asia/Shanghai"
    assert event.decoded("dtstamp") == datetime(2026, 4, 1, 2, 5, tzinfo=UTC)
    assert event["summary"] == "小红书客服回复率：达标 1 · 不考核 1 · 缺数据 1 · 违规 2：青柠美妆、北巷咖啡"
    assert event["transp"] == "TRANSPARENT"
    calendar = Calendar.from_ical(demo("--month", "2026-03", "--ics"))
    [zone] = calendar.walk("VTIMEZONE")
    assert zone["tzid"] == "Asia/Shanghai"
    assert datetime(2026, 3, 31, 10, tzinfo=zone.to_tz()).utcoffset() == timedelta(hours=8)
    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")


def test_the_zone_of_a_far_month_is_written_out_for_its_years(demo):
    said = demo("--month", "2071-02", "--ics")
    zone = Calendar.from_ical(said).walk("VTIMEZONE")[0]
    assert "2081" in str(zone["comment"])
    assert datetime(2071, 2, 3, 10, tzinfo=zone.to_tz()).utcoffset() == timedelta(hours=8)


def test_a_measure_is_an_event_of_whole_days_that_ends_before_the_next(events):
    event = events("--month", "2026-03")["V-E256HYD5GGIU/0@kaohe"]
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 3, 31), date(2026, 4, 3))
    assert event["dtstart"].params["VALUE"] == "DATE"
    assert event["summary"] == "北巷咖啡：限制公域流量3天，预判违规"


def test_events_keep_their_names_whenever_and_for_whichever_month_they_are_asked(events):
    march = events("--month", "2026-03")
    assert set(march) == set(events("--month", "2026-03", as_of="2026-04-20T00:00")) - NEXT_LATER | NEXT
    measures = {uid for uid in march if uid.startswith("V-")}
    assert len(measures) == 2
    assert measures <= set(events("--month", "2026-04"))


NEXT = {
    "pinduoduo.effective-reply-rate/2026-04-01@kaohe",
    "kuaishou.good-rating/2026-W14@kaohe",
    "xiaohongshu.reply-rate/2026-W14@kaohe",
    "kuaishou.reply-rate-3min/2026-04@kaohe",
    "kuaishou.service-attitude/2026-04@kaohe",
}
NEXT_LATER = {
    "pinduoduo.effective-reply-rate/2026-04-19@kaohe",
    "kuaishou.good-rating/2026-W16@kaohe",
    "xiaohongshu.reply-rate/2026-W16@kaohe",
    "kuaishou.reply-rate-3min/2026-04@kaohe",
    "kuaishou.service-attitude/2026-04@kaohe",
}


def test_a_clients_calendar_names_nobody_else_and_does_not_take_the_place_of_anothers(demo, events):
    said = demo("--month", "2026-03", "--client", "北巷食品", "--ics")
    unfolded = said.replace("\r\n ", "")
    assert "北巷咖啡" in unfolded
    for other in ("禾苗", "小禾", "青柠", "xhs-1002", "ks-3001"):
        assert other not in unfolded
    ours, theirs, all_ = (
        {uid for uid in events("--month", "2026-03", *words) if not uid.startswith("V-")}
        for words in (["--client", "北巷食品"], ["--client", "禾苗集团"], [])
    )
    assert not ours & theirs
    assert not ours & all_


def test_lines_end_with_cr_lf_and_have_at_most_75_octets(demo):
    said = demo("--month", "2026-03", "--ics")
    lines = said.split("\r\n")
    assert lines[-1] == ""
    assert "\n" not in "".join(lines)
    assert max(len(line.encode()) for line in lines) <= 75
    assert any(line.startswith(" ") for line in lines)


NASTY = '甲,乙;丙\\丁"戊'


def test_a_name_with_commas_semicolons_and_backslashes_comes_back_as_it_was(kaohe, sessions):
    assert kaohe("import", str(sessions(7, 10)), "--kind", "sessions").code == 0
    assert kaohe("shops", "add", "xiaohongshu", "s1", "--alias", NASTY).code == 0
    assert kaohe("assess", "--as-of", AS_OF).code == 0
    calendar = Calendar.from_ical(kaohe("calendar", "--month", "2026-03", "--as-of", AS_OF, "--ics").out)
    said = [str(event["summary"]) for event in calendar.walk("VEVENT")]
    assert f"{NASTY}：限制公域流量3天，预判违规" in said
    assert f"小红书客服回复率：违规 1：{NASTY}" in said


def test_the_calendar_goes_into_a_file_whole(demo, demo_place, capsys):
    place = demo_place / "march.ics"
    place.write_text("old")
    said = demo("--month", "2026-03", "--ics", "-o", str(place))
    assert said == ""
    assert place.read_bytes().decode() == demo("--month", "2026-03", "--ics")
    assert list(demo_place.glob(".march*")) == []
    demo("--month", "2026-05", "--ics", "-o", str(place))
    assert b"2026-W13" not in place.read_bytes()


def test_options_that_do_not_go_together_and_places_that_are_not_there_are_refused(kaohe, sessions, tmp_path):
    kaohe("import", str(sessions(7, 10)), "--kind", "sessions")
    for words, why in [
        (["--json", "--ics"], "--json 和 --ics"),
        (["-o", "x.ics"], "-o 要和 --ics"),
        (["--ics", "-o", str(tmp_path / "no" / "x.ics")], "无法写入"),
        (["--ics", "-o", str(tmp_path)], "无法写入"),
        (["--month", "2026-13"], "2026-13"),
        (["--month", "2026-W10"], "2026-W10"),
        (["--month", "9999-12"], "不是月份"),
        (["--client", "x"], "'x'"),
        (["--platform", "x"], "'x'"),
        (["--rule", "x"], "'x'"),
        (["--shop", "x"], "'x'"),
        (["--as-of", "soon"], "soon"),
    ]:
        said = kaohe("calendar", *words)
        assert (said.code, said.out) == (2, ""), words
        assert why in said.err
    assert list(tmp_path.glob("**/.x.ics*")) == []


def test_without_a_shop_there_is_nothing_to_tell(kaohe, sessions):
    assert kaohe("calendar").code == 2  # a home that is not there is a slip
    kaohe("import", str(sessions(7, 10)), "--kind", "sessions")
    assert kaohe("calendar", "--month", "2026-03").code == 0
    for words in (["--platform", "kuaishou"], ["--rule", "kuaishou.good-rating"], ["--platform", "kuaishou", "--json"]):
        said = kaohe("calendar", *words)
        assert (said.code, said.out) == (3, "")
        assert "没有这样的店铺" in said.err


def test_due_late_and_corrected_evidence_are_told(kaohe, sessions):
    def state(as_of):
        found = kaohe("calendar", "--month", "2026-03", "--as-of", as_of, "--json").rows
        [row] = [r for r in found if r.get("cycle") == "2026-W10" and r["what"] == "assessment"]
        return row["state"], row["verdicts"]

    kaohe("import", str(sessions(7, 10)), "--kind", "sessions")
    assert state("2026-03-10T09:59") == ("coming", {})
    assert state("2026-03-10T10:05") == ("due", {})
    assert state("2026-03-10T12:00") == ("late", {})
    assert "迟了，未考核" in kaohe("calendar", "--month", "2026-03", "--as-of", "2026-03-10T12:00").out
    kaohe("assess", "--as-of", "2026-03-10T12:00")
    assert state("2026-03-10T12:00") == ("done", {"violation": 1})
    kaohe("import", str(sessions(8, 10, shop="s2")), "--kind", "sessions")
    assert state("2026-03-10T12:00") == ("late", {"violation": 1})
    assert "迟了，未考核 · 违规 1：s1" in kaohe("calendar", "--month", "2026-03", "--as-of", "2026-03-10T12:00").out
    assert state("2026-03-09T12:00") == ("coming", {})


def test_a_measure_that_was_taken_back_limits_nobody(kaohe, sessions):
    kaohe("import", str(sessions(7, 10)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T12:00")

    def limited(as_of="2026-03-10T12:00"):
        rows_ = kaohe("calendar", "--month", "2026-03", "--as-of", as_of, "--json").rows
        return [row["shop"] for row in what(rows_, "sanction")]

    assert limited() == ["s1"]
    assert limited("2026-03-09T12:00") == []  # nobody knew of it yet
    [violation] = kaohe("violations", "list", "--json").rows
    kaohe("violations", "record", violation["violation"], "waived", "--why", "a holiday")
    assert limited() == []
    assert "s1（已豁免）" in kaohe("calendar", "--month", "2026-03", "--as-of", "2026-03-10T12:00").out


def test_of_many_shops_in_violation_the_page_names_the_first(kaohe, sessions):
    names = [f"s{n:02}" for n in range(MOST_NAMES + 3)]
    kaohe("import", *(str(sessions(1, 10, shop=name)) for name in names), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T12:00")
    page = kaohe("calendar", "--month", "2026-03", "--as-of", "2026-03-10T12:00").out
    assert "、".join(names[:MOST_NAMES]) + " 等 11 家" in page
    [row] = [r for r in kaohe("calendar", "--month", "2026-03", "--json").rows if r.get("violations") and "rule" in r]
    assert [v["shop"] for v in row["violations"]] == names
