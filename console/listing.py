"""A list for people: a table, or one sentence where there is nothing to list, which silence would not tell."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from console.layout import Table
from console.output import say, table
from engine.errors import KaoheError

PAGE = 50  # rows on a terminal where nothing else is said


def listing(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    empty: str,
    right: Sequence[int] = (),
    on_a_terminal: Table | None = None,
) -> None:
    """The rows as a table, or `empty`. `right` are the columns of numbers, `on_a_terminal` is as `table` takes it."""
    if rows:
        table(columns, rows, right, on_a_terminal)
    else:
        say(empty)


def page_size() -> int | None:
    """How many rows are shown at once where nobody says so; None: all."""
    return PAGE if sys.stdout.isatty() else None


def refuse_pages_of_json(limit: int | None, after: object, *, as_json: bool) -> None:
    """Raise KaoheError where --json, which prints everything, is asked for a part."""
    if as_json and (limit is not None or after is not None):
        raise KaoheError(
            "--json prints all rows; leave out --limit and --after", zh="--json 列出全部；请不要写 --limit 和 --after"
        )
