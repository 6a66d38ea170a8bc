"""Cells as people read them where there are no number formats (pages, CSV), and how wide they are on a screen."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from rich.cells import cell_len

from console.reports.safe import clean
from console.reports.sheet import Cell, Money, Quantity, Word


def shown(cell: Cell, *, grouped: bool = True) -> str:
    """A cell in words. `grouped`: with commas between thousands.

    >>> shown(Money(-123456)), shown(Quantity(Decimal("79.9"), percent=True)), shown(1234, grouped=False)
    ('-1,234.56', '79.90%', '1234')
    """
    comma = "," if grouped else ""
    match cell:
        case None:
            return ""
        case Money(fen):
            return f"{Decimal(fen) / 100:{comma}.2f}"
        case Quantity(value, percent):
            return f"{value:{comma}.2f}%" if percent else f"{value:{comma}.2f}"
        case Word(_, text, _):
            return clean(text)
        case int():
            return f"{cell:{comma}}"
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M}"
        case date():
            return cell.isoformat()
        case str():
            return clean(cell)


def width(cell: Cell) -> int:
    """How many columns of a screen a cell takes: a Chinese character takes two."""
    return cell_len(shown(cell)[:200])
