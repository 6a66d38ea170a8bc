"""A report as one HTML page that needs nothing else: to be read on a screen, or printed on A4 as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from console.reports.overview import overview
from console.reports.safe import clean
from console.reports.sheet import Cell, Money, Quantity, Report, Sheet, Word
from console.reports.shown import shown
from console.reports.words import word_of

MOST_ROWS = 3000  # of a section: a longer page can neither be read nor printed
LONGEST_WHOLE = 16


def page(report: Report) -> bytes:
    """The bytes of the page, in UTF-8."""
    language = report.language
    text = _template().render(
        report=report,
        overview=overview(report),
        language=language,
        most=MOST_ROWS,
        more={s.key: word_of("html more", language, n=len(s.rows) - MOST_ROWS) for s in report.sheets},
        overview_title=word_of("overview", language),
        shown=shown,
        clean=clean,
        look=_look,
        filled=_filled,
    )
    return text.encode()


def _look(cell: Cell) -> str:
    """The classes of a cell: how it is aligned, and its tone."""
    if isinstance(cell, Word):
        return f"{cell.tone} whole" if cell.tone else ""
    if isinstance(cell, str):
        return "whole" if len(cell) <= LONGEST_WHOLE and cell.isascii() else ""  # ids and cycles are not broken
    return "number" if isinstance(cell, Quantity | Money | int) else "whole"


def _filled(sheet: Sheet) -> list[int]:
    """The columns in which anything stands: paper is narrow."""
    return [n for n in range(len(sheet.columns)) if any(row.cells[n] not in {None, ""} for row in sheet.rows)]


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    surroundings = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return surroundings.get_template("report.html")
