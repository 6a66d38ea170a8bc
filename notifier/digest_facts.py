"""Everything that a digest may say, already in words: its violations in tables, by platform and rule, dearest first.

A table is lines of cells between ` | `, its heads first; `channels/email/page.py` makes a table of them, and in plain
text they read well enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.assessment.ruling import Ruling
from engine.ledger.presence import DEFAULT_CLIENT
from engine.ledger.tables import Violation
from engine.rulebook.model import Language, Rule, Text
from notifier.facts import NoticeFacts
from notifier.readers import OUTSIDER, Reader
from notifier.records import Record
from notifier.sheets import Sheets
from notifier.words import dates, figures
from notifier.words.lines import cut

MOST_ROWS = 200  # a mail is to be read; the rest is counted, and `kaohe violations list` has it
HEADS = Text("店铺 | 周期 | 指标 | 后果 | 编号", "Shop | Cycle | Figure | Consequence | Violation")
LONGEST_CELL = 120


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """What a template may say about the violations of a digest, in one language: every field is a variable.

    `groups` are lists of lines, one list for each platform, rule and standard. `unlisted` counts violations that have
    no line there, `older` those that were found too late for any notice. `example` is the id of the first violation,
    `command` the command that lists all violations, for those who work with kaohe.
    """

    language: Language
    client: str | None
    count: int
    shops: int
    period: str
    predicted: bool
    exposure: str | None
    groups: tuple[tuple[str, ...], ...]
    unlisted: int
    older: int
    actions: tuple[str, ...]
    example: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    violation: Violation
    facts: NoticeFacts
    limited: timedelta
    exposure_fen: tuple[int, int]

    @property
    def cost(self) -> tuple[int, timedelta]:
        return self.exposure_fen[1], self.limited

    @property
    def group(self) -> tuple[str, str, str]:
        return self.facts.platform, self.facts.rule_title, self.facts.standard or ""


def digest_facts(
    records: Iterable[Record],
    rulebook: Mapping[str, Rule],
    sheets: Sheets,
    language: Language,
    older: int = 0,
    reader: Reader = OUTSIDER,
) -> DigestFacts:
    """The facts of a digest about these violations; at least one. Raises SheetError on a faulty sheet."""
    rows = [
        _Row(r.violation, r.facts(rulebook, sheets, language, reader), _limited(ruled), ruled.exposure_fen)
        for r in records
        for ruled in [r.ruling()]
    ]
    rows.sort(key=lambda row: (row.cost[0], row.cost[1], row.violation.assessed_on), reverse=True)
    listed = rows[:MOST_ROWS]
    groups: dict[tuple[str, str, str], list[_Row]] = {}  # in the order of the dearest row of each
    for row in listed:
        groups.setdefault(row.group, []).append(row)
    client = rows[0].facts.client
    days = [row.violation.assessed_on for row in rows]
    years = {d.year for row in rows for d in (row.violation.assessed_on, row.violation.cycle_start)}
    lowest, highest = (sum(v) for v in zip(*(row.exposure_fen for row in rows), strict=True))
    return DigestFacts(
        language=language,
        client=None if client == DEFAULT_CLIENT else client,
        count=len(rows),
        shops=len({row.facts.platform + row.facts.shop_id for row in rows}),
        period=dates.span(min(days), max(days), language),
        predicted=any(row.facts.predicted for row in rows),
        exposure=figures.money_range(lowest, highest, language) if highest else None,
        groups=tuple(_lines(group, language, with_year=len(years) > 1) for group in groups.values()),
        unlisted=len(rows) - len(listed),
        older=older,
        actions=_actions(rows, language),
        example=rows[0].facts.violation,
        command="kaohe violations list" if reader.commands else None,
    )


def _lines(rows: Sequence[_Row], language: Language, *, with_year: bool) -> tuple[str, ...]:
    """One table: its title, what all its rows share, the heads, and a line for each violation."""
    facts, zh = rows[0].facts, language == "zh-CN"
    title = f"{facts.platform} · {facts.rule_title}"
    count = f"{len(rows)} 起" if zh else f"{len(rows)} violation{'' if len(rows) == 1 else 's'}"
    shared = [count]
    if facts.standard:
        shared.append(f"达标线：{facts.standard}" if zh else f"the standard is {facts.standard}")
    lines = [title, ("；" if zh else "; ").join(shared) + ("。" if zh else ".")]
    if facts.in_force_dispute:
        lines.append(
            f"注意，规则本身有争议——{facts.in_force_dispute}"
            if zh
            else f"Note that the rule itself is disputed: {facts.in_force_dispute}"
        )
    lines.append(HEADS.in_language(language))
    return (*lines, *(_line(row, language, with_year=with_year) for row in rows))


def _line(row: _Row, language: Language, *, with_year: bool) -> str:
    facts, zh = row.facts, language == "zh-CN"
    shop = f"{facts.shop}（{facts.agent}）" if zh else f"{facts.shop} ({facts.agent})"
    consequence = facts.consequence
    if facts.until:
        consequence += f"，至{facts.until}" if zh else f", until {facts.until}"
    if not facts.predicted:
        consequence = f"【{facts.status}】{consequence}" if zh else f"[{facts.status}] {consequence}"
    # Its days alone: its number and length say nothing more. The year stands above where there is only one.
    cycle = dates.span(row.violation.cycle_start, row.violation.cycle_end, language, with_year=with_year)
    figure = figure_of(row.violation, facts)
    return row_of((shop if facts.agent else facts.shop, cycle, figure, consequence, facts.violation))


def figure_of(v: Violation, facts: NoticeFacts) -> str:
    """k/n of a violation with its share; where it was rounded, the ends of both."""
    figure = f"{_ends(v.numerator, v.numerator_low, v.numerator_high)}/"
    figure += _ends(v.denominator, v.denominator_low, v.denominator_high)
    return figure if ".." in figure or facts.value == figure else f"{figure} = {facts.value}"


def row_of(cells: Iterable[str]) -> str:
    """One line of a table: no cell begins another, and none is long."""
    return " | ".join(cut(cell.replace("|", "｜"), LONGEST_CELL) for cell in cells)


def _ends(number: int, low: int | None, high: int | None) -> str:
    """A number, or the ends between which it lies where it was rounded."""
    return str(number) if low is None or high is None or low == high else f"{low}..{high}"


def _actions(rows: Sequence[_Row], language: Language) -> tuple[str, ...]:
    """What to do first about each rule; once where several have the same advice."""
    rules: dict[str, list[str]] = {}
    for row in rows:
        if row.facts.first_action is None:  # settled meanwhile
            continue
        title = f"{row.facts.platform} · {row.facts.rule_title}"
        known = rules.setdefault(row.facts.first_action, [])
        if title not in known:
            known.append(title)
    colon, comma = ("：", "、") if language == "zh-CN" else (": ", ", ")
    return tuple(f"{comma.join(titles)}{colon}{action}" for action, titles in rules.items())


def _limited(ruled: Ruling) -> timedelta:
    """How long the measures last that have days, all together."""
    days = [s.ends - s.starts + timedelta(days=1) for s in ruled.sanctions if s.starts and s.ends]
    return sum(days, timedelta())
