"""Money, shares and standards in words. No figure is ever rounded across the line that it failed to reach."""

from __future__ import annotations

from typing import Literal

from engine.judge.box import corners
from engine.rulebook.model import Bound, Interval, Language, Text

Side = Literal["down", "up"]

_COMPARISONS = {
    "at_least": Text("不低于", "at least "),
    "above": Text("高于", "above "),
    "at_most": Text("不超过", "at most "),
    "below": Text("低于", "below "),
}


def decimal(numerator: int, denominator: int, places: int, towards: Side) -> str:
    """numerator/denominator with at most `places` decimals, cut `towards` one side, without idle zeros.

    Integers throughout: a quotient that cannot be written exactly is never moved to the other side.
    `denominator` > 0.

    >>> decimal(863, 1079, 2, "down"), decimal(1, 2, 2, "down"), decimal(1, 3, 2, "up")
    ('0.79', '0.5', '0.34')
    """
    scale = 10**places
    units = numerator * scale // denominator if towards == "down" else -(-numerator * scale // denominator)
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), scale)
    fraction = f"{rest:0{places}d}".rstrip("0") if places else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def percent(numerator: int, denominator: int, towards: Side) -> str:
    """The share as a percentage with at most two decimals, cut `towards` one side. `denominator` > 0.

    >>> percent(7996, 10000, "down"), percent(79999, 100000, "down"), percent(60001, 1000000, "up")
    ('79.96%', '79.99%', '6.01%')
    """
    return decimal(numerator * 100, denominator, 2, towards) + "%"


def figure(numerator: int, denominator: int | None, bound: Bound | None) -> str:
    """A figure as it stands beside its standard: a percentage where the standard is one, else a plain number.

    It is cut towards the side that fails the standard, so that a failing figure never looks like a passing
    one. A denominator of None is the number 1; a denominator of 0 gives the two numbers as they are.

    >>> from fractions import Fraction
    >>> figure(863, 1079, Bound("at_least", Fraction(4, 5), "80%"))
    '79.98%'
    """
    below = 1 if denominator is None else denominator
    if below <= 0:
        return f"{numerator}/{below}"
    towards: Side = "up" if bound is not None and bound.comparison in ("at_most", "below") else "down"
    if bound is None or bound.as_written.endswith("%"):
        return percent(numerator, below, towards)
    return decimal(numerator, below, 2, towards)


def figure_range(numerator: Interval, denominator: Interval, bound: Bound | None) -> str:
    """A rounded figure as it stands beside its standard: its ends, each cut as `figure` cuts.

    >>> from fractions import Fraction
    >>> bound = Bound("at_least", Fraction(7, 10), "70%")
    >>> figure_range(Interval(635, 644), Interval(1000, 1000), bound)
    '63.5%–64.4%'
    """
    if denominator.high <= 0:
        return f"{numerator}/{denominator}"
    bottom = Interval(max(1, denominator.low), denominator.high)
    ends = corners(numerator, bottom, is_part=numerator.low <= bottom.high)
    low, high = (figure(*end, bound) for end in ends)
    return low if low == high else f"{low}–{high}"


def span(of: Interval) -> str:
    """A number that is only known between two ends.

    >>> span(Interval(635, 644)), span(Interval(7, 7))
    ('635–644', '7')
    """
    return f"{of.low}–{of.high}" if of.low < of.high else str(of.low)


def standard(bound: Bound, language: Language) -> str:
    """A standard in words, its limit as the rule writes it.

    >>> from fractions import Fraction
    >>> standard(Bound("at_most", Fraction(6, 100), "6%"), "zh-CN")
    '不超过6%'
    """
    return _COMPARISONS[bound.comparison].in_language(language) + bound.as_written


def money(fen: int, language: Language) -> str:
    """An amount in yuan with thousands separated, and fen only where there are any.

    >>> money(100000, "zh-CN"), money(1234550, "en"), money(-5, "en")
    ('¥1,000', 'CNY 12,345.50', 'CNY -0.05')
    """
    yuan, rest = divmod(abs(fen), 100)
    text = f"{'-' if fen < 0 else ''}{yuan:,}" + (f".{rest:02d}" if rest else "")
    return f"¥{text}" if language == "zh-CN" else f"CNY {text}"


def money_range(low: int, high: int, language: Language) -> str:
    """An amount that is only known between two ends, both in fen.

    >>> money_range(10000, 30000, "zh-CN"), money_range(0, 100000, "en"), money_range(500, 500, "en")
    ('¥100–¥300', 'CNY 0–1,000', 'CNY 5')
    """
    if low == high:
        return money(low, language)
    top = money(high, language)
    return f"{money(low, language)}–{top.removeprefix('CNY ')}"
