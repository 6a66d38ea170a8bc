"""How commands speak: one JSON object a line for machines, tables and sentences for people, progress on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from engine.progress import Progress as Report
from engine.progress import silent

WIDEST = 1000

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """One compact object a line, UTF-8, and nothing else on standard output."""
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """A sentence on standard output. Whatever stands in it is shown as it is, never taken for markup."""
    out.print(printable(text), markup=False)


def note(text: str) -> None:
    """A sentence on standard error."""
    err.print(printable(text), markup=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A table; `right` are the columns of numbers."""
    grid = Table(box=None, header_style="bold", pad_edge=False)
    for index, column in enumerate(columns):
        grid.add_column(escape(column), justify="right" if index in right else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*(escape(printable(cell).rstrip()) for cell in row))
    # A row stays a line, however narrow the terminal: what is cut or folded can be neither read nor searched.
    wide = Console(file=sys.stdout, highlight=False, width=WIDEST, soft_wrap=True)
    wide.print(grid)


def printable(text: str) -> str:
    """`text` without control characters, so that no name in the evidence can steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


@contextmanager
def progress() -> Iterator[Report]:
    """A progress bar on standard error while it is a terminal; silence otherwise."""
    if not err.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total or None)

        yield report
