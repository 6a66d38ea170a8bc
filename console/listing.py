"""A list for people: a table, or one sentence where there is nothing to list, which silence would not tell."""

from __future__ import annotations

from collections.abc import Sequence

from console.output import say, table


def listing(columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str, right: Sequence[int] = ()) -> None:
    """The rows as a table, or `empty`. `right` are the columns of numbers."""
    if rows:
        table(columns, rows, right)
    else:
        say(empty)
