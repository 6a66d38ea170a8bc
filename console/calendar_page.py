"""The calendar of assessments for a terminal: the month at a glance, its list by day, what is next, limited shops.

On a terminal long cells are folded within their columns; anywhere else a row stays one line, to be searched.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from console import streams
from console.calendar_words import limit_name, line, result_words, rule_title, state_words
from console.output import say
from console.phrases import heads
from console.sentences import sentence
from engine.assessment.agenda import Agenda, Appointment, Item
from engine.rulebook.model import Language, Rule
from notifier.words import dates

WEEKDAYS = {"zh-CN": "周一 周二 周三 周四 周五 周六 周日", "en": "Mon Tue Wed Thu Fri Sat Sun"}
UNFOLDED = 100_000  # columns, where there is no terminal
WIDE = 100  # a narrower terminal has no room for the days of cycles in the list
TODAY = ">"
STYLES = {"done": "", "due": "yellow", "late": "bold yellow", "coming": "dim", "nothing": "dim"}


@dataclass(frozen=True, slots=True)
class Page:
    """Prints an agenda of one month. `today` is the local day."""

    agenda: Agenda
    rules: Mapping[str, Rule]
    today: date
    language: Language

    def tell(self) -> None:
        """The whole page, on standard output."""
        first, last = self.agenda.first, self.agenda.last
        month = dates.cycle(f"{first:%Y-%m}", first, last, self.language)
        say(sentence("calendar", self.language, month=month))
        say("")
        if self.agenda.items:
            _print(self._grid())
            say(sentence("calendar legend", self.language))
            say("")
            _print(self._list())
        else:
            say(sentence("calendar empty", self.language))
        say("")
        if self.agenda.upcoming:
            say(sentence("calendar next", self.language))
            _print(self._next())
            say("")
        if self.agenda.limits:
            say(sentence("calendar limits", self.language))
            _print(self._limits())
        else:
            say(sentence("calendar no limits", self.language))

    def _grid(self) -> Table:
        """Weeks from Monday to Sunday; each day with the worst that its assessments came to."""
        grid = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
        for name in WEEKDAYS[self.language].split():
            grid.add_column(name, width=6, justify="center", no_wrap=True)
        of_day: dict[date, list[Item]] = {}
        for item in self.agenda.items:
            of_day.setdefault(item.appointment.day, []).append(item)
        day = self.agenda.first - timedelta(days=self.agenda.first.weekday())
        while day <= self.agenda.last:
            week = [day + timedelta(days=n) for n in range(7)]
            grid.add_row(*(self._cell(d, of_day.get(d, [])) for d in week))
            day += timedelta(days=7)
        return grid

    def _cell(self, day: date, items: Sequence[Item]) -> Text:
        if not self.agenda.first <= day <= self.agenda.last:
            return Text("")
        mark, style = _mark(items)
        number = f"[{day.day:>2}]" if day == self.today else f" {day.day:>2} "
        limited = "*" if self.agenda.active(day) else " "
        return Text(number + mark + limited, style)

    def _list(self) -> Table:
        rows = _table(heads("day hour rule cycle result", self.language), whole=(0, 1, 3))
        with_days = _width() >= WIDE
        told = not self.agenda.first <= self.today <= self.agenda.last
        before: date | None = None
        for item in self.agenda.items:
            of = item.appointment
            if not told and of.day > self.today:
                told = self._tell_today(rows)
            told = told or of.day == self.today
            rows.add_row(
                TODAY if of.day == self.today else "",
                Text(self._day(of.day), "dim" if of.day == before else ""),
                _hour(of),
                line(rule_title(self.rules, of.rule, self.language)),
                _cycle(of, with_days),
                Text(result_words(item, self.language), "red" if item.breaches else STYLES[item.state]),
                style="bold" if of.day == self.today else "",
            )
            before = of.day
        if not told:
            self._tell_today(rows)
        return rows

    def _tell_today(self, rows: Table) -> bool:
        rows.add_row(TODAY, self._day(self.today), "", sentence("calendar today", self.language), style="bold")
        return True

    def _next(self) -> Table:
        rows = _table(heads("assessed_on hour rule cycle", self.language), whole=(0, 1))
        for of in self.agenda.upcoming:
            title = line(rule_title(self.rules, of.rule, self.language))
            rows.add_row("", self._day(of.day, True), _hour(of), title, _cycle(of, True))
        return rows

    def _limits(self) -> Table:
        rows = _table(heads("shop measure from to violation", self.language), whole=(2, 3))
        for limit in self.agenda.limits:
            rows.add_row(
                TODAY if limit.holds(self.today) else "",
                line(limit.shop.shown()),
                limit_name(limit, self.rules, self.language),
                limit.limit.starts.isoformat(),
                limit.limit.ends.isoformat(),
                state_words(limit, self.language),
                style="bold" if limit.holds(self.today) else "dim" if limit.limit.ends < self.today else "",
            )
        return rows

    def _day(self, day: date, with_year: bool = False) -> str:
        weekday = WEEKDAYS[self.language].split()[day.weekday()]
        return f"{day.isoformat() if with_year else f'{day:%m-%d}'} {weekday}"


def _mark(items: Sequence[Item]) -> tuple[str, str]:
    """The sign and the style of a day: the worst of its assessments."""
    states = {item.state for item in items}
    if any(item.breaches for item in items):
        return "x", "red"
    if states & {"due", "late"}:
        return "!", "yellow"
    if "done" in states:
        return ".", "green"
    return ("-", "") if "coming" in states else (" ", "dim")


def _hour(of: Appointment) -> str:
    return f"{of.due_at.astimezone(ZoneInfo(of.zone)):%H:%M}"


def _cycle(of: Appointment, with_days: bool) -> str:
    """The key of the cycle, and its days where the key does not say them."""
    key = line(of.cycle)
    if not with_days or of.cycle_start == of.cycle_end or of.cycle == f"{of.cycle_start:%Y-%m}":
        return key
    return f"{key} {of.cycle_start:%m-%d}–{of.cycle_end:%m-%d}"


def _table(names: Sequence[str], whole: Sequence[int]) -> Table:
    """A table whose first column marks today; the columns `whole` are never folded."""
    rows = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    rows.add_column("", width=1)
    for number, name in enumerate(names):
        rows.add_column(name, no_wrap=number in whole, overflow="fold")
    return rows


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNFOLDED


def _print(table: Table) -> None:
    terminal = sys.stdout.isatty()
    into = StringIO()
    console = Console(
        file=into,
        width=_width(),
        force_terminal=terminal,
        color_system="auto" if terminal else None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(table)
    for text in into.getvalue().splitlines():
        streams.write(text.rstrip() + "\n")
