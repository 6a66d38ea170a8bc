"""The rules that are shipped: sound, in both languages, and the first of them saying what the platform's page says."""

import re
from datetime import date, time
from fractions import Fraction

import pytest

from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import WEEK
from engine.rulebook.book import RuleBook, check_paths
from engine.rulebook.model import Bound, Counter, Figure, SanctionSpec, Standard


@pytest.fixture(scope="module")
def book(rulesets):
    return RuleBook.load([rulesets])[0]


@pytest.fixture(scope="module")
def reply_rate(book):
    (version,) = book.rule("xiaohongshu.reply-rate").versions
    return version


def test_all_shipped_files_are_sound(rulesets):
    assert check_paths([rulesets]) == []


def test_every_shipped_rule_lies_where_its_id_says(book, rulesets):
    for rule in book.values():
        platform, _, name = rule.id.partition(".")
        assert rule.path == str(rulesets / platform / f"{name}.yaml")


def texts_of(rule):
    """Everything that people read of a rule."""
    texts = [rule.title, *(source.title for source in rule.sources.values()), *rule.measures.values()]
    texts += [announcement.says for announcement in rule.announced]
    for version in rule.versions:
        texts += [version.text, version.appeal.forfeited_by if version.appeal else None]
        for claim in version.provenance:
            texts += [claim.says, claim.because, claim.dispute, claim.assuming]
    return [text for text in texts if text is not None]


def test_every_shipped_text_is_told_in_both_languages(book):
    assert [text.en for rule in book.values() for text in texts_of(rule) if text.zh == text.en] == []


def test_no_line_break_left_a_blank_inside_a_chinese_sentence(book):
    blank = re.compile("[\u4e00-\u9fff，。；：、（）] [\u4e00-\u9fff，。；：、（）]")
    assert [text.zh for rule in book.values() for text in texts_of(rule) if blank.search(text.zh)] == []


def test_the_reply_rate_of_xiaohongshu_counts_what_a_human_answered(reply_rate):
    assert reply_rate.key == "2021-01-01"
    assert reply_rate.counters == (
        Counter("sessions", "sessions", "opened_by = 'buyer'"),
        Counter("replied", "sessions", "opened_by = 'buyer' AND replied_before_close"),
    )
    assert reply_rate.figure == Figure("replied", "sessions")


def test_it_is_assessed_on_the_tuesday_after_the_week(reply_rate):
    assert reply_rate.cycle == WEEK
    assert reply_rate.assessed == AssessedOn(time(10), weekday=1)
    assert reply_rate.cut_off == "assessed"


def test_its_standard_and_gate_are_printed_as_promised(reply_rate):
    assert reply_rate.standard == Standard(Bound("at_least", Fraction(4, 5), "80%"), "compliant_when")
    assert str(reply_rate.standard.complies) == ">= 80%"
    assert [f"{name} {bound}" for name, bound in reply_rate.gate] == ["sessions >= 5"]
    assert reply_rate.at_risk == Bound("below", Fraction(17, 20), "85%")


def test_its_sanction_is_three_days_without_public_traffic(reply_rate):
    assert reply_rate.ladder == {"standard": (SanctionSpec("traffic_limit", days=(3, 3), scope="public_domain"),)}
    assert reply_rate.severity is None


def test_it_says_what_is_assumed_and_what_is_disputed(reply_rate):
    assert reply_rate.claims("assumed") == ("effective", "assessed", "cut_off", "sanction_start")
    assert reply_rate.disputed() == ("cut_off",)
    claims = {claim.name: claim for claim in reply_rate.provenance}
    assert "24:00" in claims["cut_off"].dispute.en
    assert "24:00" in claims["cut_off"].dispute.zh
    assert "bot" in claims["figure"].assuming.en
    assert all(claim.review_by for claim in claims.values() if claim.basis == "assumed")


@pytest.mark.parametrize(
    ("sessions", "replied", "verdict"),
    [
        (5, 4, "compliant"),
        (100, 80, "compliant"),
        (100, 79, "violation"),
        (1079, 863, "violation"),
        (1000, 799, "violation"),
        (4, 0, "not_assessed"),
        (5, 5, "compliant"),
        (5, 0, "violation"),
        (100, None, "no_data"),
    ],
)
def test_its_cases_hold_the_promised_examples(reply_rate, sessions, replied, verdict):
    given = {"sessions": sessions} | ({} if replied is None else {"replied": replied})
    assert [case.expect.verdict for case in reply_rate.cases if case.given == given] == [verdict]


def test_its_cases_agree_with_its_own_bounds(reply_rate):
    for case in reply_rate.cases:
        if case.expect.verdict in ("compliant", "violation"):
            figure = case.given["replied"], case.given["sessions"]
            assert reply_rate.standard.complies.admits(*figure) == (case.expect.verdict == "compliant")
            if case.expect.at_risk is not None:
                assert reply_rate.at_risk.admits(*figure) == case.expect.at_risk


def test_what_decides_is_what_was_released(book, reply_rate):
    """A new digest means that the rule decides anew: then a version of its own is due, not an edit."""
    assert book.rule("xiaohongshu.reply-rate").version_for(date(2026, 3, 2)) is reply_rate
    assert reply_rate.sha256 == "c99d2c17ebf7eac6bff741747eff167b7e2f981e5377729cb4a1a7ee598cb531"
