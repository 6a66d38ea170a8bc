"""Numbers, rates and periods as they are printed."""

from datetime import date
from fractions import Fraction

import pytest

from engine.evidence.mapping import workbook
from engine.evidence.mapping.amounts import AmountError, Rate, Span, count, percent, rate
from engine.evidence.mapping.periods import period, periods_within


@pytest.mark.parametrize(
    ("cell", "number"), [("0", 0), ("1234", 1234), ("1,234", 1234), ("１，２３４", 1234), (" 7 ", 7), ("12.0", 12)]
)
def test_a_count_is_a_whole_number_with_or_without_thousands(cell, number):
    assert count(cell) == Span(number, number, number)


@pytest.mark.parametrize(
    ("cell", "low", "likely", "high"),
    [("1.2万", 11500, 12000, 12500), ("3万", 25000, 30000, 35000), ("1.25 w", 12450, 12500, 12550)],
)
def test_ten_thousands_are_a_rounded_count(cell, low, likely, high):
    assert count(cell) == Span(low, likely, high)


@pytest.mark.parametrize("cell", ["", "-1", "1.5", "12,34", "1,23", "abc", "1e3", "1亿", "9" * 13, "1" * 10_000])
def test_what_is_no_count_is_refused(cell):
    with pytest.raises(AmountError):
        count(cell)


@pytest.mark.parametrize(
    ("cell", "printed", "half"),
    [
        ("85.3 %", "0.853", "0.0005"),
        ("85.3%", "0.853", "0.0005"),
        ("85.3％", "0.853", "0.0005"),
        ("85%", "0.85", "0.005"),
        ("0.8571", "0.8571", "0.00005"),
        ("0.118", "0.118", "0.0005"),
        ("5.0000000000000003E-2", "0.050000000000000003", "0.0000000000005"),
    ],
)
def test_a_rate_lies_within_half_a_unit_of_its_last_digit(cell, printed, half):
    printed, half = Fraction(printed), Fraction(half)
    assert rate(cell) == Rate(printed - half, printed, printed + half)


def test_a_rate_never_leaves_the_share_and_may_be_rounded_to_more_digits_than_it_shows():
    assert (rate("0%").low, rate("100%").high, rate("1").printed, rate("0").printed) == (0, 1, 1, 0)
    assert rate("85%", Fraction(1, 1000)) == rate("85.0%")
    assert rate("85.25%", Fraction(1, 1000)) == rate("85.25%")
    assert percent("85.3") == rate("85.3%")


@pytest.mark.parametrize("cell", ["85.3", "-5%", "101%", "abc", "5%%", "", "0,5", "NaN", "1e5", "1e-999"])
def test_what_is_no_rate_is_refused(cell):
    with pytest.raises(AmountError):
        rate(cell)


JUNE = (date(2024, 6, 1), date(2024, 6, 30))
WEEK = (date(2024, 6, 3), date(2024, 6, 9))
DAY = (date(2024, 6, 3), date(2024, 6, 3))


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("2024-06", JUNE),
        ("2024年6月", JUNE),
        ("2024/06", JUNE),
        ("202406", JUNE),
        ("2024-06-03 ~ 2024-06-09", WEEK),
        ("2024-06-03～2024-06-09", WEEK),
        ("2024/6/3-2024/6/9", WEEK),
        ("2024年6月3日至2024年6月9日", WEEK),
        ("20240603-20240609", WEEK),
        ("2024-06-03 00:00:00", DAY),
        ("2024.6.3", DAY),
    ],
)
def test_a_period_is_read_as_people_write_it(cell, days):
    assert period(cell) == days


@pytest.mark.parametrize(
    "cell", ["", "6月", "2024-13", "2024-02-30", "2024-06-09 ~ 2024-06-03", "1999-01-01", "x" * 9999]
)
def test_what_is_no_period_is_refused(cell):
    with pytest.raises(AmountError):
        period(cell)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("统计时间：2024-06-03 ~ 2024-06-09（周）", [WEEK]),
        ("客服数据_小禾_2024年6月", [JUNE]),
        ("小禾_202406_导出20240703", [JUNE, (date(2024, 7, 3), date(2024, 7, 3))]),
        ("2024-06-01_2024-06-30 2024-06", [JUNE]),
        ("店铺 13800138000", []),
    ],
)
def test_periods_are_found_in_names_and_lines(text, found):
    assert list(periods_within(text)) == found


@pytest.mark.parametrize(
    ("value", "decimals", "told"),
    [
        ("0.5", 2, "50.00%"),  # as the cell shows it
        ("0.5", 0, "50%"),
        ("0.12345", 2, "12.345%"),  # what it holds beyond that is not thrown away
        ("0.56999999999999995", 2, "57.00%"),  # the last digits of a spreadsheet are noise
        ("1", 1, "100.0%"),
        ("0", 2, "0.00%"),
    ],
)
def test_the_format_of_a_cell_decides_to_which_digit_a_percentage_was_rounded(value, decimals, told):
    styles = workbook._Styles(frozenset(), {0: decimals})
    assert workbook._value({"t": "n"}, value, [], styles, False) == told
