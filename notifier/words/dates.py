"""Days, spans of days and cycles in words, without any system locale."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.calendar.deadlines import last_day
from engine.rulebook.model import Language

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_LET_GO = timedelta(minutes=10)
DAY_HOURS = 24
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_ROLLING = re.compile(r"(\d+)d:")


def day(of: date, language: Language, *, with_year: bool = True) -> str:
    """One day.

    >>> day(date(2026, 3, 2), "zh-CN"), day(date(2026, 3, 2), "en", with_year=False)
    ('2026年3月2日', '2 March')
    """
    if language == "zh-CN":
        return f"{of.year}年{of.month}月{of.day}日" if with_year else f"{of.month}月{of.day}日"
    text = f"{of.day} {_MONTHS[of.month - 1]}"
    return f"{text} {of.year}" if with_year else text


def deadline(until: datetime, zone: str, language: Language, *, with_year: bool = True) -> str:
    """The last day on which something can be done; where an hour counts, the instant before which it must be.

    >>> from datetime import UTC
    >>> deadline(datetime(2026, 3, 18, 16, tzinfo=UTC), "Asia/Shanghai", "zh-CN")
    '2026年3月18日'
    >>> deadline(datetime(2026, 3, 18, 10, 30, tzinfo=UTC), "Asia/Shanghai", "en")
    '18 March 2026, 18:30'
    """
    whole = last_day(until, zone)
    if whole is not None:
        return day(whole, language, with_year=with_year)
    local = until.astimezone(ZoneInfo(zone))
    told = day(local.date(), language, with_year=with_year)
    return f"{told}{' ' if language == 'zh-CN' else ', '}{local:%H:%M}"


def left(until: datetime, now: datetime, language: Language) -> str:
    """How long something can still be done: whole days, in the last of them whole hours, never more than there are.

    Some minutes are let go, so that what is told just after the third day before is told as three days.

    >>> from datetime import UTC
    >>> until = datetime(2026, 3, 13, 10, tzinfo=UTC)
    >>> left(until, datetime(2026, 3, 10, 10, 0, 5, tzinfo=UTC), "zh-CN"), left(until, until, "en")
    ('还有 3 天', 'over')
    >>> left(until, datetime(2026, 3, 13, 6, 0, 5, tzinfo=UTC), "en")
    '4 hours left'
    """
    zh, remaining = language == "zh-CN", until - now
    if remaining <= timedelta(0):
        return "已过" if zh else "over"
    hours = (remaining + _LET_GO) // timedelta(hours=1)
    if hours < 1:
        return "不到 1 小时" if zh else "less than an hour left"
    if hours < DAY_HOURS:
        return f"还有 {hours} 小时" if zh else f"{hours} hour{'' if hours == 1 else 's'} left"
    days = hours // DAY_HOURS
    return f"还有 {days} 天" if zh else f"{days} day{'' if days == 1 else 's'} left"


def span(first: date, last: date, language: Language, *, with_year: bool = True) -> str:
    """The inclusive days `first` to `last`; years always where there are two.

    >>> span(date(2026, 3, 2), date(2026, 3, 8), "zh-CN"), span(date(2026, 3, 2), date(2026, 3, 8), "en")
    ('2026年3月2日–3月8日', '2–8 March 2026')
    >>> span(date(2025, 12, 29), date(2026, 1, 4), "zh-CN", with_year=False)
    '2025年12月29日–2026年1月4日'
    """
    if first == last:
        return day(first, language, with_year=with_year)
    if first.year != last.year:
        return (
            f"{day(first, language)}–{day(last, language)}"
            if language == "zh-CN"
            else (f"{day(first, language)} – {day(last, language)}")
        )
    if language == "zh-CN":
        return f"{day(first, language, with_year=with_year)}–{day(last, language, with_year=False)}"
    end = day(last, language, with_year=with_year)
    if first.month == last.month:
        return f"{first.day}–{end}"
    return f"{day(first, language, with_year=False)} – {end}"


def cycle(key: str, first: date, last: date, language: Language) -> str:
    """A cycle by its key and its inclusive days.

    >>> cycle("2026-W10", date(2026, 3, 2), date(2026, 3, 8), "zh-CN")
    '2026年第10周（3月2日–3月8日）'
    >>> cycle("30d:2026-03-02", date(2026, 2, 1), date(2026, 3, 2), "en")
    '30 days, 1 February – 2 March 2026'
    """
    zh = language == "zh-CN"
    if key.startswith("campaign:"):
        name, days = key.removeprefix("campaign:"), span(first, last, language)
        return f"大促 {name}（{days}）" if zh else f"campaign {name} ({days})"
    if week := _WEEK.fullmatch(key):
        days = span(first, last, language, with_year=False)
        number = int(week[2])
        return f"{week[1]}年第{number}周（{days}）" if zh else f"week {number} of {week[1]} ({days})"
    if rolling := _ROLLING.match(key):
        days = span(first, last, language)
        return f"{rolling[1]}天滚动（{days}）" if zh else f"{rolling[1]} days, {days}"
    if re.fullmatch(r"\d{4}-\d{2}", key):
        return f"{first.year}年{first.month}月" if zh else f"{_MONTHS[first.month - 1]} {first.year}"
    return span(first, last, language)
