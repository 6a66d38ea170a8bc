"""Chinese is the default language: an officer never meets an English sentence under it."""

from __future__ import annotations

import inspect
import re

import pytest
import typer.main

from console.cli.app import app
from console.cli.help import CHINESE, every
from console.cli.main import run
from console.phrases import answer_words, defect_words, journalled_why
from console.sentences import SENTENCES
from engine.evidence.reasons import REASONS
from engine.ledger import chain
from engine.rulebook.model import Text

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
        ("config",),
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
    ]:
        said = kaohe(*words)
        assert said.code in {0, 1, 2, 3}, (words, said.err)
        assert english_in(said.out + said.err) == [], words
    [quarantine] = (home / "quarantine").iterdir()
    assert english_in(quarantine.read_text(encoding="utf-8-sig")) == []


def test_every_command_and_option_has_help_in_chinese(home, capsys):
    helped = list(every(typer.main.get_command(app)))
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
    told = re.findall(r'f"((?:batch|entry|the entries|the payload|the journal) .*?)"', source)
    assert len(told) == 12
    for finding in told:
        assert defect_words(finding, "zh-CN") != finding
        assert english_in(defect_words(finding, "zh-CN")) == []
        assert defect_words(finding, "en") == finding


def test_our_own_answers_are_translated_and_a_providers_are_not():
    assert answer_words("accepted: written to a.eml", "zh-CN") == "已写入 a.eml"
    assert answer_words("accepted: written to a.eml", "en") == "accepted: written to a.eml"
    assert answer_words("refused: 550 no such user", "zh-CN") == "refused: 550 no such user"
