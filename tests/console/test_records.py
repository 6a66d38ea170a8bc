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

WEEK = ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-10T10:05+08:00")
LIST_KEYS = [
    *("violation", "rule", "platform", "client", "shop", "agent", "cycle", "state", "severity", "exposure_fen"),
    "assessed_on",
]


@pytest.fixture
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
        ("--severity", "nonsense", "没有这个违规等级：'nonsense'；已知的有：grave"),
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
