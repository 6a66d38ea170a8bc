"""What is on record is told under the rule that decided it, whatever became of the rule's file since."""

from __future__ import annotations

from pathlib import Path

import pytest

WEEK = ("assess", "--from", "2026-03-10", "--to", "2026-03-10", "--as-of", "2026-03-10T10:05+08:00")
SHIPPED = Path(__file__).parents[2] / "rulesets" / "xiaohongshu" / "reply-rate.yaml"


@pytest.fixture
def rule_file(tmp_path, monkeypatch):
    """The shipped rule in a directory of one's own, where it can be edited."""
    file = tmp_path / "rules" / "reply-rate.yaml"
    file.parent.mkdir()
    file.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("KAOHE_RULESETS", str(file.parent))
    return file


@pytest.fixture
def name(kaohe, sessions, rule_file):
    """A violation that was recorded under the rule as it ships: 79 of 100, where 80 % are needed."""
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    return kaohe(*WEEK, "--json").rows[0]["violation"]


def edit(file, *changes):
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


HARDER = (
    ("compliant_when: {at_least: 80%}", "compliant_when: {at_least: 95%}"),
    ("at_risk_when: {below: 85%}", "at_risk_when: {below: 96%}"),
    ("小红书客服回复率", "小红书新回复率"),
)


def test_an_edited_version_does_not_change_the_words_of_what_was_decided(kaohe, name, rule_file):
    preview = kaohe("notices", "preview", name).out
    edit(rule_file, *HARDER)
    said = kaohe("explain", name, "--lang", "zh-CN").out
    assert "达标线：不低于80%（>= 80%）" in said
    assert "95%" not in said
    assert "这条规则的文件在判定之后改过" in said
    assert "file was changed since" in kaohe("explain", name, "--lang", "en").out
    assert kaohe("explain", name, "--json").rows[0]["rule_file"] == "changed"
    assert kaohe("notices", "preview", name).out == preview
    shown = kaohe("violations", "show", name).out
    assert "标准：不低于80%" in shown
    assert "这条规则的文件在判定之后改过" in shown
    assert kaohe("violations", "show", name, "--json").rows[0]["rule_file"] == "changed"


def test_a_better_wording_is_no_change_of_the_rule(kaohe, name, rule_file):
    edit(rule_file, ("小红书客服回复率", "小红书人工回复率"))
    said = kaohe("explain", name).out
    assert "小红书人工回复率".removeprefix("小红书") in said
    assert "改过" not in said
    assert kaohe("explain", name, "--json").rows[0]["rule_file"] == "same"


@pytest.mark.parametrize("gone", ["removed", "faulty"])
def test_a_rule_without_a_sound_file_is_told_from_what_the_ledger_kept(kaohe, name, rule_file, gone):
    preview = kaohe("notices", "preview", name).out
    assert "不低于80%" in preview
    if gone == "removed":
        rule_file.unlink()
    else:
        rule_file.write_text("schema: {", encoding="utf-8")
    assert kaohe("notices", "preview", name).out == preview
    said = kaohe("explain", name)
    assert said.code == 0
    assert "达标线：不低于80%（>= 80%）" in said.out
    assert "None" not in said.out
    assert "这条规则现在没有可用的文件" in said.out
    assert "no sound file today" in kaohe("explain", name, "--lang", "en").out
    assert kaohe("explain", name, "--json").rows[0]["rule_file"] == "gone"
    assert [r["violation"] for r in kaohe("violations", "list", "--rule", "xiaohongshu.reply-rate", "--json").rows] == [
        name
    ]
    assert "标准：不低于80%" in kaohe("violations", "show", name).out


def test_a_notice_that_waits_is_written_under_the_version_that_decided(kaohe, sessions, rule_file, monkeypatch):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    monkeypatch.setattr("console.cli.assess.plan", lambda *_: None)  # the process ended just before
    kaohe("assess", "--as-of", WEEK[-1])
    edit(rule_file, *HARDER)
    assert kaohe("notices", "send").code == 0
    body = kaohe("notices", "show", "1").out
    assert "不低于80%" in body
    assert "95%" not in body


def test_a_rule_that_never_was_is_still_unknown(kaohe, english, name):
    said = kaohe("violations", "list", "--rule", "xiaohongshu.replyrate")
    assert said.code == 2
    assert "unknown rule 'xiaohongshu.replyrate'; did you mean 'xiaohongshu.reply-rate'?" in said.err


def test_an_unknown_id_is_echoed_as_it_was_typed(kaohe, english, name):
    for command in (("explain",), ("violations", "show"), ("notices", "preview")):
        said = kaohe(*command, "foo")
        assert (said.code, "unknown violation 'foo'" in said.err) == (2, True)


def test_a_notice_is_previewed_however_its_id_is_typed(kaohe, name):
    assert kaohe("notices", "preview", name.lower()).out == kaohe("notices", "preview", name).out


def test_a_range_prints_what_is_on_record_under_rules_that_are_gone(kaohe, name, rule_file):
    other = rule_file.read_text(encoding="utf-8").replace("id: xiaohongshu.reply-rate", "id: xiaohongshu.other")
    before = kaohe(*WEEK, "--json").out
    (rule_file.parent / "other.yaml").write_text(other, encoding="utf-8")
    rule_file.unlink()
    said = kaohe(*WEEK, "--json")
    assert [r["rule"] for r in said.rows] == ["xiaohongshu.other", "xiaohongshu.reply-rate"]
    assert said.out.endswith(before)
    assert [r["rule"] for r in kaohe(*WEEK, "--json", "--rule", "xiaohongshu.other").rows] == ["xiaohongshu.other"]


def test_the_page_of_a_rule_tells_every_term_of_its_measures(kaohe, rule_file):
    rung = (
        "standard: [{traffic_limit: 3 days, scope: public_domain}, {listing_ban: 1..3 days}, {points: 2}, "
        "{bonus_cut: 10%}, {liquidated_damages: 100..300 CNY, from: [deposit, payments]}]"
    )
    edit(rule_file, ("standard: [{traffic_limit: 3 days, scope: public_domain}]", rung))
    said = kaohe("rules", "show", "xiaohongshu.reply-rate", "--lang", "en").out
    assert (
        "Measures: public-domain traffic limit for 3 days, ban on new listings for 1 to 3 days, penalty points 2, "
        "bonus cut 10%, liquidated damages CNY 100–300, from the deposit and payments"
    ) in said
