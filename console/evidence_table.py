"""The calendar of evidence for people: a line for each shop and kind, a sign for each day, then what has to come."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from console.local_time import local_time
from console.output import printable
from console.sentences import sentence
from engine.assessment.evidence_calendar import Day, Row, State
from engine.calendar.spans import joined, span_words
from engine.rulebook.model import Language, Text

WIDTH = 120
LATEST = datetime.max.replace(tzinfo=UTC)
MOST_TOLD = 12  # lines of what has to come; the JSON names all
SIGNS: Mapping[State, tuple[str, str]] = {  # a sign that every terminal can show, and its colour
    "there": ("#", "green"),
    "empty": ("o", "green"),
    "missing": ("X", "bold red"),
    "waiting": ("?", "yellow"),
    "not_expected": ("-", "dim"),
    "future": (".", "dim"),
}
STATES: Mapping[State, Text] = {
    "there": Text("有", "there"),
    "empty": Text("已齐，没有发生", "covered, nothing happened"),
    "missing": Text("缺", "missing"),
    "waiting": Text("等待中", "awaited"),
    "not_expected": Text("不要求", "not expected"),
    "future": Text("未到", "to come"),
}
KINDS: Mapping[str, Text] = {
    "sessions": Text("会话", "sessions"),
    "messages": Text("消息", "messages"),
    "ratings": Text("评价", "ratings"),
    "counts": Text("统计数", "counts"),
    "penalties": Text("平台处罚", "penalties"),
    "shifts": Text("班表", "shifts"),
}


def calendar_json(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """One object for each platform, shop, kind and day."""
    for row in rows:
        for day in row.days:
            yield {
                "platform": row.shop.platform,
                "client": row.shop.client,
                "owner": row.shop.owner,
                "shop": row.shop.external_id,
                "kind": row.kind,
                "day": day.day.isoformat(),
                "state": day.state,
                "due_by": day.due_by.isoformat() if day.due_by else None,
            }


def calendar_lines(rows: Sequence[Row], language: Language) -> list[str]:
    """The calendar as lines, in colour where standard output is a terminal."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True, overflow="ignore")
    table.add_row("", "", Line(_tens(rows[0].days), style="dim"))
    table.add_row("", "", Line(_signs(str(day.day.day % 10) for day in rows[0].days), style="bold"))
    for (client, owner), of_group in groupby(rows, key=lambda row: (row.shop.client, row.shop.owner)):
        name = "evidence group" if owner else "evidence group unowned"
        heading = sentence(name, language, client=client, owner=owner or "")
        table.add_row(Line(printable(heading), style="bold"), "", "")
        for row in of_group:
            cells = Line(" ").join(Line(*SIGNS[day.state]) for day in row.days)
            table.add_row(Line(f"  {shop_words(row)}"), KINDS[row.kind].in_language(language), cells)
    return [*_rendered(table), *_legend(language)]


def shop_words(row: Row) -> str:
    """A shop as the calendar calls it: platform, id, and what people call it."""
    name = row.shop.alias or row.shop.name
    return printable(f"{row.shop.platform}/{row.shop.external_id}" + (f" {name}" if name else "")).replace("\n", " ")


def what_must_come(rows: Sequence[Row], language: Language) -> list[str]:
    """What is missing, and what must come by when; the last line counts it."""
    told = sorted(_open(rows), key=lambda one: (one[0] == "waiting", one[1] or LATEST, one[2], one[3]))
    lines = []
    for state, by, shop, kind, days in told[:MOST_TOLD]:
        platform = shop.partition("/")[0]
        at = {} if by is None else {"at": local_time(by, platform)}
        words = {"shop": shop, "kind": KINDS[kind].in_language(language), "days": " ".join(map(span_words, days))}
        lines.append(sentence(f"evidence {state}" + ("" if at else " undated"), language, **words, **at))
    if len(told) > MOST_TOLD:
        lines.append(sentence("evidence more", language, n=len(told) - MOST_TOLD))
    return [*lines, _summary(rows, language)]


def _open(rows: Sequence[Row]) -> Iterator[tuple[State, datetime | None, str, str, tuple[tuple[date, date], ...]]]:
    for row in rows:
        wanted: dict[tuple[State, datetime | None], list[date]] = {}
        for day in row.days:
            if day.state in {"missing", "waiting"}:
                wanted.setdefault((day.state, day.due_by), []).append(day.day)
        for (state, by), days in wanted.items():
            yield state, by, shop_words(row), row.kind, joined((day, day) for day in days)


def _summary(rows: Sequence[Row], language: Language) -> str:
    said = {}
    for state in ("missing", "waiting"):
        found = [(row.shop.key, day) for row in rows for day in row.days if day.state == state]
        said[state] = len(found), len({shop for shop, _ in found})
    coming = [
        (day.due_by, row.shop.platform)
        for row in rows
        for day in row.days
        if day.state == "waiting" and day.due_by is not None
    ]
    parts = [
        sentence(f"evidence all {state}", language, days=days, shops=shops)
        for state, (days, shops) in said.items()
        if days
    ]
    if coming:
        by, platform = min(coming, key=lambda one: one[0])
        parts.append(sentence("evidence first deadline", language, at=local_time(by, platform)))
    return ("；" if language == "zh-CN" else "; ").join(parts) or sentence(
        "evidence complete" if any(row.expected for row in rows) else "nothing expected", language
    )


def _tens(days: Sequence[Day]) -> str:
    return _signs(str(day.day.day // 10) if day.day.day % 10 == 0 else " " for day in days)


def _signs(signs: Iterable[str]) -> str:
    return " ".join(signs)


def _legend(language: Language) -> list[str]:
    return ["  ".join(f"{sign} {STATES[state].in_language(language)}" for state, (sign, _) in SIGNS.items())]


def _rendered(table: Table) -> list[str]:
    """The table as lines; none is cut or folded, however narrow the terminal is."""
    colours: Literal["standard"] | None = "standard" if sys.stdout.isatty() else None
    screen = Console(
        file=io.StringIO(), force_terminal=bool(colours), width=1000, color_system=colours, highlight=False
    )
    with screen.capture() as captured:
        screen.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]
