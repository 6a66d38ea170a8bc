"""The part of an explanation that takes the figure apart: days, agents, what tells against it, counts of others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.measure.against import AgainstRow
from engine.measure.counts import CountRow
from engine.measure.details import Details, Part
from engine.numbers import Number
from engine.rulebook.model import Bound, Language, Text, Version
from notifier.words.figures import figure

MANY_DAYS = 3  # so many days on which nothing counts are told in one line
SMALL_SAMPLE = 30  # below it a share says little about a person, and says so

_AGAINST: Mapping[str, Text] = {
    "sessions": Text("不利的会话 {n} 个", "{n:session tells|sessions tell} against it"),
    "waits": Text("不利的消息 {n} 条", "{n:message tells|messages tell} against it"),
    "person_days": Text(
        "不利的买家（每人每天一次）{n} 个，各列等得最久的一条消息",
        "{n:person-day tells|person-days tell} against it; of each the message that waited longest",
    ),
    "rounds": Text("不利的对话轮次 {n} 个", "{n:round tells|rounds tell} against it"),
    "ratings": Text("不利的评价 {n} 条", "{n:rating tells|ratings tell} against it"),
    "ratings_by_sending": Text("不利的评价 {n} 条", "{n:rating tells|ratings tell} against it"),
}
_RATED: Mapping[str, Text] = {
    "satisfied": Text("满意", "satisfied"),
    "neutral": Text("一般", "neutral"),
    "disappointed": Text("失望", "disappointed"),
    "bad_attitude": Text("服务态度差", "bad attitude"),
    "slow": Text("回复慢", "slow"),
    "unresolved": Text("问题未解决", "unresolved"),
    "unprofessional": Text("不专业", "unprofessional"),
    "other": Text("其他原因", "other reasons"),
}
_FIRST = Text("，列出前 {n} 个（--full 列出全部）：", "; the first {n} (--full names them all):")


def behind_lines(behind: Details, version: Version, language: Language, zone: str, *, full: bool = False) -> list[str]:
    """The lines for people; each day's only with `full`."""
    return _Telling(behind, version, language, ZoneInfo(zone)).lines(full)


def against_rows(behind: Details, version: Version, language: Language, zone: str) -> list[tuple[str, str, str, str]]:
    """What tells against it, a row each: session or buyer, time, what was wrong, agent."""
    telling = _Telling(behind, version, language, ZoneInfo(zone))
    return [
        (r.session or (telling.buyer(r.buyer) if r.buyer else ""), telling.time(r.at), telling.why(r), r.agent or "")
        for r in behind.against
    ]


class _Telling:
    def __init__(self, behind: Details, version: Version, language: Language, zone: ZoneInfo) -> None:
        self.bound = version.standard.complies if version.standard else None
        self.behind, self.version, self.language, self.zone = behind, version, language, zone

    def say(self, zh: str, en: str) -> str:
        return zh if self.language == "zh-CN" else en

    def time(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def lines(self, full: bool) -> list[str]:
        counted = self.version.figure
        assert counted is not None
        names = f"{counted.numerator} / {counted.denominator or 1}"
        lines = [self.say(f"三、计数（{names}）", f"3. Counts ({names})")]
        if self.behind.counted:
            lines.append(self.say("  由别处统计后导入：", "  Counted elsewhere and imported:"))
            lines += [f"    {self._counted(row)}" for row in self.behind.counted]
        return lines + self._agents() + self._against() + (self._days() if full else [])

    def _days(self) -> list[str]:
        """The days with something to count; those without in one line, where there are many."""
        empty = [part for part in self.behind.days if not part.denominator and part.denominator is not None]
        if len(empty) < MANY_DAYS:
            empty = []
        lines = [f"    {part.name}  {self._of(part)}" for part in self.behind.days if part not in empty]
        if empty:
            lines.append(
                self.say(f"    其余 {len(empty)} 天没有可计的", f"    nothing to count on {len(empty)} other days")
            )
        return [self.say("  按日：", "  By day:"), *lines] if lines else []

    def _agents(self) -> list[str]:
        if not self.behind.agents:
            return []
        lines = [
            self.say(
                "  按客服（店铺的数单独计算，不是各客服之和）：",
                "  By agent (the shop's figure is counted apart, never their sum):",
            )
        ]
        lines += [
            f"    {part.name}  {self._of(part)}{self._small(part)}{self._without(part)}" for part in self.behind.agents
        ]
        return lines

    def _of(self, part: Part) -> str:
        return of(part.numerator, part.denominator, self.bound)

    def _small(self, part: Part) -> str:
        few = part.denominator is not None and part.denominator < SMALL_SAMPLE
        return self.say("（样本少）", " (small sample)") if few else ""

    def _without(self, part: Part) -> str:
        """What the shop's figure would be without this agent, where that can be said."""
        numerator, denominator = part.without or (None, None)
        if numerator is None or not denominator:
            return ""
        rest = of(numerator, denominator, self.bound)
        return self.say(f"（不计此人：{rest}）", f" (without them: {rest})")

    def _against(self) -> list[str]:
        rows, total = self.behind.against, self.behind.against_total
        if not rows:
            return []
        head = _AGAINST[rows[0].what].in_language(self.language).format(n=Number(total))
        more = _FIRST.in_language(self.language).format(n=len(rows)) if total > len(rows) else self.say("：", ":")
        return [f"  {head}{more}", *(f"    {self._row(row)}" for row in rows)]

    def _row(self, row: AgainstRow) -> str:
        where = f"{row.session}  " if row.session else f"{self.buyer(row.buyer)}  " if row.buyer else ""
        who = self.say(f"，客服 {row.agent}", f", agent {row.agent}") if row.agent else ""
        return f"{where}{self.time(row.at)}  {self.why(row)}{who}"

    def buyer(self, seal: str) -> str:
        """Somebody of whom no more is kept than a seal: enough to tell two of them apart."""
        return self.say(f"买家 {seal}", f"buyer {seal}")

    def why(self, row: AgainstRow) -> str:
        """What was wrong with it."""
        if row.note is not None:
            words = [_RATED[w].in_language(self.language) if w in _RATED else w for w in row.note.split(";")]
            return self.say("、", ", ").join(words)
        if row.replied_at is None:
            return self.say("没有人工回复", "no human replied")
        at = self.time(row.replied_at)
        if row.what != "sessions":
            waited = int((row.replied_at - row.at).total_seconds())
            return self.say(f"{at} 回复，等了 {waited} 秒", f"answered at {at}, after {waited} s")
        if row.closed_at is not None and row.replied_at > row.closed_at:
            closed = self.time(row.closed_at)
            return self.say(f"{at} 才回复，会话已于 {closed} 关闭", f"answered at {at}, after the close at {closed}")
        return self.say(f"{at} 才回复，已过统计截止", f"answered at {at}, after the cut-off")

    def _counted(self, row: CountRow) -> str:
        who = f"{row.agent}  " if row.agent else ""
        period = (
            f"{row.period_start}..{row.period_end}" if row.period_end != row.period_start else f"{row.period_start}"
        )
        value = "-" if row.value is None else f"{row.value:,}"
        ends = f" ({row.low}..{row.high})" if row.low is not None or row.high is not None else ""
        return f"{who}{row.counter}  {period}  {value}{ends}"


def of(numerator: int | None, denominator: int | None, bound: Bound | None) -> str:
    """A part of the figure: k/n, and what share that is, cut towards the side that fails the standard.

    >>> from fractions import Fraction
    >>> of(1, 3, Bound("at_most", Fraction(6, 100), "6%")), of(1, 3, Bound("at_least", Fraction(4, 5), "80%"))
    ('1/3 = 33.34%', '1/3 = 33.33%')
    """
    if numerator is None or denominator is None:
        return "-"
    return f"{numerator}/{denominator} = {figure(numerator, denominator, bound)}" if denominator else f"{numerator}/0"


def behind_json(behind: Details) -> dict[str, Any]:
    """The same as data."""
    return {
        "evidence": [{"kind": f.kind, "day": f.day.isoformat(), "generation": f.generation} for f in behind.files],
        "days": [_part(p, "day") for p in behind.days],
        "agents": [
            _part(p, "agent") | {"without": dict(zip(("numerator", "denominator"), p.without, strict=True))}
            if p.without
            else _part(p, "agent")
            for p in behind.agents
        ],
        "counted": [
            {
                "counter": row.counter,
                "agent": row.agent,
                "period_start": row.period_start.isoformat(),
                "period_end": row.period_end.isoformat(),
                "value": row.value,
                "value_low": row.low,
                "value_high": row.high,
            }
            for row in behind.counted
        ],
        "against": [
            {
                "what": r.what,
                "session": r.session,
                "agent": r.agent,
                "at": r.at.isoformat(),
                "replied_at": r.replied_at.isoformat() if r.replied_at else None,
                "closed_at": r.closed_at.isoformat() if r.closed_at else None,
                "note": r.note,
                "buyer": r.buyer,
            }
            for r in behind.against
        ],
        "against_total": behind.against_total,
    }


def _part(part: Part, label: str) -> dict[str, Any]:
    return {label: part.name, "numerator": part.numerator, "denominator": part.denominator}
