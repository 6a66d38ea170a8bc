"""A list for people: a table, or one sentence where there is nothing to list, which silence would not tell."""

from __future__ import annotations

from collections.abc import Sequence

from console.layout import Table
from console.output import say, table


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
