"""How commands speak: one JSON object a line for machines, tables and sentences for people."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from console import streams
from console.layout import Table, fitted, whole

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


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Collection[int] = (),
    on_a_terminal: Table | None = None,
) -> None:
    """A table; `right` are the columns of numbers. `on_a_terminal` is what people are shown in its place.

    On a terminal it is fitted into its width. Elsewhere a row stays a line: what is cut or folded can be neither read
    nor searched.
    """
    if not sys.stdout.isatty():
        streams.write("".join(f"{line}\n" for line in whole(_clean(Table(columns, list(rows), right)))))
        return
    told = _clean(on_a_terminal or Table(columns, list(rows), right))
    same, lines = fitted(told, shutil.get_terminal_size().columns)
    heads = len(lines) // (len(told.rows) + 1)
    if same:
        streams.write(" · ".join(same) + "\n")
    streams.write("".join(f"{BOLD}{line}{PLAIN}\n" for line in lines[:heads]))
    streams.write("".join(f"{line}\n" for line in lines[heads:]))


def _clean(found: Table) -> Table:
    heads, *rows = (
        [printable(cell).replace("\n", " ").strip() for cell in row] for row in (found.columns, *found.rows)
    )
    return Table(heads, rows, found.right)


def printable(text: str) -> str:
    """`text` without control characters, so that no name in the evidence can steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _lines(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in printable(text).split("\n"))
