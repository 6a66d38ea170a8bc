"""Shares, money, days and dates: exact, and refused in any other spelling."""

from datetime import date, time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import KaoheError
from engine.rulebook import values
from engine.rulebook.model import Interval


@settings(deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 9))
def test_a_percentage_is_read_to_the_last_digit(number, decimals):
    digits = f"{number:0{decimals + 1}d}"
    written = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    assert values.limit(f"{written}%") == Fraction(number, 10**decimals * 100)
    assert values.limit(written) == Fraction(number, 10**decimals)
    assert values.percentage(f"{written}%") == values.limit(f"{written}%")


@settings(deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_an_amount_comes_back_as_the_fen_that_were_written(one, other):
    low, high = sorted((one, other))

    def yuan(fen):
        return f"{fen // 100}.{fen % 100:02d}"

    assert values.amount(f"{yuan(low)}..{yuan(high)} CNY") == (low, high)
    assert values.amount(f"{yuan(low)} CNY") == (low, low)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_whole_yuan_are_a_hundred_fen(yuan):
    assert values.amount(f"{yuan} CNY") == (yuan * 100, yuan * 100)


@settings(deadline=None)
@given(st.dates())
def test_a_date_comes_back(day):
    assert values.day(day.isoformat()) == day


@settings(deadline=None)
@given(st.times())
def test_a_time_comes_back_to_the_minute(at):
    assert values.clock(at.strftime("%H:%M")) == time(at.hour, at.minute)


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9))
def test_a_counted_number_comes_back_and_so_do_the_two_that_it_lies_between(low, width):
    assert values.counted(str(low)) == low
    assert values.counted(f"{low}..{low + width}") == Interval(low, low + width)


@pytest.mark.parametrize("text", ["110..90", "90..", "..110", "90..100..110", "90...110", "9.5..10"])
def test_ends_that_are_no_numbers_or_run_backwards_are_refused(text):
    with pytest.raises(KaoheError, match=r"is no whole number|runs backwards"):
        values.counted(text)


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_days_come_back(number):
    assert values.days(f"{number} days") == number


PARSERS = [values.limit, values.percentage, values.amount, values.days, values.day, values.clock]
PARSERS += [values.whole, values.counted, values.positive, values.truth]


@settings(deadline=None)
@given(st.sampled_from(PARSERS), st.text(max_size=30))
def test_whatever_is_not_a_value_is_refused_in_one_line(parse, text):
    try:
        parse(text)
        said = ""
    except KaoheError as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (values.limit, "80 %"),
        (values.limit, "80％"),
        (values.limit, "８０%"),
        (values.limit, "080%"),
        (values.limit, ".8"),
        (values.limit, "4/5"),
        (values.limit, "1e2"),
        (values.limit, "nan"),
        (values.limit, "1_000"),
        (values.limit, "9" * 400 + "%"),
        (values.percentage, "0.1"),
        (values.amount, "1000"),
        (values.amount, "CNY 1000"),
        (values.amount, "1000 USD"),
        (values.amount, "300..100 CNY"),
        (values.amount, "1,000 CNY"),
        (values.amount, "0.5 CNY"),
        (values.amount, "-1 CNY"),
        (values.days, "0 days"),
        (values.days, "3"),
        (values.days, "3 weeks"),
        (values.day, "2021-1-1"),
        (values.day, "20210101"),
        (values.day, "2021-02-29"),
        (values.day, "2021-W01-1"),
        (values.clock, "24:00"),
        (values.clock, "9:00"),
        (values.clock, "09:60"),
        (values.whole, "5.0"),
        (values.whole, "٥"),
        (values.whole, "1" * 19),
        (values.positive, "0"),
        (values.truth, "yes"),
        (values.truth, "True"),
    ],
)
def test_other_spellings_are_refused(parse, text):
    with pytest.raises(KaoheError):
        parse(text)


def test_the_sizes_of_the_platforms_are_read():
    assert values.amount("100..300 CNY") == (10_000, 30_000)
    assert values.limit("4.8%") == Fraction(6, 125)
    assert values.day("2021-01-01") == date(2021, 1, 1)
