"""Slips in templates and advice of one's own: told at every turn, and never the end of notices."""

from __future__ import annotations

import json

import pytest

from console.desk import desk as desk_of
from console.doctor.wording import check_wording
from console.watch.jobs import Worker
from notifier.own_files import EVENTS
from tests.ready import ready_home


@pytest.fixture
@ready_home
def found(kaohe, sessions, home):
    """A violation whose notice waits: it is written anew when it is sent."""
    kaohe("shops", "add", "xiaohongshu", "s1", "--client", "acme", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T10:05+08:00")


@pytest.fixture
def slip(tmp_path, monkeypatch):
    """A sheet of one's own that lacks what it must have."""
    advice = tmp_path / "advice"
    advice.mkdir()
    monkeypatch.setenv("KAOHE_ADVICE", str(advice))
    sheet = advice / "xiaohongshu.reply-rate.zh-CN.yaml"
    sheet.write_text("short: 回复\nfirst: 先打电话\nsteps: []\n", encoding="utf-8")
    return sheet


def test_a_faulty_sheet_is_told_by_check_doctor_and_sending_while_the_shipped_one_goes_out(kaohe, found, slip, home):
    told = f"{slip}：figure: 要写一句话"
    check = kaohe("notices", "check")
    assert (check.code, check.out.splitlines()[0]) == (1, told)
    assert f"通知用语  {told}" in kaohe("doctor", "--send-none").out
    sent = kaohe("notices", "send")
    assert "发出 1" in sent.out
    assert (sent.code, sent.err) == (1, f"{told}；改好之前用自带的，`kaohe notices check` 复查\n")
    assert "排班覆盖全天" in kaohe("notices", "show", "1").out
    once = kaohe("worker", "--once")
    assert once.code == 2
    assert f"kaohe: {told}；改好之前用自带的" in once.err


def test_what_is_mended_is_used_and_not_told_any_more(kaohe, found, slip, home):
    with desk_of(str(home)) as desk:
        assert "figure" in str(desk.sheets.fault(slip))
        slip.write_text("figure: x\nfirst: 先打电话\n", encoding="utf-8")
        assert desk.sheets.sheet("xiaohongshu.reply-rate", "zh-CN").first == "先打电话"
    assert kaohe("notices", "check").out.splitlines() == [
        f"说明：{slip}：只有这一种语言；en 的通知仍用自带的",
        "模板、建议和短信绑定都没有问题。",
    ]


def test_a_worker_logs_it_once_and_complains_of_it_to_whoever_runs_kaohe(kaohe, found, slip, home, caplog):
    with desk_of(str(home)) as desk, caplog.at_level("WARNING", logger="kaohe.worker"):
        worker = Worker(desk)
        worker.deliver()
        worker.deliver()
        complaints = worker._faulty["words"]
    said = [r.getMessage() for r in caplog.records if "figure" in r.getMessage()]
    assert said == [f"{slip}：figure: 要写一句话；改好之前用自带的，`kaohe notices check` 复查"]
    assert [(one.about, one.text.zh) for one in complaints] == [(f"words {slip}", said[0])]


@pytest.mark.parametrize("name", ["templates", "advice"])
def test_a_directory_that_is_not_there_is_told_by_check_and_doctor(kaohe, home, monkeypatch, name):
    monkeypatch.setenv(f"KAOHE_{name.upper()}", "nosuchdir")
    check = kaohe("notices", "check")
    assert check.code == 1
    assert f"nosuchdir：没有这个目录；请改正设置 {name}" in check.out
    with desk_of(str(home)) as desk:
        (finding,) = check_wording(desk.settings, None)
    assert (finding.level, "there is no such directory" in finding.what.en) == ("wrong", True)


def test_a_preview_with_a_faulty_template_tells_the_fault_beside_the_words_that_would_be_sent(
    kaohe, found, home, tmp_path, monkeypatch
):
    monkeypatch.setenv("KAOHE_TEMPLATES", str(tmp_path))
    own = tmp_path / "violation.opened.email.zh-CN.txt"
    own.write_text("{{ shopp }}\n\nx\n", encoding="utf-8")
    violation = kaohe("violations", "list", "--json").rows[0]["violation"]
    shown = kaohe("notices", "preview", violation)
    assert shown.out.startswith("【预判违规】")
    assert f"{own}:1: 没有变量 'shopp'；是不是 'shop'" in shown.err


def test_the_variables_of_an_event_are_listed_with_meaning_and_sample(kaohe, home):
    listed = kaohe("notices", "variables", "violation.opened")
    assert any(line.split() == ["shop_name", "文字", "店名", "演示一店旗舰店"] for line in listed.out.splitlines())
    english = kaohe("notices", "variables", "notices.gathered", "--lang", "en", "--json").rows
    assert english[1] == {
        "variable": "client",
        "kind": "text",
        "optional": True,
        "meaning": "the client; nothing where the shop was given none",
        "sample": "acme",
    }
    wrong = kaohe("notices", "variables", "warning.certian")
    assert (wrong.code, "是不是 'warning.certain'" in wrong.err) == (2, True)
    for event in EVENTS:
        assert json.loads(kaohe("notices", "variables", event, "--json").out.splitlines()[0])["variable"] == "language"
