"""`kaohe appeals` and `violations notified`: what an officer types in the week of a notice."""

import re
from datetime import UTC, datetime, timedelta

import pytest

import console.cli.violations_record as recording
from tests.ready import ready_home

MARCH = ("assess", "--as-of", "2026-03-10T10:05+08:00")


@pytest.fixture
@ready_home
def violation(kaohe, sessions):
    kaohe("import", str(sessions(3, 9)), "--kind", "sessions")
    kaohe(*MARCH)
    return kaohe("violations", "list", "--json").rows[0]["violation"]


@pytest.fixture
@ready_home
def rated(kaohe, tmp_path):
    """A violation under a rule by which confirming gives the appeal up."""
    rows = [f"kuaishou,k1,r{n},2026-03-0{2 + n % 7}T12:00:00,{'satisfied' if n < 7 else 'neutral'}" for n in range(10)]
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(["platform,shop,rating,rated_at,score", *rows]), encoding="utf-8")
    kaohe("import", str(path), "--kind", "ratings")
    kaohe(*MARCH)
    (row,) = (r for r in kaohe("violations", "list", "--json").rows if r["rule"] == "kuaishou.good-rating")
    return row["violation"]


def test_what_is_added_to_a_notice_moves_neither_its_arrival_nor_its_deadline(kaohe, violation):
    kaohe("violations", "notified", violation, "--noticed-at", "2026-03-12T09:30", "--as-of", "2026-03-12T10:00")
    for more in (("--borne-by", "acme"), ("--amount", "300"), ("--severity", "严重")):
        assert kaohe("violations", "notified", violation, *more).code == 0
    (shown,) = kaohe("violations", "show", violation, "--json").rows
    assert (shown["noticed_at"], shown["amount_fen"]) == ("2026-03-12T01:30:00+00:00", 30_000)
    assert kaohe("violations", "notified", violation).code == 2  # nothing is left to say


def test_without_a_time_a_notice_has_come_now_or_as_of_the_time_that_is_typed(kaohe, violation):
    kaohe("violations", "notified", violation, "--as-of", "2026-03-12T09:30+08:00")
    assert kaohe("violations", "show", violation, "--json").rows[0]["noticed_at"] == "2026-03-12T01:30:00+00:00"


def test_accounts_are_those_of_the_evidence_and_may_be_written_in_chinese(kaohe, violation):
    assert kaohe("violations", "notified", violation, "--account", "支付宝").code == 2
    kaohe("violations", "notified", violation, "--account", "货款")
    assert kaohe("violations", "show", violation, "--json").rows[0]["account"] == "balance"


def test_a_time_of_handing_in_is_put_right(kaohe, violation):
    kaohe("violations", "notified", violation, "--as-of", "2026-03-12T09:30+08:00", "--appeal-until", days_from_now(4))
    kaohe("appeals", "open", violation)
    kaohe("appeals", "submit", violation)
    put_right = kaohe("appeals", "correct", violation, "--at", "2026-03-13T09:00+08:00", "--why", "typed late")
    assert put_right.out == f"{violation}：申诉中（第 1 次）\n"
    shown = kaohe("violations", "show", violation)
    assert "第 1 次申诉：2026-03-13 09:00" in shown.out
    (row,) = kaohe("violations", "show", violation, "--json").rows
    assert row["appeals"] == [
        {"attempt": 1, "submitted_at": "2026-03-13T01:00:00+00:00", "outcome": None, "outcome_at": None}
    ]
    assert "appeal.corrected" in [e["event"] for e in kaohe("journal", "list", "--json").rows]


def days_from_now(days):
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def test_a_notice_is_noted_listed_appealed_against_and_answered(kaohe, violation, tmp_path):
    until = days_from_now(4)
    noted = kaohe(
        *("violations", "notified", violation, "--reference", "XHS-9", "--amount", "200"),
        *("--account", "deposit", "--borne-by", "acme", "--appeal-until", until),
    )
    assert noted.code == 0
    assert re.fullmatch(
        rf"{violation}：预判违规；.*¥200；.*保证金；.*acme；.*XHS-9；.*到达：20.*；.*截止：{until}\n", noted.out
    )
    (row,) = kaohe("appeals", "list", "--json").rows
    assert (row["stage"], row["appeal_until"], row["deadline_from"]) == ("possible", until, "notice")
    assert kaohe("appeals", "list", "--due-within", "1d", "--json").rows == []
    (tmp_path / "t.txt").write_text("说明", encoding="utf-8")
    assert kaohe("appeals", "open", violation, "--text", str(tmp_path / "t.txt")).code == 0
    assert kaohe("appeals", "submit", violation).out == f"{violation}：申诉中（第 1 次）\n"
    assert "已提交，待平台答复" in kaohe("appeals", "list").out
    done = kaohe("appeals", "outcome", violation, "撤销判罚", "--why", "they agreed")
    assert done.out == f"{violation}：判罚已撤销\n"
    (shown,) = kaohe("violations", "show", violation, "--json").rows
    assert (shown["state"], shown["account"], shown["borne_by"]) == ("overturned", "deposit", "acme")
    assert [e["event"] for e in shown["journal"]] == [
        *("violation.opened", "violation.notified", "deadline.near", "appeal.drafted"),
        *("violation.appealed", "violation.overturned"),
    ]


def test_an_hour_that_is_printed_is_kept_and_a_day_means_all_of_it(kaohe, violation):
    for typed, told in (
        ("2026-03-17", "2026-03-17"),
        ("2026-03-18T23:59:59", "2026-03-18"),
        ("2026-03-17T18:00", "2026-03-17T18:00:00+08:00"),
    ):
        assert kaohe("violations", "notified", violation, "--appeal-until", typed).code == 0
        assert kaohe("violations", "show", violation, "--json").rows[0]["appeal_until"] == told
    assert "申诉截止：2026-03-17 18:00" in kaohe("violations", "show", violation).out


def test_to_confirm_gives_the_appeal_up_only_if_somebody_says_so(kaohe, rated):
    kaohe("violations", "notified", rated, "--noticed-at", days_from_now(-1))
    refused = kaohe("violations", "record", rated, "confirmed", "--why", "x")
    assert refused.code == 2
    assert "即放弃申诉" in refused.err
    assert "仅限主账号" in refused.err
    assert days_from_now(6) in refused.err
    assert kaohe("violations", "show", rated, "--json").rows[0]["state"] == "open"
    assert kaohe("violations", "record", rated, "confirmed", "--why", "x", "--forfeit-appeal").code == 0
    assert "已放弃" in kaohe("appeals", "open", rated).err
    assert "放弃申诉" in kaohe("violations", "show", rated).out


@pytest.mark.parametrize(("answer", "code", "state"), [(False, 130, "open"), (True, 0, "confirmed")])
def test_at_a_terminal_it_is_asked_back(kaohe, rated, monkeypatch, answer, code, state):
    kaohe("violations", "notified", rated, "--noticed-at", days_from_now(-1))

    def confirm(_question, *, abort, err):
        assert abort
        assert err
        if not answer:
            raise recording.typer.Abort

    monkeypatch.setattr(recording.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(recording.typer, "confirm", confirm)
    assert kaohe("violations", "record", rated, "confirmed", "--why", "x").code == code
    assert kaohe("violations", "show", rated, "--json").rows[0]["state"] == state


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("list", "--due-within", "soon"), "不是时长"),
        (("outcome", "V-AAAAAAAAAAAA", "won", "--why", "x"), "没有这种申诉结果：'won'"),
        (("open", "V-AAAAAAAAAAAA"), "没有这条违规"),
        (("open", "V-AAAAAAAAAAAA", "--attach", "/nowhere"), "读不了 /nowhere"),
        (("open", "V-AAAAAAAAAAAA", "--text", "/nowhere"), "读不了 /nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(kaohe, violation, words, message):
    said = kaohe("appeals", *words)
    assert said.code == 2
    assert message in said.err
