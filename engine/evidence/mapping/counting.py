"""The counters that a row feeds, with their bounds, and the shop's own sums of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NoReturn

from engine.calendar.cycles import cycle_of
from engine.evidence.mapping import amounts, solving
from engine.evidence.mapping.amounts import AmountError, Rate, Span
from engine.evidence.mapping.model import Fed, MappedColumn, MappingFile, PeriodSource
from engine.evidence.mapping.periods import Period, period, periods_within
from engine.evidence.mapping.refusals import MISSING, Refusal, unreadable
from engine.evidence.mapping.sheet import DataRow, Sheet
from engine.evidence.mapping.solving import ImpossibleError
from engine.evidence.reasons import reason
from engine.rulebook.model import Text

_WHERE: Mapping[PeriodSource, Text] = {
    "cell": Text("表头上方", "above its header"),
    "file name": Text("文件名里", "in its name"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """The value of one counter of a shop (None: the shop that the command names), or of one of its agents.

    `span` is None where the number is missing.
    """

    line: int
    shop: str | None
    agent: str | None
    period: Period
    rule: str
    counter: str
    span: Span | None


@dataclass(slots=True)
class Tally:
    """What came of the rows of a file."""

    rows: int = 0
    counted: list[Counted] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    outside: dict[str, int] = field(default_factory=dict)  # rule → rows whose period is none of its cycles'

    @property
    def refused_rows(self) -> int:
        """How many rows were refused."""
        return len({refusal.line for refusal in self.refused})


def tally(sheet: Sheet) -> Tally:
    """Reckon every row of the file. Raises UnreadableFileError where its period cannot be told."""
    dated = any(c.kind == "period" for c in sheet.mapping.columns.values() if c.name in sheet.header.at)
    common = None if dated and "column" in sheet.mapping.period else _common_period(sheet)
    reckoner = _Reckoner(sheet, common, fed_by(sheet.mapping, sheet.header.at))
    for row in sheet.rows():
        reckoner.take(row)
    found = reckoner.found
    if sheet.mapping.shop_is_sum:
        found.counted += _shops(found.counted, reckoner.torn)
    return found


class _Reckoner:
    """Goes through the rows. `torn`: shops and periods that lack a row, since it was refused."""

    def __init__(self, sheet: Sheet, common: Period | None, fed: Sequence[Fed]) -> None:
        self.sheet, self.common, self.fed = sheet, common, fed
        self.found = Tally()
        self.seen: dict[tuple[str | None, str | None, Period], int] = {}
        self.torn: set[tuple[str | None, Period | None]] = set()

    def take(self, row: DataRow) -> None:
        """Count one row, or note what is wrong with its cells."""
        self.found.rows += 1
        bad = {name: MISSING for name in ("agent", "shop") if not row.cells.get(name, "-")}
        days: Period | None = None
        try:
            days = self.common or _days(row)
        except AmountError as error:
            bad[_period_column(row)] = error.why
        numbers, wrong = _numbers(self.sheet.mapping, row)
        bad |= wrong
        if not bad and days is not None:
            bad = self._count(row, days, numbers)
        for name, why in bad.items():
            header = self.sheet.header.headers.get(name, name)
            self.found.refused.append(Refusal(row.line, header, row.cells.get(name, ""), why))
        if bad:
            self.torn.add((row.cells.get("shop"), days))

    def _count(self, row: DataRow, days: Period, numbers: Sequence[solving.Number]) -> dict[str, str]:
        mapping = self.sheet.mapping
        shop, agent = row.cells.get("shop"), row.cells.get("agent")
        if (first := self.seen.setdefault((shop, agent, days), row.line)) != row.line:
            return {"agent" if agent else "shop": reason("same_subject", first)}
        whole = solving.Row(tuple(numbers), mapping.adds_up)
        try:
            whole.check()
        except ImpossibleError as error:
            column = mapping.parts[error.number].rate if error.number in mapping.parts else error.number
            return {column: "no_sum" if error.adding_up else "no_share"}
        for rule in self.fed:
            if days[1] > cycle_of(rule.within, days[0]).last:
                self.found.outside[rule.rule] = self.found.outside.get(rule.rule, 0) + 1
                continue
            for counter, weights in rule.counters.items():
                span = whole.bounds(weights)
                self.found.counted.append(Counted(row.line, shop, agent, days, rule.rule, counter, _from_0(span)))
        return {}


def _days(row: DataRow) -> Period:
    """The period that a row tells in one cell, or in one for its start and one for its end."""
    if "period" in row.cells:
        return period(row.cells["period"]) if row.cells["period"] else _refuse(MISSING)
    first, last = (period(row.cells.get(name, "")) for name in ("period_start", "period_end"))
    return (first[0], last[1]) if first[0] <= last[1] else _refuse("period")


def _refuse(why: str) -> NoReturn:
    raise AmountError(why)


def _period_column(row: DataRow) -> str:
    return "period" if "period" in row.cells else "period_end"


def _from_0(span: Span | None) -> Span | None:
    """A count is never less than 0, whatever a difference of two others says."""
    return span and Span(max(span.low, 0), max(span.likely, 0), max(span.high, 0))


def fed_by(mapping: MappingFile, present: Mapping[str, object]) -> list[Fed]:
    """The rules all of whose counters can be reckoned from the columns that a file has."""
    known: set[str] = set()
    for _ in range(2):  # the second time, with what the rest of a sum tells
        for name in mapping.numbers:
            parent = mapping.parent(name)
            told = mapping.parts[name].rate if name in mapping.parts else name
            siblings = set(mapping.adds_up.get(parent, ())) - {name} if parent else set()
            by_rest = parent is not None and name in mapping.adds_up.get(parent, ()) and siblings <= known
            if (parent is None or parent in known) and (told in present or by_rest):
                known.add(name)
    return [f for f in mapping.feeds if all(name in known for sums in f.counters.values() for name in sums)]


def _common_period(sheet: Sheet) -> Period:
    """The period of the whole file, from a line above its header or from its name, which must not say another one."""
    found: dict[PeriodSource, Period] = {}
    for source in sheet.mapping.period:
        texts = {"cell": list(sheet.above), "file name": [sheet.path.stem]}.get(source, [])
        periods = list(dict.fromkeys(p for text in texts for p in periods_within(text)))
        if len(periods) > 1:
            said, where = [_days_of(p) for p in periods[:3]], _WHERE[source]
            raise unreadable(
                sheet.path,
                Text(
                    f"{where.zh}写着不止一个期间：{'、'.join(said)}",
                    f"more than one period {where.en}: {', '.join(said)}",
                ),
            )
        if periods:
            found[source] = periods[0]
    for (source, period_), (other, another) in combinations(found.items(), 2):
        if not _fits(period_, another):
            zh = f"{_WHERE[source].zh}写的是 {_days_of(period_)}，{_WHERE[other].zh}写的是 {_days_of(another)}"
            en = f"{_days_of(period_)} {_WHERE[source].en}, {_days_of(another)} {_WHERE[other].en}"
            raise unreadable(
                sheet.path, Text(f"期间有矛盾：{zh}；请改正其中一个", f"two different periods: {en}; mend one of them")
            )
    if found:
        return next(iter(found.values()))
    raise unreadable(
        sheet.path,
        Text(
            "不知道是哪一期间的数据：没有日期列，表头上方和文件名里也没有写明；请在文件名里写上，如 …2024-06.csv",
            "its period is not told: no column, nothing above the header, nothing in its name; "
            "put it into the name, like …2024-06.csv",
        ),
    )


def _days_of(days: Period) -> str:
    return f"{days[0]} ~ {days[1]}"


def _fits(days: Period, another: Period) -> bool:
    """Whether what is said second may be said of the same file: it holds the first, or is the day of the export."""
    exported = another[0] == another[1] and another[0] > days[1]
    return exported or (another[0] <= days[0] and days[1] <= another[1])


def _numbers(mapping: MappingFile, row: DataRow) -> tuple[list[solving.Number], dict[str, str]]:
    """What the row says of each whole number, and the cells that are none."""
    bad: dict[str, str] = {}
    counts: dict[str, Span] = {}
    rates: dict[str, Rate] = {}
    for column in mapping.columns.values():
        cell = amounts.plain(row.cells.get(column.name, ""))
        if column.kind in {"text", "period"} or not cell or cell in mapping.missing:
            continue
        try:
            if column.kind == "count":
                counts[column.name] = amounts.count(cell)
            else:
                rates[column.name] = _rate(column, cell)
        except AmountError as error:
            bad[column.name] = error.why
    numbers = [
        solving.Number(name, mapping.parent(name), counts.get(name), rates.get(mapping.parts[name].rate))
        if name in mapping.parts
        else solving.Number(name, mapping.parent(name), counts.get(name))
        for name in mapping.numbers
    ]
    return numbers, bad


def _rate(column: MappedColumn, cell: str) -> Rate:
    return (amounts.rate if column.kind == "rate" else amounts.percent)(cell, column.to)


def _shops(agents: Sequence[Counted], missed: set[tuple[str | None, Period | None]]) -> Iterator[Counted]:
    """The shop's own numbers: the sums of its agents'; missing where one of them is, or was refused."""
    sums: dict[tuple[str | None, Period, str, str], list[Counted]] = {}
    for one in agents:
        sums.setdefault((one.shop, one.period, one.rule, one.counter), []).append(one)
    for (shop, days, rule, counter), parts in sums.items():
        torn = {(shop, days), (shop, None), ("", days), ("", None)} & missed
        spans = [p.span for p in parts if p.span is not None]
        whole = not torn and len(spans) == len(parts)
        yield Counted(
            parts[0].line, shop, None, days, rule, counter, sum(spans[1:], spans[0]) if whole and spans else None
        )
