"""How commands speak: one JSON object a line for machines, tables and sentences for people, progress on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from console import streams
from engine.progress import Progress as Report
from engine.progress import silent

GAP = "  "
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """One compact object a line, always UTF-8, and nothing else on standard output."""
    streams.in_utf8(sys.stdout)
    for row in rows:
        streams.write(json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n")
    streams.flush()


def say(text: str) -> None:
    """A sentence on standard output, without blanks at the ends of its lines."""
    streams.write(_lines(text))


def note(text: str) -> None:
    """A sentence on standard error, after all that was said so far."""
    streams.flush()
    streams.write_error(_lines(text))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A table; `right` are the columns of numbers. A row stays a line, however narrow the terminal is.

    What is cut or folded can be neither read nor searched. A Chinese character is two columns wide.
    """
    cells = [[printable(cell).replace("\n", " ").strip() for cell in row] for row in (columns, *rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for index, row in enumerate(cells):
        padded = (_padded(c, w, i in right) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        line = GAP.join(padded).rstrip()
        streams.write((f"{BOLD}{line}{PLAIN}" if index == 0 and sys.stdout.isatty() else line) + "\n")


def _padded(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(cell))
    return blanks + cell if right else cell + blanks


def printable(text: str) -> str:
    """`text` without control characters, so that no name in the evidence can steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _lines(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in printable(text).split("\n"))


@contextmanager
def progress(words: Mapping[str, str] | None = None) -> Iterator[Report]:
    """A progress bar on standard error while it is a terminal, silence otherwise. `words` are the steps' names."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(step: str, done: int, total: int) -> None:
            bar.update(task, description=(words or {}).get(step, step), completed=done, total=total or None)

        yield report
