"""A report as CSV, a file for each section: in UTF-8 with the mark that Excel wants, and nothing that it would execute.

Texts that begin like a formula get an apostrophe (see `safe.harmless`); numbers, days and times are ours, and stay.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO

from console.reports.safe import harmless
from console.reports.sheet import Cell, Report, Sheet, Word
from console.reports.shown import shown

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def table_files(report: Report) -> Mapping[str, bytes]:
    """The bytes of each section's file, by the section's key."""
    return {sheet.key: _table(sheet) for sheet in report.sheets}


def _table(sheet: Sheet) -> bytes:
    into = StringIO()
    into.write(MARK)
    writer = csv.writer(into, lineterminator="\r\n")
    writer.writerow([harmless(column.head) for column in sheet.columns])
    writer.writerows([_text(cell) for cell in row.cells] for row in sheet.rows)
    return into.getvalue().encode()


def _text(cell: Cell) -> str:
    told = shown(cell, grouped=False)
    return harmless(told) if isinstance(cell, str | Word) else told
