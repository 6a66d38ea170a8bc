from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.tables import Sanction
from engine.rulebook.model import Bound, Text
from notifier.words import dates, figures
from notifier.words.lines import cut, masked, one_line
from notifier.words.measures import MeasureWords, last_day

AT_LEAST_80 = Bound("at_least", Fraction(4, 5), "80%")
AT_MOST_6 = Bound("at_most", Fraction(6, 100), "6%")


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [
        (79, 100, "79%"),
        (863, 1079, "79.98%"),
        (799, 1000, "79.9%"),
        (7996, 10000, "79.96%"),
        (79999, 100000, "79.99%"),
    ],
)
def test_a_rate_below_its_standard_is_never_rounded_up_to_it(numerator, denominator, shown):
    assert figures.figure(numerator, denominator, AT_LEAST_80) == shown


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"), [(1, 16, "6.25%"), (60001, 1000000, "6.01%"), (2, 33, "6.07%")]
)
def test_a_share_above_its_standard_is_never_rounded_down_to_it(numerator, denominator, shown):
    assert figures.figure(numerator, denominator, AT_MOST_6) == shown


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.sampled_from([AT_LEAST_80, AT_MOST_6]))
def test_the_shown_figure_fails_its_standard_whenever_the_true_one_does(numerator, denominator, bound):
    shown = Fraction(figures.figure(numerator, denominator, bound).removesuffix("%")) / 100
    if not bound.admits(numerator, denominator):
        assert not bound.admits(shown.numerator, shown.denominator)
    assert abs(shown - Fraction(numerator, denominator)) < Fraction(1, 10000)


def test_a_figure_that_is_no_share_is_a_plain_number():
    seconds = Bound("at_most", Fraction(60), "60")
    assert figures.figure(6101, 100, seconds) == "61.01"
    assert figures.figure(7, None, Bound("at_most", Fraction(0), "0")) == "7"
    assert figures.figure(3, 0, AT_LEAST_80) == "3/0"


def test_standards_are_said_with_the_limit_as_the_rule_writes_it():
    assert figures.standard(AT_LEAST_80, "zh-CN") == "不低于80%"
    assert figures.standard(AT_MOST_6, "en") == "at most 6%"
    assert figures.standard(AT_LEAST_80.opposite(), "zh-CN") == "低于80%"
    assert figures.standard(AT_MOST_6.opposite(), "en") == "above 6%"


@pytest.mark.parametrize(
    ("key", "first", "last", "zh", "en"),
    [
        ("2026-03-02", date(2026, 3, 2), date(2026, 3, 2), "2026年3月2日", "2 March 2026"),
        (
            "2026-W10",
            date(2026, 3, 2),
            date(2026, 3, 8),
            "2026年第10周（3月2日–3月8日）",
            "week 10 of 2026 (2–8 March)",
        ),
        (
            "2026-W01",
            date(2025, 12, 29),
            date(2026, 1, 4),
            "2026年第1周（2025年12月29日–2026年1月4日）",
            "week 1 of 2026 (29 December 2025 – 4 January 2026)",
        ),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28), "2026年2月", "February 2026"),
        (
            "30d:2026-03-02",
            date(2026, 2, 1),
            date(2026, 3, 2),
            "30天滚动（2026年2月1日–3月2日）",
            "30 days, 1 February – 2 March 2026",
        ),
        (
            "campaign:2026-618",
            date(2026, 6, 16),
            date(2026, 6, 18),
            "大促 2026-618（2026年6月16日–6月18日）",
            "campaign 2026-618 (16–18 June 2026)",
        ),
    ],
)
def test_cycles_are_named_and_dated(key, first, last, zh, en):
    assert dates.cycle(key, first, last, "zh-CN") == zh
    assert dates.cycle(key, first, last, "en") == en


def test_amounts_and_ranges_of_amounts_show_fen_only_where_there_are_any():
    assert figures.money(100000, "zh-CN") == "¥1,000"
    assert figures.money(123456789, "en") == "CNY 1,234,567.89"
    assert figures.money_range(10000, 30000, "zh-CN") == "¥100–¥300"
    assert figures.money_range(10000, 30000, "en") == "CNY 100–300"
    assert figures.money_range(500, 500, "zh-CN") == "¥5"


def test_measures_say_how_long_how_much_and_whether_they_are_sure(build):
    zh, en = MeasureWords("zh-CN"), MeasureWords("en")
    damages = build.sanction("liquidated_damages", amount_min_fen=100000, amount_max_fen=100000, discretionary=True)
    assert zh.measure(damages) == "违约金 ¥0–¥1,000（平台可酌情决定）"
    assert en.measure(damages) == "liquidated damages of CNY 0–1,000 (at the platform's discretion)"
    ban = build.sanction("listing_ban", starts=date(2026, 3, 10), ends=date(2026, 3, 10))
    assert zh.measure(ban, dated=True) == "禁止上新1天（2026年3月10日）"
    assert en.measure(ban) == "ban on new listings for 1 day"
    assert zh.consequence([build.sanction("warning"), build.sanction("mandatory_exam")]) == "警告、强制考试"
    assert en.consequence([]) == "the rule names no measure"


def test_a_measure_that_only_the_rule_knows_has_the_title_that_the_rule_gives_it(build):
    titles = {"return_call": Text("回访", "return call")}
    assert MeasureWords("zh-CN", titles).measure(build.sanction("return_call")) == "回访"
    assert MeasureWords("en").measure(build.sanction("shop_visit", scope="north_east")) == "shop visit (north east)"


def test_the_last_day_is_that_of_the_longest_measure(build):
    short = build.sanction("listing_ban", starts=date(2026, 3, 10), ends=date(2026, 3, 11))
    assert last_day([short, build.sanction(), build.sanction("warning")]) == date(2026, 3, 12)
    assert last_day([build.sanction("warning")]) is None


def test_text_from_outside_stays_on_one_line_and_steers_nothing():
    assert one_line("a\r\nBcc: b\x1b[31m\u2028c\u202e") == "a Bcc: b [31m c"
    assert cut("考核" * 10, 5) == "考核考核…"


def test_every_address_in_a_text_is_masked():
    text = "550 5.1.1 <zhang.san@example.com>: unknown; try li@sub.example.cn, or wang"
    assert masked(text) == "550 5.1.1 <z***@example.com>: unknown; try l***@sub.example.cn, or wang"


def test_every_term_of_a_measure_is_said_in_both_languages():
    days = {"starts": date(2026, 3, 10), "ends": date(2026, 3, 12)}
    measures = [
        Sanction(violation_id="V-1", position=0, kind="listing_ban", days_min=1, **days),
        Sanction(violation_id="V-1", position=1, kind="listing_ban", days_min=3, **days),
        Sanction(violation_id="V-1", position=2, kind="points", points=2),
        Sanction(violation_id="V-1", position=3, kind="bonus_cut", share="1/8"),
        Sanction(
            violation_id="V-1",
            position=4,
            kind="liquidated_damages",
            amount_min_fen=10_000,
            amount_max_fen=30_000,
            accounts=["deposit", "payments"],
        ),
    ]
    assert [MeasureWords("zh-CN").measure(m) for m in measures] == [
        "禁止上新1至3天",
        "禁止上新3天",
        "扣分 2分",
        "扣减奖金 12.5%",
        "违约金 ¥100–¥300（从保证金、货款扣除）",
    ]
    assert [MeasureWords("en").measure(m) for m in measures] == [
        "ban on new listings for 1 to 3 days",
        "ban on new listings for 3 days",
        "penalty points: 2",
        "bonus cut of 12.5%",
        "liquidated damages of CNY 100–300 (taken from the deposit and payments)",
    ]
    assert MeasureWords("en").measure(measures[0], dated=True).endswith("1 to 3 days (10–12 March 2026)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("008613800001234", "0086138****1234"),
        ("tel:0086-138-0000-1234", "tel:0086-138****1234"),
        ("mobile13800001234", "mobile138****1234"),
        ("number_13800001234_x", "number_138****1234_x"),
        ("13800001234abc", "138****1234abc"),
        ("?PhoneNumbers=%2B8613800001234&x", "?PhoneNumbers=%2B86138****1234&x"),
        ("%228613800001234%22", "%2286138****1234%22"),
        ("900619746936498440^0", "900619746936498440^0"),
        ("1710000000000", "1710000000000"),
    ],
)
def test_a_number_is_masked_whatever_it_stands_in_and_other_numbers_are_left(text, shown):
    assert masked(text) == shown
