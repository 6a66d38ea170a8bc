"""Violations and warnings that are told together: their tables, and what to do first about each rule and cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.ledger.presence import DEFAULT_CLIENT
from engine.ledger.states import SETTLED
from engine.rulebook.model import Language, Text
from engine.rulebook.platforms import zone_of
from notifier.brief_facts import BriefFacts
from notifier.digest_facts import figure_of, row_of
from notifier.events import CORRECTED, ESCALATED
from notifier.facts import NoticeFacts
from notifier.members import Item
from notifier.records import Record
from notifier.words import dates
from notifier.words.lines import one_line
from notifier.words.measures import last_day

NONE = "—"
MARKS = {ESCALATED.event: Text("未确认", "not acknowledged"), CORRECTED.event: Text("已更正", "corrected")}
_HEADS: Mapping[str, Text] = {
    "client": Text("客户", "Client"),
    "shop": Text("店铺", "Shop"),
    "cycle": Text("周期", "Cycle"),
    "figure": Text("指标", "Figure"),
    "gap": Text("差距", "Gap"),
    "status": Text("状态", "Status"),
    "mend": Text("还能怎样补救", "What mends it"),
    "consequence": Text("后果", "Consequence"),
    "appeal": Text("申诉截止", "Appeal until"),
    "assessed": Text("考核时间", "Assessed"),
    "number": Text("编号", "Violation"),
}
_ALWAYS = frozenset({"shop", "figure", "consequence", "assessed", "number"})  # the rest only where one row has it


@dataclass(frozen=True, slots=True)
class Row:
    """A violation or a warning in words. `cells` by column, those that have nothing to say left empty.

    `title` is that of its rule, `aside` what else its table says of it, `cause` what it has in common with those that
    the same action is good for; `accounts` are there for the house alone.
    """

    item: Item
    title: str
    standard: str | None
    example: str | None
    dispute: str | None
    cells: Mapping[str, str]
    action: str | None
    cause: str | None
    accounts: str | None

    @property
    def warns(self) -> bool:
        """Whether it is a warning, and nothing has been found yet."""
        return self.item.violation is None


def violation_row(item: Item, record: Record, facts: NoticeFacts, now: datetime) -> Row:
    """A violation as its facts tell it. Days have their year where that is not this one."""
    language, zh, v = facts.language, facts.language == "zh-CN", record.violation
    year = now.astimezone(ZoneInfo(zone_of(v.platform))).year
    consequence, end = facts.consequence, last_day(record.ruling().sanctions)
    if end is not None:
        until = dates.day(end, language, with_year=end.year != year)
        consequence += f"，至{until}" if zh else f", until {until}"
    marks = [] if v.state == "open" else [facts.status]
    marks += [MARKS[e].in_language(language) for e in MARKS if e in item.events and _marked(e, v.state)]
    with_agent = f"{facts.shop}（{facts.agent}）" if zh else f"{facts.shop} ({facts.agent})"
    return Row(
        item,
        f"{facts.platform} · {facts.rule_title}",
        facts.standard,
        f"{facts.shop}{'：' if zh else ': '}{facts.gap_words}" if facts.gap_words else None,
        facts.in_force_dispute,
        {
            "client": _client(item.client),
            "shop": with_agent if facts.agent else facts.shop,
            "cycle": dates.span(v.cycle_start, v.cycle_end, language, with_year=v.cycle_end.year != year),
            "figure": figure_of(v, facts),
            "gap": facts.gap_short or "",
            "status": ("、" if zh else ", ").join(marks),
            "consequence": consequence,
            "appeal": until_words(v.appeal_until, v.platform, now, language) if v.appeal_until else "",
            "number": facts.violation,
        },
        None if v.state in SETTLED else facts.first_action,
        record.diagnosis.lead if record.diagnosis else None,
        facts.accounts,
    )


def warning_row(item: Item, told: Mapping[str, Any], facts: BriefFacts) -> Row:
    """A warning as its story tells it; `told` is what the journal says of it."""
    zh = facts.language == "zh-CN"
    rule = facts.rule_title or facts.event
    title = f"{facts.platform} · {rule}" if facts.platform else rule
    # What is certain has nothing that mends it: it says so in that place.
    mend = facts.gap_words or facts.short
    left = f"（{facts.left}）" if zh else f" ({facts.left})"
    return Row(
        item,
        f"{title}（{facts.status}）" if zh else f"{title} ({facts.status})",
        facts.standard,
        None,
        facts.in_force_dispute,
        {
            "client": _client(item.client),
            "shop": facts.who,
            "cycle": facts.cycle or "",
            "figure": _so_far(told, facts.value),
            "mend": mend,
            "assessed": f"{facts.until}{left if facts.left else ''}" if facts.until else NONE,
        },
        facts.first_action,
        item.event,
        None,
    )


def table(rows: Sequence[Row], whole: int, language: Language, *, several: bool) -> tuple[str, ...]:
    """One table of the `whole` things of its group: its title, what its rows share, the heads, and a line for each.

    `several`: the message is about several clients, and each row says whose it is.
    """
    zh, first = language == "zh-CN", rows[0]
    alike = {name for name in first.cells if len({row.cells[name] for row in rows}) == 1}
    shared = {"cycle"} & alike | ({"consequence"} & alike if len(rows) > 1 else set())
    lines = [first.title, _shared(first, shared, len(rows), whole, language)]
    if first.example:
        lines.append(f"如{first.example}。" if zh else f"For example {first.example}.")
    if first.dispute:
        lines.append(
            f"注意，规则本身有争议——{first.dispute}"
            if zh
            else f"Note that the rule itself is disputed: {first.dispute}"
        )
    left_out = shared if several else shared | {"client"}
    columns = [
        name
        for name in first.cells
        if name not in left_out and (name in _ALWAYS or any(row.cells[name] for row in rows))
    ]
    lines.append(" | ".join(_HEADS[name].in_language(language) for name in columns))
    return (*lines, *(row_of(row.cells[name] or NONE for name in columns) for row in rows))


def _shared(first: Row, names: Collection[str], listed: int, whole: int, language: Language) -> str:
    """How many there are, the standard, and what is the same in all rows, by these names."""
    zh, end = language == "zh-CN", "。" if language == "zh-CN" else "."
    semicolon = "；" if zh else "; "
    said = [_count(whole, language, warns=first.warns)]
    if whole > listed:
        what = "项" if first.warns else "起"
        said[0] += f"，列出最要紧的 {listed} {what}" if zh else f", {listed} of them here"
    if first.standard:
        said.append(f"达标线：{first.standard}" if zh else f"the standard is {first.standard}")
    same = [first.cells[name] for name in ("cycle", "consequence") if name in names and first.cells[name]]
    if whole == listed or not same:
        return semicolon.join([*said, *same]) + end
    return semicolon.join(said) + end + ("所列都是：" if zh else " All of these: ") + semicolon.join(same) + end


@dataclass(frozen=True, slots=True)
class Action:
    """What to do first about these rows, in words; `groups` are those that they stand in."""

    words: str
    groups: frozenset[tuple[str, ...]]


def actions(rows: Sequence[Row], language: Language, *, several: bool = False) -> list[Action]:
    """What to do first, once for each rule and cause, as the weightiest row of each has it.

    In the order of the rows, but for a rule's second cause, which comes after every rule's first. `several`: the shop
    that it is about is named with its client.
    """
    causes: dict[tuple[str, str | None], list[Row]] = {}
    for row in rows:
        if row.action is not None:
            causes.setdefault((row.title, row.cause), []).append(row)
    # Rules whose advice is the same word for word share it.
    said: dict[tuple[str, str | None], list[tuple[str, list[Row]]]] = {}
    turns: dict[tuple[str, str | None], int] = {}
    seen, of_title = Counter[str](), Counter(title for title, _ in causes)
    for (title, _), alike in causes.items():
        first = alike[0]
        told = (first.action or "", first.accounts)
        label = title
        if of_title[title] > 1 or first.accounts or any(row.action != first.action for row in alike):
            whose = [first.cells["client"]] if several and first.cells["client"] else []
            label = " · ".join([title, *whose, first.cells["shop"]]) + _others_like_it(alike, language)
        said.setdefault(told, []).append((label, alike))
        turns.setdefault(told, seen[title])
        seen[title] += 1
    return [_action(*told, said[told], language) for told in sorted(said, key=lambda told: turns[told])]


def _action(action: str, accounts: str | None, of: Sequence[tuple[str, list[Row]]], language: Language) -> Action:
    zh = language == "zh-CN"
    labels = ("、" if zh else ", ").join(label for label, _ in of)
    named = (f"最集中的账号：{accounts}。" if zh else f" Accounts that weigh most: {accounts}.") if accounts else ""
    groups = frozenset(row.item.group for _, alike in of for row in alike)
    return Action(f"{labels}{'：' if zh else ': '}{action}{named}", groups)


def until_words(until: datetime, platform: str | None, now: datetime, language: Language) -> str:
    """A deadline and how long it is till then, without its year where that is this one."""
    zone = ZoneInfo(zone_of(platform))
    with_year = until.astimezone(zone).year != now.astimezone(zone).year
    when, left = dates.deadline(until, zone.key, language, with_year=with_year), dates.left(until, now, language)
    return f"{when}（{left}）" if language == "zh-CN" else f"{when} ({left})"


def _others_like_it(alike: Sequence[Row], language: Language) -> str:
    more = len(alike) - 1
    if not more:
        return ""
    what = "项" if alike[0].warns else "起"
    return f"（另有 {more} {what}同样处理）" if language == "zh-CN" else f" (and {more} more alike)"


def _count(number: int, language: Language, *, warns: bool) -> str:
    if language == "zh-CN":
        return f"{number} {'项' if warns else '起'}"
    return f"{number} {'warning' if warns else 'violation'}{'' if number == 1 else 's'}"


def _client(client: str) -> str:
    return "" if client == DEFAULT_CLIENT else one_line(client)


def _marked(event: str, state: str) -> bool:
    """Whether this is still news of a violation in this state."""
    return event != ESCALATED.event or state == "open"


def _so_far(told: Mapping[str, Any], value: str | None) -> str:
    """k/n of what the journal told, with its share."""
    top, bottom = told.get("numerator"), told.get("denominator")
    if type(top) is not int or type(bottom) is not int:
        return value or NONE
    return f"{top}/{bottom} = {value}" if value else f"{top}/{bottom}"
