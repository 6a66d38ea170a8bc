"""What is on record, as lists show it: decisions, clients, times, notices, and what there is none of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from engine.ledger.database import open_ledger, transaction
from engine.ledger.tables import Notice
from notifier.channels.email import EmailChannel
from notifier.channels.outcome import Outcome
from tests.ready import ready_home

WEEK = ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-10T10:05+08:00")
LIST_KEYS = [
    *("violation", "rule", "platform", "client", "shop", "agent", "cycle", "state", "severity", "exposure_fen"),
    "assessed_on",
]


@pytest.fixture
@ready_home
def violation(kaohe, sessions):
    kaohe("shops", "add", "xiaohongshu", "s1", "--client", "acme", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    return kaohe(*WEEK, "--json").rows[0]["violation"]


def test_a_shop_that_changes_its_client_takes_its_violations_along_everywhere(kaohe, violation):
    kaohe("shops", "add", "xiaohongshu", "s1", "--client", "globex", "--contact", "li@example.com")
    assert kaohe(*WEEK, "--json").rows[0]["client"] == "globex"
    assert kaohe("violations", "list", "--json").rows[0]["client"] == "globex"
    assert kaohe("violations", "show", violation, "--json").rows[0]["client"] == "globex"
    assert kaohe("explain", violation, "--json").rows[0]["client"] == "globex"
    assert kaohe("violations", "list", "--client", "globex", "--json").rows
    (entry,) = [e for e in kaohe("journal", "list", "--json").rows if e["event"] == "shop.changed"]
    assert entry["payload"]["before"] == {"client": "acme", "contact": "z***@example.com"}
    assert entry["payload"]["violations_moved"] == 1
    kaohe("notices", "send")
    assert [n["state"] for n in kaohe("notices", "list", "--json").rows] == ["dropped"]


def test_a_shop_registered_after_its_violation_gives_it_its_client(kaohe, sessions):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe(*WEEK)
    kaohe("shops", "add", "xiaohongshu", "s1", "--client", "acme")
    assert kaohe("violations", "list", "--json").rows[0]["client"] == "acme"


def test_show_and_explain_list_the_verdicts_that_were_superseded(kaohe, violation, sessions):
    for command in (("violations", "show"), ("explain",)):
        assert kaohe(*command, violation, "--json").rows[0]["earlier"] == []
        assert "此前的结论" not in kaohe(*command, violation).out
    kaohe("import", str(sessions(70, 100)), "--kind", "sessions", "--replace")
    kaohe(*WEEK)
    for command in (("violations", "show"), ("explain",)):
        (earlier,) = kaohe(*command, violation, "--json").rows[0]["earlier"]
        assert (earlier["numerator"], earlier["denominator"], earlier["verdict"]) == (79, 100, "violation")
        assert (earlier["why"], earlier["superseded_at"][:10]) == ("new evidence", "2026-03-10")
        assert re.search(
            r"此前的结论（已被取代）：\n *2026-03-10 .* 79/100，违规.*：证据有更新）", kaohe(*command, violation).out
        )
    assert "Earlier verdicts, superseded since:" in kaohe("explain", violation, "--lang", "en").out


def test_what_was_recorded_is_shown_and_can_be_completed(kaohe, violation):
    kaohe("violations", "record", violation, "confirmed", "--why", "called", "--amount", "300.50")
    more = ("--reference", "XHS-7", "--appeal-until", "2026-03-17", "--why", "the notice came")
    assert kaohe("violations", "record", violation.lower(), "confirmed", *more).out.startswith(violation)
    told = {"amount_fen": 30050, "reference": "XHS-7", "appeal_until": "2026-03-17"}
    for command in (("violations", "show"), ("explain",)):
        (row,) = kaohe(*command, violation, "--json").rows
        assert {key: row[key] for key in told} == told
        text = kaohe(*command, violation).out
        for words in ("300.5", "XHS-7", "2026-03-17", "平台通知编号"):
            assert words in text
    (row,) = kaohe("violations", "list", "--json").rows
    assert list(row) == LIST_KEYS
    again = kaohe("violations", "record", violation, "confirmed", "--reference", "XHS-7", "--why", "x")
    assert again.code == 2
    assert "这些内容也都已记录" in again.err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--severity", "nonsense", "没有这个违规等级：'nonsense'；已知的有：minor（轻微）"),
        ("--severity", "graev", "没有这个违规等级：'graev'；"),
        ("--severity", "", "没有这个违规等级：''"),
        ("--amount", "9" * 40, "不是罚款金额：必须小于 10,000,000,000 元"),
        ("--amount", "9" * 5000, "不是罚款金额：必须小于 10,000,000,000 元"),
        ("--amount", "10000000000", "不是罚款金额"),
        ("--amount", "x" * 5000, "不是金额；以元为单位"),
    ],
)
def test_a_severity_that_nobody_knows_and_an_amount_beyond_all_bounds_are_refused(
    kaohe, violation, option, value, message
):
    said = kaohe("violations", "record", violation, "confirmed", "--why", "notice 7", option, value)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert len(said.err) < 300
    assert kaohe("violations", "show", violation, "--json").rows[0]["state"] == "open"


def test_the_largest_amount_is_kept(kaohe, violation):
    kaohe(
        "violations",
        "record",
        violation,
        "confirmed",
        "--why",
        "x",
        "--severity",
        "grave",
        "--amount",
        "009999999999.99",
    )
    row = kaohe("violations", "show", violation, "--json").rows[0]
    assert (row["amount_fen"], row["severity"]) == (999_999_999_999, "grave")


def test_an_acknowledged_violation_does_not_look_open(kaohe, violation):
    assert "（已知悉）" not in kaohe("violations", "list").out
    kaohe("violations", "record", violation, "acknowledged", "--why", "seen")
    assert "预判违规（已知悉）" in kaohe("violations", "list").out


def test_times_are_those_of_the_platform_and_say_so(kaohe, violation):
    local = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00")
    for command in (("violations", "show", violation), ("journal", "list")):
        text = kaohe(*command).out
        assert local.search(text)
        assert not re.search(r"\d\d:\d\dZ|\d\d:\d\d:\d\dZ", text)
    assert "2026-03-10 10:05:00+08:00" in kaohe("violations", "show", violation).out
    assert kaohe("violations", "show", violation, "--json").rows[0]["journal"][0]["at"] == "2026-03-10T02:05:00+00:00"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--client", "acmee", "unknown client 'acmee'; did you mean 'acme'?"),
        ("--severity", "sevre", "unknown severity 'sevre'; known: grave, minor, serious"),
        ("--state", "opne", "unknown state 'opne'; did you mean 'open'?"),
        ("--platform", "amazon", "unknown platform 'amazon'; known: douyin, jd, kuaishou"),
        ("--shop", "s9", "unknown shop 's9'"),
    ],
)
def test_a_filter_by_what_there_is_not_is_refused(kaohe, english, violation, option, value, message):
    said = kaohe("violations", "list", option, value)
    assert (said.code, said.out) == (2, "")
    assert message in said.err


def test_a_filter_by_alias_finds_the_shop_of_its_platform_alone(kaohe, violation, sessions):
    kaohe("shops", "add", "kuaishou", "s1")
    kaohe("shops", "add", "kuaishou", "k2", "--alias", "s1-flag")
    assert kaohe("violations", "list", "--shop", "xiaohongshu/s1", "--json").rows
    assert kaohe("violations", "list", "--shop", "kuaishou/s1", "--json").rows == []


@pytest.mark.parametrize(
    "words", [("violations", "list"), ("notices", "list"), ("journal", "list"), ("shops", "list"), ("people", "list")]
)
def test_an_empty_list_says_so_and_as_data_it_is_empty(kaohe, words):
    kaohe("worker", "--once")
    said = kaohe(*words)
    assert said.code == 0
    assert said.out.endswith("。\n")
    assert len(said.out.splitlines()) == 1
    assert kaohe(*words, "--json").out == ""


def test_the_journal_is_searched_by_an_id_in_small_letters(kaohe, violation):
    assert len(kaohe("journal", "list", "--about", violation.lower(), "--json").rows) == 1
    assert kaohe("notices", "preview", violation.lower()).code == 0


def test_a_notice_that_fails_is_told_by_status_until_its_violation_is_settled(kaohe, english, violation, monkeypatch):
    answer = Outcome("permanent", "550 <zhao@example.com>: no such user")
    monkeypatch.setattr(EmailChannel, "send", lambda *_: answer)
    said = kaohe("notices", "send")
    assert said.code == 1
    assert "some notices failed" in said.err
    as_of = ("--as-of", WEEK[-1])
    said = kaohe("status", *as_of)
    assert said.code == 1
    assert f"notice 1 about {violation} failed: permanent: 550 <z***@example.com>: no such user" in said.out
    assert "zhao@" not in kaohe("notices", "list").out + kaohe("notices", "show", "1").out
    kaohe("violations", "record", violation, "waived", "--why", "agreed")
    assert kaohe("status", *as_of).code == 0


def test_a_contact_that_comes_later_is_told_at_once(kaohe, english, sessions, home):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe(*WEEK)
    engine = open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")
    with transaction(engine) as session:
        from engine.ledger.tables import Run

        for run in session.exec(select(Run)):
            run.due_at = datetime.now(UTC) - timedelta(days=6)
    said = kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    assert "1 notice queued" in said.err
    with transaction(engine) as session:
        assert [n.state for n in session.exec(select(Notice))] == ["queued"]
    engine.dispose()


def test_a_worker_that_looked_once_is_not_seen_afterwards(kaohe):
    assert kaohe("worker", "--once").code == 0
    assert kaohe("status", "--json").rows[0]["workers"] == {}


@pytest.fixture
@ready_home
def rated(kaohe, tmp_path):
    """A violation of the attitude rule in February 2026: 7 of 100, forecast minor."""
    rows = [
        f"kuaishou,k1,r{n},a1,2026-02-{1 + n % 28:02d}T10:00:00,disappointed,{'bad_attitude' if n < 7 else 'slow'}"
        for n in range(100)
    ]
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(["platform,shop,rating,agent,rated_at,score,reasons", *rows]), encoding="utf-8")
    kaohe("shops", "add", "kuaishou", "k1", "--contact", "zhao@example.com")
    kaohe("import", str(path), "--kind", "ratings")
    day = ("--from", "2026-03-01", "--to", "2026-03-01", "--as-of", "2026-03-01T10:05")
    rows = kaohe("assess", *day, "--rule", "kuaishou.service-attitude", "--json").rows
    return next(row["violation"] for row in rows)


def test_what_the_platform_decided_is_told_wherever_the_violation_is(kaohe, rated):
    assert "警告、强制学习、强制考试" in kaohe("notices", "preview", rated).out
    said = kaohe("violations", "record", rated, "confirmed", "--severity", "serious", "--why", "x", "--amount", "250")
    assert said.err == ""
    for command in (("notices", "preview"), ("violations", "show"), ("explain",)):
        text = kaohe(*command, rated).out
        for words in ("严重", "违约金 ¥250", "强制考试"):
            assert words in text, command
        assert "强制学习" not in text.split("四、规则与依据")[0], command
    assert kaohe("violations", "list", "--json").rows[0]["exposure_fen"] == [25_000, 25_000]
    rows = kaohe("assess", "--from", "2026-03-01", "--to", "2026-03-01", "--json").rows
    row = next(row for row in rows if row["violation"] == rated)
    assert (row["severity"], row["exposure_fen"]) == ("serious", [25_000, 25_000])


def test_an_overturned_violation_asks_for_nothing_any_more(kaohe, rated):
    kaohe("violations", "record", rated, "appealed", "--why", "x")
    kaohe("violations", "record", rated, "overturned", "--why", "x", "--severity", "serious")
    text = kaohe("notices", "preview", rated).out
    assert text.startswith("【判罚已撤销】")
    assert "没有须执行的处罚" in text
    for words in ("先做这件事", "接下来", "违约金", "金额：", "申诉：收到"):
        assert words not in text
    assert kaohe("violations", "list", "--json").rows[0]["exposure_fen"] == [0, 0]


def test_a_notice_that_waits_tells_the_decision_that_came_meanwhile(kaohe, rated, home):
    kaohe("shops", "add", "kuaishou", "k1", "--contact", "zhao@example.com; li@example.com")
    kaohe("violations", "record", rated, "confirmed", "--why", "x", "--amount", "250", "--severity", "serious")
    kaohe("notices", "send")
    for notice in kaohe("notices", "list", "--json").rows:
        said = kaohe("notices", "show", str(notice["notice"])).out
        assert "【平台已判罚】" in said
        assert "平台判罚金额：¥250" in said


def test_a_notice_names_the_shop_the_client_and_the_appeal(kaohe, rated):
    text = kaohe("notices", "preview", rated).out
    assert "编号 k1），客户：default" in text
    assert "申诉：收到通知起 7 天内，1 次，仅限主账号；点击确认处罚通知即放弃。" in text
    assert "供合规人员查看依据：kaohe explain" in text


@pytest.mark.parametrize(
    ("words", "doubt"),
    [
        (("--amount", "5000"), "¥5,000 不在"),
        (("--severity", "serious", "--amount", "99.99"), "¥99.99 不在"),
        (("--appeal-until", "2026-02-28"), "申诉截止 2026-02-28 早于考核日 2026-03-01"),
    ],
)
def test_a_doubtful_decision_is_warned_about_and_recorded_all_the_same(kaohe, rated, words, doubt):
    said = kaohe("violations", "record", rated, "confirmed", "--why", "x", *words)
    assert (said.code, said.out.startswith(f"{rated}：平台已判罚；")) == (0, True)
    assert doubt in said.err
    assert kaohe("violations", "show", rated, "--json").rows[0]["state"] == "confirmed"


def test_a_severity_on_a_rule_without_grades_is_doubtful(kaohe, violation):
    said = kaohe("violations", "record", violation, "confirmed", "--why", "x", "--severity", "serious")
    assert (said.code, "不分等级" in said.err) == (0, True)


@pytest.mark.parametrize(
    ("state", "written"),
    [("withdrawn", "撤回"), ("confirmed", "平台已判罚"), ("waived", "豁免"), ("acknowledged", "已知悉")],
)
def test_states_may_be_written_in_chinese(kaohe, violation, state, written):
    assert kaohe("violations", "record", violation, written, "--why", "x").code == 0
    assert kaohe("violations", "list", "--state", written, "--json").rows[0]["state"] == state


def test_severities_and_platforms_may_be_written_in_chinese(kaohe, rated):
    kaohe("violations", "record", rated, "confirmed", "--severity", "严重", "--why", "x")
    (row,) = kaohe("violations", "list", "--severity", "严重", "--platform", "快手小店", "--json").rows
    assert (row["severity"], row["platform"]) == ("serious", "kuaishou")
    assert kaohe("shops", "add", "拼多多", "p1").code == 0
    assert ("pinduoduo", "p1") in {(s["platform"], s["shop"]) for s in kaohe("shops", "list", "--json").rows}


def test_messages_name_what_is_known_in_both_ways(kaohe, violation):
    said = kaohe("violations", "record", violation, "overturned", "--why", "x").err
    assert "现在是 open（预判违规），不能变为 overturned（判罚已撤销）" in said
    assert "serious（严重）" in kaohe("violations", "list", "--severity", "重大").err
    assert "pinduoduo（拼多多）" in kaohe("violations", "list", "--platform", "amazon").err
    assert "withdrawn（预判已撤回）" in kaohe("violations", "list", "--state", "没了").err


def test_a_worker_that_looks_once_names_what_changed(kaohe, sessions):
    kaohe("shops", "add", "xiaohongshu", "s1")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe("worker", "--once").out
    assert "2026-03-10 · xiaohongshu/s1 · 小红书客服回复率 · 2026-W10 · 违规 · V-" in said


def test_a_verdict_without_data_says_what_is_missing(kaohe, tmp_path):
    rule, day = "pinduoduo.effective-reply-rate", "2026-03-05,2026-03-05"
    path = tmp_path / "counts.csv"
    header = "platform,shop,period_start,period_end,counter,value"
    path.write_text(f"{header}\npinduoduo,p1,{day},{rule}/people,160\n", encoding="utf-8")
    kaohe("import", str(path), "--kind", "counts")
    said = kaohe("assess", "--from", "2026-03-06", "--to", "2026-03-06", "--as-of", "2026-03-06T12:00").out
    assert "缺数据：pinduoduo/p1 2026-03-05「拼多多有效回复率」effective 缺失或不完整" in said


def test_a_table_under_a_disputed_rule_says_so(kaohe, rated):
    said = kaohe("assess", "--from", "2026-03-01", "--to", "2026-03-01").out
    assert "有争议的规则「快手客服服务态度差中差评率」：2022 年 11 月 24 日生效的修订取消了" in said
    assert "【有争议】" in kaohe("explain", rated).out


def test_explain_gives_the_answer_first_and_every_day_on_request(kaohe, rated):
    short, full = kaohe("explain", rated).out, kaohe("explain", rated, "--full").out
    assert short.index("一、指标与标准") < short.index("二、处罚") < short.index("三、计数") < short.index("七、证据")
    assert "2026-02-03  " not in short
    assert "2026-02-03  " in full
    assert "33.33%" not in full


def test_rules_test_takes_rules_and_says_that_all_is_covered(kaohe):
    said = kaohe("rules", "test", "xiaohongshu.reply-rate", "--coverage")
    assert said.code == 0
    assert len(said.out.splitlines()) == 2
    assert "用例覆盖完整" in said.out
