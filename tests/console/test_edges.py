"""What a command answers when something is off, and what its exit code says."""

from __future__ import annotations

import sys

import pytest

from console.cli import main as entry
from console.cli.main import run, take_home

WEEK = ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-10T10:05+08:00")


def test_nothing_to_assess_ends_with_three(kaohe, english):
    kaohe("people", "list")
    assert kaohe("shops", "add", "douyin", "d1").code == 0  # no rule is about it
    said = kaohe(*WEEK)
    assert said.code == 3
    assert "no evidence and no registered shop for kuaishou, pinduoduo, xiaohongshu" in said.err
    assert said.out == ""


@pytest.mark.few(7)
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("assess", "--rule", "xiaohongshu.replyrate"), "unknown rule 'xiaohongshu.replyrate'; did you mean"),
        (("assess", "--shop", "s11"), "unknown shop 's11'; did you mean 's1'?"),
        (("explain", "V-AAAA"), "unknown violation 'V-AAAA'"),
        (("violations", "list", "--cycle", "2026-W99"), "'2026-W99' names no cycle"),
        (("violations", "list", "--cycle", "W10"), "is not a cycle; expected"),
        (("violations", "list", "--state", "opne"), "did you mean 'open'"),
        (("violations", "list", "--platform", "xiaohongsu"), "did you mean 'xiaohongshu'"),
        (("notices", "show", "7"), "there is no notice 7"),
        (("import", "nowhere.csv", "--kind", "sessions"), "there is no such file"),
        (("import", "nowhere.csv", "--kind", "session"), "did you mean 'sessions'"),
        (("assess", "--as-of", "yesterday"), "--as-of 'yesterday' is not a time"),
        (("assess", "--from", "2026-13-01"), "--from '2026-13-01' is not a day"),
        (("journal", "verify", "--expect", "12"), "write it as `kaohe journal verify` prints it"),
        (("notices", "preview", "V-A", "--lang", "fr"), "unknown language 'fr'"),
        (("asses",), "no command 'asses'; did you mean 'assess' or 'users'?\nusage: kaohe --help"),
        (("import",), "FILE… is missing\nusage: kaohe import --help"),
        (("import", "a.csv"), "--kind is missing"),
        (("import", "a.csv", "--kind"), "option --kind needs a value"),
        (("assess", "--frm", "x"), "no option --frm; did you mean '--from'?"),
        (("status", "extra"), "more than the command takes: extra"),
        (("notices", "show", "x"), "NOTICE must be a whole number"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_is_near(kaohe, english, sessions, words, message):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    said = kaohe(*words)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_refused_rows_end_with_one_and_are_told_by_line(kaohe, english, tmp_path, home):
    file = tmp_path / "bad.csv"
    file.write_text(
        "platform,shop,session,opened_at,first_human_reply_at\n"
        "xiaohongshu,s1,c1,2026-03-02T09:00:00,2026-03-02T08:59:59\n"
        "xiaohongshu,s1,c2,2026-03-02T09:00:00,\n",
        encoding="utf-8",
    )
    said = kaohe("import", str(file), "--kind", "sessions")
    assert said.code == 1
    assert "bad.csv:2: first_human_reply_at '2026-03-02T08:59:59': a reply before the opening" in said.err
    assert "2 rows read: 1 taken, 0 already there, 0 replaced, 1 refused" in said.out
    (quarantine,) = (home / "quarantine").iterdir()
    assert "first_human_reply_at" in quarantine.read_text(encoding="utf-8-sig")
    again = kaohe("import", str(file), "--kind", "sessions", "--replace")
    assert again.code == 1
    assert "nothing was changed: --replace removes what is stored" in again.err


def test_a_malformed_rule_never_reaches_an_assessment(kaohe, sessions, tmp_path, monkeypatch):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "bad.yaml").write_text("schema: ruleset/v1\nid: xiaohongshu.other\n", encoding="utf-8")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    monkeypatch.setenv("KAOHE_EXTRA_RULESETS", str(rules))
    said = kaohe(*WEEK)
    assert said.code == 2
    assert "bad.yaml:" in said.err
    assert said.out == ""
    monkeypatch.delenv("KAOHE_EXTRA_RULESETS")
    assert kaohe("violations", "list", "--json").out == ""


def test_home_stands_before_or_after_a_command():
    assert take_home(["--home", "x", "status"]) == ("x", ["status"])
    assert take_home(["status", "--home=x", "--json"]) == ("x", ["status", "--json"])
    assert run(["status", "--home"]) == 2


def test_an_internal_fault_is_named_and_kept(kaohe, english, home, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("console.cli.status.status_of", broken)
    said = kaohe("status")
    assert said.code == 4
    assert "secret detail" not in said.err
    fault = said.err.split("internal fault ")[1].split()[0]
    assert f"fault {fault}" in (home / "faults.log").read_text(encoding="utf-8")
    assert "secret detail" in (home / "faults.log").read_text(encoding="utf-8")


def test_an_interrupted_command_ends_with_130(kaohe, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("console.cli.status.status_of", interrupted)
    assert kaohe("status").code == 130


def test_names_cannot_steer_a_terminal(kaohe):
    kaohe("shops", "add", "xiaohongshu", "s1", "--alias", "evil\x1b[2Jname [bold]x[/bold]")
    shown = kaohe("shops", "list").out
    assert "\x1b" not in shown
    assert "[bold]x[/bold]" in shown


def test_the_home_is_readable_by_its_owner_only(kaohe, home):
    kaohe("shops", "add", "xiaohongshu", "s1")
    assert home.stat().st_mode & 0o777 == 0o700


def test_the_entry_point_ends_with_the_exit_code(monkeypatch, home):
    monkeypatch.setattr(sys, "argv", ["kaohe", "rules", "check", "--home", str(home)])
    with pytest.raises(SystemExit) as stop:
        entry()
    assert stop.value.code == 0


def test_a_token_of_another_home_makes_no_home_here(kaohe, home, monkeypatch, tmp_path):
    monkeypatch.setenv("KAOHE_TOKEN", "kaohe_of_another_home")
    file = tmp_path / "shops.csv"
    file.write_text("platform,shop\nxiaohongshu,s1\n")
    said = kaohe("shops", "import", str(file))
    assert (said.code, home.exists()) == (2, False)
    assert "没有 kaohe 的数据" in said.err


def test_names_that_we_print_in_chinese_are_taken_and_lists_of_them_stand_once(kaohe):
    kaohe("shops", "add", "小红书", "s1", "--client", "acme")
    said = kaohe("users", "add", "li", "--role", "专员")
    assert said.err.count("administrator") == 1
    assert "合规专员" in said.err
    assert kaohe("users", "add", "root", "--os", "root", "--role", "管理员").code == 0
    assert kaohe("users", "add", "wang", "--role", "合规专员", "--client", "acme").code == 0
    assert kaohe("duties", "add", "整改", "--due", "2099-01-01", "--why", "x", "--client", "acme").code == 0
    said = kaohe("duties", "add", "整个", "--due", "2099-01-01", "--why", "x", "--client", "acme")
    assert said.err.count("coaching") <= 1
    assert "是不是 '小红书'？" in kaohe("shops", "add", "小红数", "s2").err


def test_a_token_that_has_ended_before_it_begins_is_told_so(kaohe):
    kaohe("users", "add", "root", "--os", "root", "--role", "administrator")
    assert "已经过去" in kaohe("tokens", "create", "root", "t", "--until", "2020-01-01").err


def test_a_refusal_says_which_right_where_and_who_has_it(kaohe, monkeypatch):
    kaohe("shops", "add", "xiaohongshu", "s1", "--client", "acme")
    kaohe("users", "add", "root", "--os", "root", "--role", "administrator")
    kaohe("users", "add", "boss", "--role", "viewer", "--client", "acme")
    secret = kaohe("tokens", "create", "boss", "t", "--until", "2027-06-01").out.split()[0]
    monkeypatch.setenv("KAOHE_TOKEN", secret)
    said = kaohe("penalties", "link", "P1", "V-AAAAAAAAAAAA", "--why", "x").err
    assert "boss 对 acme 没有“认定”权限：有此权限的角色是 主管 manager、合规专员 officer、管理员 administrator" in said
    said = kaohe("users", "list").err
    assert "boss 对全部客户没有“管理”权限：有此权限的角色是 管理员 administrator；" in said
