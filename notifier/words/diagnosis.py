"""What caused a violation, in short lines: the hours, the causes with theirs, and what it takes today.

Accounts are told to the house alone: whoever asks for lines says whether they may be named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from engine.assessment.diagnosis import Cause, Diagnosis, Margin, Part, outstanding
from engine.calendar.zones import zone_named
from engine.rulebook.model import Language, Text
from notifier.words import dates
from notifier.words.lines import one_line

MOST_LINES = 5
# What each relation counts, with its measure word; in English one and several.
_UNITS: Mapping[str, tuple[str, str, str]] = {
    "sessions": ("个会话", "session", "sessions"),
    "person_days": ("人次", "person-day", "person-days"),
    "waits": ("条消息", "message", "messages"),
    "rounds": ("轮咨询", "round", "rounds"),
    "ratings": ("条评价", "rating", "ratings"),
    "ratings_by_sending": ("条评价", "rating", "ratings"),
}
_REPLY: Mapping[str, Text] = {
    "roster_gap": Text("{n}发生时班表上无人在岗", "{n}: nobody was on the roster at the time"),
    "over_capacity": Text("{n}发生时有人在线，但同时接待过多（{than}）", "{n}: on line, but too many at once ({than})"),
    "slow": Text("{n}发生时有人在线、同时接待也不多，是回复慢", "{n}: on line and not too many at once, so slow"),
    "untold": Text(
        "{n}发生时有人在线，但没有平时的接待数可比，分不清是过多还是回复慢",
        "{n}: on line, with nothing usual to compare with, so too many at once or slow",
    ),
    "roster_unknown": Text(
        "{n}没有当天的班表，无法判断当时是否有人在线",
        "{n}: roster unknown, so nobody can tell whether anybody was on line",
    ),
}
_CROWDED = Text(
    "；其中 {n}发生时同时咨询超过平时的 2 倍（假定）",
    "; {n} of them at more than twice the usual number at once (assumed)",
)
_THAN_LIMIT = Text("超过接待上限", "above the agents' limits")
_THAN_USUAL = Text("超过平时的 2 倍，假定", "more than twice the usual, assumed")
_REASONS: Mapping[str | int | None, Text] = {
    "bad_attitude": Text("服务态度差", "bad attitude"),
    "slow": Text("回复慢", "slow"),
    "unresolved": Text("问题未解决", "unresolved"),
    "unprofessional": Text("不专业", "unprofessional"),
    "other": Text("其他", "other"),
    None: Text("没写原因", "no reason given"),
}
_ORIGINS: Mapping[str | int | None, Text] = {
    "buyer": Text("买家主动", "unasked"),
    "invited": Text("受邀", "invited"),
    "system": Text("系统推送", "asked by the system"),
    None: Text("来源不明", "origin unknown"),
}
_KINDS: Mapping[str | int | None, Text] = {
    "bot": Text("机器人接待", "served by the bot"),
    "human": Text("人工接待", "served by people"),
    None: Text("接待方不明", "unknown who served"),
}
_STANDS = {
    "mends": Text("再有 {n} {unit}达标就够", "{n} more good {unit} would do"),
    "breaks": Text("再有 {n} {unit}不达标就会违规", "{n} more bad {unit} would break it"),
    "dilutes": Text("再多 {n} {unit}且都不算在内才回到线内", "{n} more {unit}, none of them counted, bring it back"),
}


def unit(counts: str, number: int, language: Language) -> str:
    """So many of what is counted.

    >>> unit("sessions", 3, "zh-CN"), unit("ratings", 1, "en")
    ('3 个会话', '1 rating')
    """
    zh, one, many = _UNITS.get(counts, ("个", "", ""))
    return f"{number} {zh}" if language == "zh-CN" else f"{number} {one if number == 1 else many}".rstrip()


def measure_word(counts: str) -> str:
    """What Chinese counts such things with; 个 where the relation is not known.

    >>> measure_word("person_days"), measure_word("other")
    ('人次', '个')
    """
    return _UNITS.get(counts, ("个", "", ""))[0]


def hours_words(found: Diagnosis, language: Language) -> str | None:
    """The hours that stand out, with how many were missed in each, whatever the cause; None where none do.

    >>> hours_words(Diagnosis("rows", "reply", "sessions", hours=((21, 38, 50), (9, 20, 27), (3, 0, 1))), "zh-CN")
    '21 点 38 个会话、9 点 20 个会话'
    """
    return _listed([(f"{_hour(part, language)} ", part[1]) for part in outstanding(found.hours)], found, language)


def hour_names(found: Diagnosis, language: Language) -> str | None:
    """The hours that stand out of the cause that leads, by the clock, as an action names them."""
    cause = found.leading
    hours = sorted(int(hour or 0) for hour, _, _ in outstanding(cause.hours)) if cause else []
    if language == "zh-CN":
        return "、".join(f"{hour} 点" for hour in hours) or None
    return ", ".join(f"{hour:02d}:00" for hour in hours) or None


def accounts_words(found: Diagnosis, language: Language) -> str | None:
    """The accounts that stand out, whatever the cause, for the house alone; None where none do.

    >>> accounts_words(Diagnosis("rows", "reply", "sessions", agents=(("小美", 41, 60), (None, 30, 30))), "zh-CN")
    '「小美」41 个会话、无人接待 30 个会话'
    """
    return _listed([(_account(part, language), part[1]) for part in outstanding(found.agents)], found, language)


def cause_lines(found: Diagnosis, language: Language, *, named: bool = False) -> tuple[str, ...]:
    """What caused it, the most telling line first; accounts are in them where the reader may have them `named`."""
    if found.basis != "rows":
        return (_basis(found, language),)
    if found.family == "reply":
        first = sorted(found.causes, key=lambda cause: cause.cause != found.lead)
        lines = [_reply_line(found, cause, language, named=named) for cause in first]
        if found.unanswered:
            n = unit(found.counts, found.unanswered, language)
            lines.append(f"{n}始终没有人工回复" if language == "zh-CN" else f"{n} never answered by a person")
    else:
        lines = _rating_lines(found, language)
    return tuple(lines[:MOST_LINES])


def margin_words(found: Diagnosis, zone: str, language: Language) -> str | None:
    """What it takes in the cycle that is open now, and as of when; None where that is not known."""
    at = found.margin
    if at is None or at.denominator is None or at.numerator is None:
        return None
    cycle = dates.cycle(at.cycle, date.fromisoformat(at.cycle_start), date.fromisoformat(at.cycle_end), language)
    local = datetime.fromisoformat(at.at).astimezone(zone_named(zone))
    stands = _stands(found, at, language)
    if language == "zh-CN":
        return f"本期 {cycle}，截至 {local:%m-%d %H:%M}：{at.numerator}/{at.denominator}，{stands}"
    return f"The open cycle, {cycle}, as of {local:%m-%d %H:%M}: {at.numerator}/{at.denominator}; {stands}"


def _stands(found: Diagnosis, at: Margin, language: Language) -> str:
    zh = language == "zh-CN"
    for name, words in _STANDS.items():
        number = getattr(at, name)
        if number is not None:
            what, one, many = _UNITS.get(found.counts, ("个", "", ""))
            said = {"n": number, "unit": what if zh else one if number == 1 else many}
            return words.in_language(language).format(**said)
    known = {
        "safe": Text("已经稳过", "safe by now"),
        "lost": Text("已无法达标", "lost by now"),
        "below_gate": Text("还不够考核门槛", "below the gate so far"),
    }.get(at.standing, Text("还看不出结果", "not to be told yet"))
    return known.in_language(language)


def _basis(found: Diagnosis, language: Language) -> str:
    zh = language == "zh-CN"
    if found.basis == "agents":
        return (
            "只导入了各客服的合计，看不出时段和原因"
            if zh
            else "Only totals of agents were imported: no hours, no causes"
        )
    return "只导入了合计，看不出时段、客服和原因" if zh else "Only totals were imported: no hours, accounts or causes"


def _listed(parts: Sequence[tuple[str, int]], found: Diagnosis, language: Language) -> str | None:
    """Names, each with how many of what is counted."""
    if language == "zh-CN":
        return "、".join(f"{name}{unit(found.counts, n, language)}" for name, n in parts) or None
    return ", ".join(f"{name.rstrip()} {n}" for name, n in parts) or None


def _hour(part: Part, language: Language) -> str:
    return f"{part[0]} 点" if language == "zh-CN" else f"{int(part[0] or 0):02d}:00"


def _account(part: Part, language: Language) -> str:
    zh = language == "zh-CN"
    if part[0] is None:
        return "无人接待 " if zh else "nobody"
    return f"「{one_line(str(part[0]))}」" if zh else one_line(str(part[0]))


def _where(cause: Cause, language: Language, *, named: bool) -> str:
    """At which hours and with whom it was, in brackets, as far as these stand out; that hours do not is said too."""
    zh = language == "zh-CN"
    hours, missed = outstanding(cause.hours), [part for part in cause.hours if part[1]]
    told = [("、" if zh else ", ").join(f"{_hour(part, language)} {part[1]}" for part in hours)]
    if missed and not hours:
        told = [f"分散在 {len(missed)} 个钟头" if zh else f"spread over {len(missed)} hours of the day"]
    agents = outstanding(cause.agents) if named else ()
    told.append(
        ("、" if zh else ", ").join(f"{_account(part, language)}{'' if zh else ' '}{part[1]}" for part in agents)
    )
    said = ("；" if zh else "; ").join(part for part in told if part)
    return (f"（{said}）" if zh else f" ({said})") if said else ""


def _reply_line(found: Diagnosis, cause: Cause, language: Language, *, named: bool) -> str:
    than = _THAN_LIMIT if cause.by_limit == cause.misses else _THAN_USUAL
    if 0 < cause.by_limit < cause.misses:
        than = Text(f"{_THAN_LIMIT.zh}，或{_THAN_USUAL.zh}", f"{_THAN_LIMIT.en}, or {_THAN_USUAL.en}")
    n = unit(found.counts, cause.misses, language)
    line = _REPLY[cause.cause].in_language(language).format(n=n, than=than.in_language(language))
    if cause.cause == "roster_unknown" and cause.crowded:
        crowded = unit(found.counts, cause.crowded, language) if language == "zh-CN" else cause.crowded
        line += _CROWDED.in_language(language).format(n=crowded)
    return line + _where(cause, language, named=named)


def _rating_lines(found: Diagnosis, language: Language) -> list[str]:
    heads = (
        (Text("买家给的原因", "Reasons given"), found.reasons, _REASONS, False),
        (Text("按接待方", "By who served"), found.kinds, _KINDS, True),
        (Text("按评价来源", "By origin"), found.origins, _ORIGINS, True),
    )
    zh = language == "zh-CN"
    lines = []
    for head, parts, names, of in heads:
        if any(name is not None for name, misses, _ in parts if misses):
            said = ("、" if zh else ", ").join(_part(part, names, language, of=of) for part in parts if part[1])
            lines.append(f"{head.in_language(language)}{'：' if zh else ': '}{said}")
    handed = next((cause.misses for cause in found.causes if cause.cause == "hand_over"), 0)
    if handed:
        n = unit(found.counts, handed, language)
        lines.append(f"{n}是机器人转人工之后的" if zh else f"{n} after the bot had handed over to a person")
    if not lines:
        lines.append("评价里没有原因、来源和接待方" if zh else "The ratings tell neither reason, origin nor who served")
    return lines


def _part(part: Part, names: Mapping[str | int | None, Text], language: Language, *, of: bool) -> str:
    name, misses, whole = part
    known = names.get(name)
    said = known.in_language(language) if known else one_line(str(name))
    return f"{said} {misses}/{whole}" if of else f"{said} {misses}"
