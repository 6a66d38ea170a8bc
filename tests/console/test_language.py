"""Chinese is the default language: an officer never meets an English sentence under it."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from console.answers import answer_words
from console.cli.help import CHINESE, every
from console.cli.main import run
from console.cli.tree import tree
from console.phrases import defect_words, journalled_why
from console.sentences import SENTENCES
from engine.errors import UnknownNameError
from engine.evidence.reasons import REASONS
from engine.ledger import chain
from engine.ledger.tables import Mute, Notice, Subject
from engine.rulebook.model import Text
from notifier.channels.outcome import Outcome
from notifier.channels.robots import Robots
from notifier.routing.model import News, Routing
from notifier.routing.recipients import misdirected, recipients_of
from notifier.routing.ways import why_muted

# Three words in a row that are no ids, options or paths.
SENTENCE = re.compile(r"(?<![\w./:-])[A-Za-z]{2,}[,;:]? [a-z]{2,}[,;:]? [a-z]{2,}(?![\w./:-])")
NAMES = re.compile(r"`[^`]*`|kaohe [a-z ]+|\S*[/\\]\S*|buyer, agent, system")


def english_in(text: str) -> list[str]:
    return SENTENCE.findall(NAMES.sub(" · ", text))


def test_the_search_finds_english_sentences():
    assert english_in("kaohe: the assessment found a breach")
    assert not english_in("违规 V-1：`kaohe notices list` 里有 / some/path here")


@pytest.fixture
def officer(kaohe, sessions, tmp_path):
    """A day of an officer: some evidence with bad rows, and a violation."""
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "platform,shop,session,opened_at,opened_by,closed_at,mood\n"
        "xiaohongsu,s1,c1,2026-03-02T09:00:00,buyer,,x\n"
        "xiaohongshu,s1,,2026-03-02,cat,2026-03-02T08:00:00,x\n"
        "xiaohongshu,s1,c3\n"
        f"xiaohongshu,s1,{'c' * 201},1999-03-02T09:00:00,buyer,,x\n"
        "xiaohongshu,s1,c4,2026-03-03T09:00:00,buyer,2026-03-02T08:00:00,x\n"
        "xiaohongshu,s1,c5,2026-03-03T09:00:00,buyer,,x\n"
        "xiaohongshu,s1,c5,2026-03-04T09:00:00,buyer,,x\n",
        encoding="utf-8",
    )
    shops = tmp_path / "shops.csv"
    shops.write_text("platform,shop,opened_on\nxiaohongshu,s1,2026-01-05\nxiaohongsu,s2,\nkuaishou,k1,soon\n")
    people = tmp_path / "people.csv"
    people.write_text("person,platform,shop,agent\nLin,xiaohongshu,s1,a1\n")
    steps = [
        ("shops", "import", str(shops)),
        ("people", "import", str(people)),
        ("import", str(bad), "--kind", "sessions"),
        ("import", str(sessions(79, 100)), "--kind", "sessions"),
        ("assess", "--as-of", "2026-03-17T10:05"),
    ]
    for words in steps:
        said = kaohe(*words)
        assert said.code in {0, 1}, said.err
        assert english_in(said.out + said.err) == [], words
    return kaohe("violations", "list", "--json").rows[-1]["violation"]


def test_an_officers_day_is_chinese(kaohe, officer, tmp_path, home):
    empty = tmp_path / "empty.csv"
    empty.touch()
    for words in [
        ("assess", "--as-of", "2026-03-17T10:05"),
        ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-17T10:05"),
        ("assess", "--from", "2020-03-10", "--to", "2020-03-10", "--as-of", "2026-03-17T10:05"),
        ("violations", "list"),
        ("violations", "list", "--state", "confirmed"),
        ("violations", "list", "--state", "opne"),
        ("violations", "list", "--cycle", "W10"),
        ("violations", "show", officer),
        ("violations", "record", officer, "overturned", "--why", "x"),
        ("violations", "record", officer, "acknowledged", "--why", " "),
        ("violations", "record", officer, "acknowledged", "--why", "已看"),
        ("violations", "record", officer, "confirmed", "--why", "x", "--amount", "1,5"),
        ("explain", "V-AAAA"),
        ("notices", "list"),
        ("notices", "preview", officer),
        ("notices", "retry", "9"),
        ("notices", "show", "9"),
        ("notices", "send"),
        ("notices", "receipts"),
        ("notices", "callbacks"),
        ("notices", "channels", "email"),
        ("journal", "list"),
        ("journal", "verify"),
        ("journal", "verify", "--expect", "x"),
        ("shops", "list"),
        ("shops", "list", "--jsn"),
        ("people", "list"),
        ("rules", "list"),
        ("rules", "test"),
        ("rules", "check"),
        ("status", "--as-of", "2026-04-30"),
        ("calendar", "--month", "2026-03", "--as-of", "2026-03-20"),
        ("calendar", "--month", "2026-04", "--as-of", "2026-04-15"),
        ("calendar", "--month", "2026-13"),
        ("calendar", "--month", "2026-W10"),
        ("calendar", "--month", "9999-12"),
        ("calendar", "--ics", "--month", "2026-03", "-o", "march.ics"),
        ("calendar", "--ics", "--json"),
        ("calendar", "--platform", "jd"),
        ("calendar", "-o", "march.ics"),
        ("config",),
        ("doctor",),
        ("doctor", "--send-none"),
        ("worker", "--once"),
        ("import", "nowhere.csv", "--kind", "sessions"),
        ("import", str(empty), "--kind", "sessions"),
        ("import", str(empty), "--kind", "sesions"),
        ("import",),
        ("assess", "--as-of", "soon"),
        ("assess", "--from", "soon"),
        ("assess", "--rule", "x"),
        ("assess", "--shop", "x"),
        ("asses",),
        ("assess", "--from", "2026-03-11", "--to", "2026-03-10"),
        ("assess", "--from", "2026-03-11", "--to", "2026-03-16", "--as-of", "2026-03-17T10:05"),
        ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-17T10:05", "--dry-run"),
        ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-17T10:05", "--shop", "k2"),
        ("violations", "record", officer, "acknowledged", "--why", "x", "--amount", "300", "--reference", "XHS-7"),
        ("violations", "record", officer, "acknowledged", "--why", "x", "--amount", "300"),
        ("violations", "show", officer),
        ("violations", "list", "--client", "x"),
        ("violations", "list", "--severity", "x"),
        ("violations", "list", "--rule", "x"),
        ("violations", "list", "--shop", "k2"),
        ("journal", "list", "--about", "x"),
        ("shops", "add", "xiaohongshu", "s1", "--contact", "Zhao <zhao@example.com>"),
        ("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com"),
        ("secret", "check"),
        ("secret", "renew", "--why", "x"),
        ("secret", "renew", "--why", " "),
        ("rules", "check", str(tmp_path)),
        ("rules", "show", "xiaohongshu.reply-rate"),
    ]:
        said = kaohe(*words)
        assert said.code in {0, 1, 2, 3}, (words, said.err)
        assert english_in(said.out + said.err) == [], words
    (home / "secret").rename(tmp_path / "kept")
    assert english_in(kaohe("secret", "check").err) == []
    (home / "secret").write_text("ab" * 32, encoding="ascii")
    assert english_in(kaohe("secret", "check").err) == []
    [quarantine] = (home / "quarantine").iterdir()
    assert english_in(quarantine.read_text(encoding="utf-8-sig")) == []


REGISTERS = [
    ("shops", ""),
    ("shops", "PK\x03\x04"),
    ("shops", "platform,shp,shop,shop\n"),
    ("shops", 'platform,shop\nxiaohongshu,"s1\n'),
    (
        "shops",
        "platform,shop,alias,opened_on,contact\nxiaohongshu,s1,甲,,zhao\nxiaohongshu,s1,乙,soon,a@b@c\nxiaohongsu\n",
    ),
    ("shops", "platform,shop,contact\nxiaohongshu,s1,a b@x.cn;赵@x.cn;a@x;a\x07@x.cn\n"),
    ("shops", f"platform,shop,alias\nxiaohongshu,{'s' * 201},甲\nxiaohongshu,s1,甲\nxiaohongshu,s1,乙\n"),
    (
        "people",
        "person,platform,shop,agent,to\nLin,xiaohongshu,s1,a1,\nWang,xiaohongshu,s1,a1,2026-01-01\nLi,jd,s9,a,\n",
    ),
    ("people", "person,platform,shop,agent,from,to\nLi,xiaohongshu,s1,a2,2026-03-02,2026-03-01\n"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize(("kind", "text"), REGISTERS)
def test_what_is_wrong_with_a_register_is_told_in_chinese(kaohe, tmp_path, kind, text, encoding):
    kaohe("shops", "add", "xiaohongshu", "s1")
    register = tmp_path / "register.csv"
    register.write_bytes(text.encode(encoding))
    said = kaohe(kind, "import", str(register))
    assert said.code in {1, 2}
    assert re.search("[\u4e00-\u9fff]", said.err)
    assert english_in(said.out + said.err) == []


def test_files_that_are_no_registers_are_told_in_chinese(kaohe, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"platform,shop\nkuaishou,\xff\xff\xff\n")
    for path in (tmp_path, tmp_path / "no.csv", tmp_path / "x.csv"):
        said = kaohe("shops", "import", str(path))
        assert said.code == 2
        assert english_in(said.err) == []


@pytest.mark.parametrize(
    "line",
    [
        'langauge = "en"',
        'smtp_password = "x"',
        "tick_seconds = true",
        'tick_seconds = "soon"',
        'smtp_url = "smtp://u:p@h"',
        'database_url = "postgresql://u:p@h/k"',
    ],
)
def test_a_wrong_setting_is_told_in_chinese(kaohe, tmp_path, line):
    (tmp_path / "kaohe.toml").write_text(line, encoding="utf-8")
    said = kaohe("status")
    assert said.code == 2
    assert english_in(said.err) == []
    assert "kaohe.toml:1：" in said.err


def test_a_rule_that_fails_and_a_notice_that_fails_are_told_in_chinese(kaohe, sessions, monkeypatch):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    with monkeypatch.context() as patch:
        failing = Mock(side_effect=UnknownNameError("rule", "x", []))
        patch.setattr("engine.assessment.plan.due_runs", failing)
        patch.setattr("console.status.due_runs", failing)
        for words in [("assess",), ("worker", "--once"), ("status",)]:
            said = kaohe(*words)
            assert "xiaohongshu.reply-rate 没有考核：" in said.err or "xiaohongshu.reply-rate 不能考核：" in said.out
            assert english_in(said.out + said.err) == []
    monkeypatch.setattr("notifier.channels.email.EmailChannel.send", lambda *_: Outcome("permanent", "550"))
    kaohe("assess", "--as-of", "2026-03-10T10:05")
    for words in [("notices", "send"), ("status", "--as-of", "2026-03-10T10:05"), ("notices", "list")]:
        said = kaohe(*words)
        assert "失败" in said.out + said.err
        assert english_in(said.out + said.err) == []


def test_every_command_and_option_has_help_in_chinese(home, capsys):
    helped = list(every(tree("en")))
    said = [one.help for one in helped] + [getattr(p, "help", None) for one in helped for p in one.params]
    assert {text.strip() for text in said if text} - set(CHINESE) == set()
    assert run(["assess", "--help"]) == 0
    assert english_in(capsys.readouterr().out) == []


@pytest.mark.parametrize("words", [*SENTENCES.values(), *REASONS.values()], ids=lambda w: w.en[:40])
def test_both_languages_of_a_sentence_speak_of_the_same(words: Text):
    assert re.search("[\u4e00-\u9fff]", words.zh)
    assert not re.search("[\u4e00-\u9fff]", words.en)
    named = re.compile(r"{(\w+)")
    assert set(named.findall(words.zh)) == set(named.findall(words.en))


def test_the_engines_own_reasons_in_the_journal_are_translated_and_peoples_are_not():
    assert journalled_why("the assessment found a breach", "zh-CN") == "考核发现违规"
    assert journalled_why("new evidence: compliant", "zh-CN") == "证据有更新：达标"
    assert (
        journalled_why("new evidence: the shop has none in this cycle", "zh-CN") == "证据有更新：店铺在该周期没有证据"
    )
    assert journalled_why("new evidence: from the platform", "zh-CN") == "new evidence: from the platform"
    assert journalled_why("the assessment found a breach", "en") == "the assessment found a breach"


def test_every_defect_of_the_journal_is_told_in_chinese():
    source = re.sub(r"{[^{}]*}", "7", inspect.getsource(chain))
    told = re.findall(r'f"((?:batch|batches|entry|the entry|the entries|the payload|the journal) .*?)"', source)
    assert len(told) == 15
    told = [finding.replace(": 7", ": its payload_sha256 cannot be read: 7") for finding in told]
    told += ["the table journal_entry is missing", "the column object_id of the table journal_entry is missing"]
    for finding in told:
        assert defect_words(finding, "zh-CN") != finding
        assert english_in(defect_words(finding, "zh-CN")) == []
        assert defect_words(finding, "en") == finding


NEWS = News("violation.opened", "default")


def test_our_own_answers_are_translated_and_a_providers_are_not():
    for bad in ("a\n@x.cn", "赵@x.cn", "a@b@c", "zhao", "a b@x.cn", "a@x"):
        [recipient] = recipients_of(NEWS, Subject(key="shop:jd/s1", contact=bad), Routing(), "zh-CN")
        assert english_in(answer_words(f"misconfigured: {recipient.fault}", "zh-CN")) == []
    elsewhere = misdirected(Notice(recipient="a@x.cn", channel="email", language="zh-CN"), NEWS, None, Routing())
    assert answer_words(f"not sent: {elsewhere}", "zh-CN") == "未发送：a@x.cn 已不是店铺的联系人"
    routed = Notice(recipient="a@x.cn", channel="email", language="zh-CN", contact="li")
    assert (
        answer_words(f"not sent: {misdirected(routed, NEWS, None, Routing())}", "zh-CN")
        == "未发送：已没有通知路线通往 a@x.cn"
    )
    mute = Mute(ends_at=datetime(2026, 3, 10, 2, 0, tzinfo=UTC), why="盘点")
    assert answer_words(why_muted(mute), "zh-CN") == "静音至 2026-03-10 10:00：盘点"
    missing = Robots("wecom", Path("/r.toml"), {}).missing("ops")
    assert (
        answer_words(f"misconfigured: {missing}", "zh-CN")
        == "设置有误：/r.toml 里没有 [wecom.ops]；请在那里补上这一节及其密钥"
    )
    assert answer_words("accepted: written to a.eml", "zh-CN") == "已写入 a.eml"
    assert answer_words("accepted: written to a.eml", "en") == "accepted: written to a.eml"
    assert answer_words("refused: 550 no such user", "zh-CN") == "refused: 550 no such user"


def test_a_list_of_commands_cuts_no_help_off(kaohe, english):
    listed = kaohe("notices", "--help").out.partition("Commands:")[2]
    assert "as it would be now." in " ".join(listed.split())
    assert "..." not in listed


def test_an_unknown_name_says_where_the_known_ones_stand(kaohe, home):
    kaohe("shops", "add", "xiaohongshu", "s1")
    assert kaohe("notices", "preview", "V-X").err == "kaohe: 没有这条违规：'V-X'；`kaohe violations list` 列出全部\n"
    assert "docs/notices.md 列出全部" in kaohe("routes", "preview", "--event", "foo").err
