"""A report as a workbook: text only ever as text, numbers, days and times as what they are, ready to be printed.

The same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from console.reports.overview import Overview, overview
from console.reports.safe import clean
from console.reports.sheet import Cell, Column, Money, Quantity, Report, Row, Sheet, Tone, Word
from console.reports.shown import shown, width
from console.reports.words import word_of

MOST_ROWS = 1_048_575  # below the heads
EXACT = 10**15  # spreadsheets keep 15 digits of a number
WIDEST, NARROWEST, MARGIN = 46, 7, 3  # of a column, in digits; the margin holds the filter's button
LOOKED_AT = 2000  # rows, for the width of a column
FIRST_YEAR = 1900  # spreadsheets have no earlier days
PAPER_A4 = 9
_FORMATS = {"money": "#,##0.00", "number": "#,##0", "quantity": "#,##0.00", "percent": "0.00%"}
_DATES = {"day": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm"}
_COLOURS: dict[Tone, tuple[str, str]] = {  # of the letters, of the cell
    "bad": ("#9C0006", "#FBE9E7"),
    "warn": ("#7F6000", "#FFF6DD"),
    "good": ("#1E6B34", "#EAF5EC"),
    "quiet": ("#808080", "#FFFFFF"),
}
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def workbook(report: Report) -> bytes:
    """The bytes of an XLSX file: the overview, then a worksheet for each section."""
    into = BytesIO()
    book = Workbook(into, _OPTIONS)
    book.set_properties(
        {"title": clean(report.title), "created": report.as_of.astimezone(UTC).replace(tzinfo=None), "author": "kaohe"}
    )
    _Writer(book, report).write()
    book.close()
    return into.getvalue()


@dataclass(frozen=True, slots=True)
class _Part:
    """A worksheet's share of a section that has more rows than a worksheet."""

    sheet: Sheet
    tab: str
    rows: Sequence[Row]


class _Writer:
    """Writes one report into one workbook."""

    def __init__(self, book: Any, report: Report) -> None:
        self._book, self._report = book, report
        self._format = cache(self._made)

    def _made(self, **wanted: Any) -> Any:
        font = "Microsoft YaHei" if self._report.language == "zh-CN" else "Calibri"
        return self._book.add_format({"font_name": font, "font_size": 10, "valign": "top", **wanted})

    def write(self) -> None:
        """All worksheets, the overview first."""
        parts = list(self._parts())
        found = overview(self._report)
        first = self._book.add_worksheet(word_of("overview", self._report.language))
        tabs = {part.sheet.key: part.tab for part in reversed(parts)}
        for part in parts:
            self._section(part)
        self._overview(first, found, tabs)
        first.activate()

    def _parts(self) -> Iterator[_Part]:
        for sheet in self._report.sheets:
            for n, start in enumerate(range(0, max(1, len(sheet.rows)), MOST_ROWS), 1):
                named = {"title": sheet.title, "n": n}
                tab = sheet.title if n == 1 else word_of("continued", self._report.language, **named)
                yield _Part(sheet, tab, sheet.rows[start : start + MOST_ROWS])

    def _section(self, part: _Part) -> None:
        sheet, columns = self._book.add_worksheet(part.tab), part.sheet.columns
        self._print_setup(sheet)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        for n, column in enumerate(columns):
            cells = [row.cells[n] for row in part.rows[:LOOKED_AT]]
            sheet.set_column(n, n, _width(column, cells))
            sheet.write_string(0, n, column.head, self._head())
        if part.rows:
            sheet.autofilter(0, 0, len(part.rows), len(columns) - 1)
        else:
            sheet.write_string(1, 0, part.sheet.empty, self._format(font_color="#808080"))
        for number, row in enumerate(part.rows, 1):
            for n, cell in enumerate(row.cells):
                self._cell(sheet, number, n, cell)

    def _overview(self, sheet: Any, found: Overview, tabs: dict[str, str]) -> None:
        self._print_setup(sheet)
        sheet.hide_gridlines(2)
        for n, wide in enumerate((22, 12, 12, 78)):
            sheet.set_column(n, n, wide)
        sheet.write_string(0, 0, clean(self._report.title), self._format(bold=True, font_size=16))
        at = 1
        for note in found.notes:
            sheet.write_string(at, 0, clean(note), self._format(font_color="#595959"))
            at += 1
        at += 1
        at = self._heads(sheet, at, found.count_heads)
        for line in found.counts:
            mark: Tone = line.tone if line.rows else "quiet"
            colours = self._coloured(mark)
            link = f"internal:'{tabs[line.key]}'!A1"
            sheet.write_url(
                at,
                0,
                link,
                self._format(underline=1, font_color="#1F4E79", border=1, border_color="#D9D9D9"),
                line.title,
            )
            sheet.write_number(
                at, 1, line.rows, self._format(num_format="#,##0", border=1, border_color="#D9D9D9", **colours)
            )
            sheet.write_number(at, 2, line.shops, self._format(num_format="#,##0", border=1, border_color="#D9D9D9"))
            sheet.write_string(at, 3, line.hint, self._format(border=1, border_color="#D9D9D9", text_wrap=True))
            at += 1
        at += 1
        sheet.write_string(at, 0, found.first_title, self._format(bold=True, font_size=12))
        at = self._heads(sheet, at + 1, found.first_heads)
        for number, todo in enumerate(found.todos, 1):
            boxed = {"border": 1, "border_color": "#D9D9D9"}
            self._cell(sheet, at, 0, todo.at, **boxed)
            sheet.merge_range(at, 1, at, 3, "", self._format(text_wrap=True, **boxed))
            sheet.write_string(at, 1, clean(f"{number}. {todo.text}"), self._format(text_wrap=True, **boxed))
            at += 1
        if not found.todos:
            sheet.write_string(at, 0, found.nothing_first, self._format(font_color="#808080"))

    def _heads(self, sheet: Any, at: int, heads: Sequence[str]) -> int:
        for n, head in enumerate(heads):
            sheet.write_string(at, n, head, self._head())
        if len(heads) == 2:
            sheet.merge_range(at, 1, at, 3, "", self._head())
            sheet.write_string(at, 1, heads[1], self._head())
        return at + 1

    def _head(self) -> Any:
        return self._format(bold=True, bg_color="#E7EEF7", border=1, border_color="#B7C7DC", text_wrap=True)

    def _coloured(self, tone: Tone) -> dict[str, str]:
        if tone not in _COLOURS:
            return {}
        letters, ground = _COLOURS[tone]
        return {"font_color": letters} if tone == "quiet" else {"font_color": letters, "bg_color": ground}

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell, **look: Any) -> None:
        number = _number(cell)
        if number is not None:
            value, kind = number
            sheet.write_number(row, column, value, self._format(num_format=_FORMATS[kind], **look))
        elif isinstance(cell, date) and cell.year > FIRST_YEAR:  # a datetime is one, too
            kind = "time" if isinstance(cell, datetime) else "day"
            day = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
            sheet.write_datetime(row, column, day, self._format(num_format=_DATES[kind], align="left", **look))
        elif cell is None:
            sheet.write_blank(row, column, None, self._format(**look))
        else:
            tone = self._coloured(cell.tone) if isinstance(cell, Word) else {}
            sheet.write_string(row, column, shown(cell, grouped=False), self._format(text_wrap=True, **tone, **look))

    def _print_setup(self, sheet: Any) -> None:
        sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        title = clean(self._report.title).replace("&", "&&")[:120]
        sheet.set_header(f"&L{title}&R&A")
        sheet.set_footer(f"&C{word_of('page', self._report.language)}")


def _number(cell: Cell) -> tuple[float, str] | None:
    """A number as a spreadsheet has it, and which format shows it; None for what is none, or has too many digits."""
    match cell:
        case int() if abs(cell) < EXACT:
            return cell, "number"
        case Money(fen) if abs(fen) < EXACT:
            return fen / 100, "money"  # the double nearest to it: no digit that is shown is another one
        case Quantity(value, percent) if abs(value) < EXACT // 10**4:
            return float(value / 100 if percent else value), "percent" if percent else "quantity"
    return None


def _width(column: Column, cells: Sequence[Cell]) -> int:
    widest = max(map(width, cells), default=0)
    return max(NARROWEST, min(WIDEST, max(widest + 1, width(column.head) + MARGIN)))
