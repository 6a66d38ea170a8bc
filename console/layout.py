"""How a table is laid out for a terminal: short times, what is the same in every row said once, columns that fit.

Where output is not a terminal nothing of this happens: a row stays a line, whole, and can be searched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

GAP = "  "
INDENT = "    "
FEWEST_ROWS = 2  # of fewer rows everything is the same

_TIME = re.compile(r"(\d{4})-(\d\d-\d\d)(?: (\d\d:\d\d):\d\d[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by their heads, rows of as many cells, and which columns hold numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Collection[int] = ()


def whole(table: Table) -> list[str]:
    """A line for the heads and one for each row, however wide. A Chinese character is two columns wide."""
    return _lines(table, [range(len(table.columns))])


def fitted(table: Table, width: int) -> tuple[list[str], list[str]]:
    """What is the same in every row, and the lines for heads and rows, all no wider than `width` where cells allow it.

    Columns that do not fit beside the others stand below them, indented, so that nothing is cut off.

    >>> rows = [["2026-03-10 10:00:00+08:00", "k", "7/100"], ["2026-04-07 10:00:00+08:00", "k", "8/100"]]
    >>> fitted(Table(["at", "shop", "figure"], rows, [2]), 80)
    (['shop k'], ['at           figure', '03-10 10:00   7/100', '04-07 10:00   8/100'])
    >>> for line in fitted(Table(["at", "shop", "figure"], rows), 14)[1]: print(line)
    at
        figure
    03-10 10:00
        7/100
    04-07 10:00
        8/100
    """
    columns = [[row[n] for row in table.rows] for n in range(len(table.columns))]
    same, kept = [], []
    for n, cells in enumerate(columns):
        if len(cells) >= FEWEST_ROWS and len(set(cells)) == 1 and n:
            same += [f"{table.columns[n]} {cells[0]}"] if cells[0] not in {"", "-"} else []
        else:
            kept.append(n)
    shortened = [_short(columns[n]) for n in kept]
    left = Table(
        [table.columns[n] for n in kept],
        list(zip(*shortened, strict=True)),
        [place for place, n in enumerate(kept) if n in table.right],
    )
    return same, _lines(left, _groups(left, width))


def _short(cells: Sequence[str]) -> Sequence[str]:
    """Times without seconds and zone, and without their year where it is one; all else as it is."""
    found = [_TIME.fullmatch(cell) for cell in cells]
    years = {match[1] for match in found if match}
    if not all(match or cell in {"", "-"} for match, cell in zip(found, cells, strict=True)) or not years:
        return cells
    days = [match and (match[2] if len(years) == 1 else f"{match[1]}-{match[2]}") for match in found]
    return [
        f"{day} {match[3]}" if match and match[3] else day or cell
        for day, match, cell in zip(days, found, cells, strict=True)
    ]


def _widths(table: Table) -> list[int]:
    return [max(map(cell_len, cells)) for cells in zip(table.columns, *table.rows, strict=True)]


def _groups(table: Table, width: int) -> list[Sequence[int]]:
    """The columns that stand on one line, line by line."""
    groups: list[list[int]] = [[]]
    used = 0
    for n, wide in enumerate(_widths(table)):
        if groups[-1] and used + len(GAP) + wide > width:
            groups.append([])
        used = used + len(GAP) + wide if groups[-1] else wide + (len(INDENT) if len(groups) > 1 else 0)
        groups[-1].append(n)
    return list(groups)


def _lines(table: Table, groups: Sequence[Sequence[int]]) -> list[str]:
    widths = _widths(table)
    return [
        (INDENT if below else "") + GAP.join(_padded(row[n], widths[n], n in table.right) for n in group).rstrip()
        for row in (table.columns, *table.rows)
        for below, group in enumerate(groups)
    ]


def _padded(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(cell))
    return blanks + cell if right else cell + blanks
