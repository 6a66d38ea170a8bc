import dataclasses
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from engine.calendar.deadlines import Term
from engine.rulebook.model import Appeal, Bound, Claim, Standard, Text
from notifier.facts import NoticeFacts, facts_of
from notifier.readers import HOUSE, OUTSIDER
from notifier.sheets import Sheet

SHEET = Sheet(figure="{k} of {n}", first="Act", gap_one="one more", gap_many="{m} more")


def facts(build, *, language="en", rule=None, sanctions=(), shop=None, agent=None, reader=OUTSIDER, **changes):
    violation = build.violation(**changes)
    return facts_of(violation, sanctions, shop or build.shop(), rule, SHEET, language, agent, reader=reader)


@pytest.mark.parametrize(
    ("state", "zh", "en", "predicted"),
    [
        ("open", "预判违规", "Predicted violation", True),
        ("acknowledged", "预判违规（已知悉）", "Predicted violation, acknowledged", True),
        ("confirmed", "平台已判罚", "Penalised by the platform", False),
        ("withdrawn", "预判已撤回", "Prediction withdrawn", False),
    ],
)
def test_only_the_platforms_word_makes_a_prediction_a_penalty(build, state, zh, en, predicted):
    assert facts(build, language="zh-CN", state=state).status == zh
    told = facts(build, state=state)
    assert (told.status, told.predicted) == (en, predicted)


def test_the_gap_is_told_in_pieces_and_in_words(build):
    told = facts(build, rule=build.rule())
    assert (told.gap, told.gap_words, told.value, told.standard) == (3, "3 more", "77%", "at least 80%")
    assert facts(build, rule=build.rule(), numerator=79).gap_words == "one more"


def test_a_share_that_must_stay_low_is_cut_upwards_and_its_gap_counts_downwards(build):
    low = Standard(Bound("at_most", Fraction(6, 100), "6%"), "compliant_when")
    rule = build.rule(versions=(build.version(standard=low),))
    told = facts(build, rule=rule, numerator=2, denominator=33)
    assert (told.value, told.standard, told.gap) == ("6.07%", "at most 6%", 1)


def test_the_version_on_record_speaks_and_not_the_newest_one(build):
    newer = Standard(Bound("at_least", Fraction(9, 10), "90%"), "compliant_when")
    rule = build.rule(versions=(build.version(), build.version(since=date(2026, 3, 1), standard=newer)))
    assert facts(build, rule=rule).standard == "at least 80%"
    assert facts(build, rule=rule, version="2026-03-01").standard == "at least 90%"


def test_a_rule_that_is_gone_leaves_what_is_on_record(build):
    told = facts(build, rule=None, sanctions=[build.sanction()])
    assert (told.rule_title, told.standard, told.gap, told.assumed) == (
        "xiaohongshu.reply-rate",
        None,
        None,
        (),
    )
    assert (told.value, told.until) == ("77%", "12 March 2026")


def test_claims_are_told_with_their_reason_and_disputes_with_theirs(build):
    told = facts(build, rule=build.rule())
    assert told.assumed == (
        "when the rule is in force: the source names no first day",
        "how the figure is made: sessions that only a bot served count",
        "the cut-off: taken is the assessment, Tuesday 10:00",
        "the appeal: it is not stated",
    )
    assert told.disputed == ("the cut-off: it may also end on Sunday at 24:00",)
    assert told.in_force_dispute is None


def test_a_rule_whose_being_in_force_is_disputed_says_so_apart(build):
    claim = Claim("effective", "source", disputed_by=("S1",), dispute=Text("2022 年 11 月已废止", "repealed in 2022"))
    told = facts(build, rule=build.rule(versions=(build.version(provenance=(claim,)),)), language="zh-CN")
    assert told.in_force_dispute == "规则生效时间：2022 年 11 月已废止"


def test_a_dispute_without_words_names_its_source(build):
    claim = Claim("ladder", "source", disputed_by=("S1",))
    told = facts(build, rule=build.rule(versions=(build.version(provenance=(claim,)),)))
    assert told.disputed == ("the ladder of measures: Guide",)


def test_measures_are_told_in_the_order_of_the_ladder(build):
    study = build.sanction("mandatory_study", position=1)
    told = facts(build, rule=build.rule(), sanctions=[study, build.sanction("warning", position=0)])
    assert told.consequence == "warning, mandatory study"
    assert told.until is None


def test_exposure_is_told_where_there_is_any(build):
    assert facts(build).exposure is None
    assert facts(build, exposure_min_fen=10000, exposure_max_fen=30000).exposure == "CNY 100–300"


def test_a_shop_is_called_by_its_alias_else_its_name_else_its_number(build):
    assert facts(build).shop == "演示一店"
    assert facts(build, shop=build.shop(alias=None)).shop == "演示一店旗舰店"
    assert facts(build, shop=build.shop(alias=None, name=None)).shop == "s1"


def test_the_sub_account_is_named_where_the_rule_judges_one_and_the_reader_is_of_the_house(build):
    agent = build.shop("王小美", kind="agent", alias=None, name="小王")
    assert facts(build, agent=agent, reader=HOUSE).agent == "小王"
    assert (facts(build, agent=agent).agent, facts(build, agent=agent, language="zh-CN").agent) == (
        "not named",
        "未具名",
    )
    assert facts(build).agent is None


def test_no_fact_holds_a_line_break_or_a_steering_character(build):
    nasty = "一店\r\nBcc: x@y.z\u202e\x1b[0m"
    shop = build.shop(alias=nasty, name=nasty)
    rule = build.rule(title=Text(nasty, nasty))
    told = facts(build, rule=rule, shop=shop, client=nasty, sanctions=[build.sanction(nasty, scope=nasty)])
    for field in dataclasses.fields(NoticeFacts):
        value = getattr(told, field.name)
        for text in value if isinstance(value, tuple) else [value]:
            assert not isinstance(text, str) or text.isprintable(), field.name


def test_a_settled_violation_has_no_measure_and_nothing_to_do(build):
    rule = build.rule(versions=(build.version(appeal=Appeal(Term(7, "days"), "notice", 1)),))
    told = facts(build, rule=rule, sanctions=[build.sanction()], state="overturned")
    assert (told.consequence, told.until, told.sanctions, told.exposure) == ("no measure stands", None, (), None)
    assert (told.first_action, told.steps, told.where, told.appeal) == (None, (), (), None)


def test_what_the_platform_decided_is_told(build):
    decided = {
        "amount_fen": 500_000,
        "exposure_min_fen": 500_000,
        "exposure_max_fen": 500_000,
        "reference": "KS-9",
        "appeal_until": datetime(2026, 3, 17, 16, tzinfo=UTC),
    }
    rule = build.rule(versions=(build.version(appeal=Appeal(Term(7, "days"), "notice", 1)),))
    told = facts(build, rule=rule, state="confirmed", **decided)
    assert (told.charged, told.reference, told.appeal_until) == ("CNY 5,000", "KS-9", "17 March 2026")
    assert (told.consequence, told.exposure) == ("liquidated damages of CNY 5,000", "CNY 5,000")
    assert told.appeal == "within 7 days of the notice, once"


def test_a_rounded_figure_is_told_with_both_ends(build):
    seventy = Standard(Bound("at_least", Fraction(7, 10), "70%"), "compliant_when")
    rule = build.rule(versions=(build.version(standard=seventy),))
    told = facts(build, rule=rule, numerator=640, denominator=1000, numerator_low=635, numerator_high=644)
    assert (told.figure, told.value) == ("635–644 of 1000", "63.5%–64.4%")
    assert (told.gap, told.gap_words) == (65, "56–65 more")


def test_a_rounded_share_that_must_stay_low_tells_the_range_of_its_gap(build):
    low = Standard(Bound("at_most", Fraction(6, 100), "6%"), "compliant_when")
    rule = build.rule(versions=(build.version(standard=low),))
    told = facts(build, rule=rule, numerator=5, denominator=34, numerator_low=3, numerator_high=8)
    assert (told.value, told.gap_words) == ("8.83%–23.53%", "1–6 more")
