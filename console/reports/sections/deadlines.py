"""What ends soon, whatever it is: appeals, notices, duties. Each subject brings its own rows, made alike here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from console.reports.look import OF_A_SHOP, Look
from console.reports.sheet import Cell, Row, Sheet, Todo

AHEAD, BEHIND = timedelta(days=7), timedelta(days=3)  # of the day: deadlines that are told


def deadlines(look: Look, rows: Iterable[Row]) -> Sheet:
    """All deadlines, the first one first."""
    return Sheet(
        "deadlines",
        look.said("deadlines"),
        look.columns(f"deadline state {OF_A_SHOP} subject violation reference", deadline="time"),
        tuple(sorted(rows, key=_order)),
        look.said("deadlines empty"),
        look.said("deadlines hint"),
    )


def deadline_row(
    look: Look,
    client: str,
    shop: Sequence[Cell],
    until: date | datetime,
    matter: str,
    rank: int,
    *,
    violation: str | None = None,
    reference: str | None = None,
    internal: bool = False,
    always: bool = False,
) -> list[Row]:
    """The row of a deadline that is near or was just missed, else none; `always`: however long ago it was.

    `until` is the last day, or the first instant that is too late. `shop`: the cells under `OF_A_SHOP`.
    """
    platform = shop[1]
    zone = getattr(platform, "name", None)
    told = look.deadline(until, zone) if isinstance(until, datetime) else until
    assert told is not None
    day = told.date() if isinstance(told, datetime) else told
    if day > look.day + AHEAD or (day < look.day - BEHIND and not always):
        return []
    state = look.until(until, platform=zone)
    lost = state.name == "overdue" and not always  # an appeal that is over can be filed no more; a duty stays owed
    todo = None if lost else Todo(rank, told, matter)
    return [Row(client, (told, state, *shop, matter, violation, reference), internal, todo)]


def _order(row: Row) -> tuple[str, str, str]:
    told = f"{row.cells[0]}"
    return (told if " " in told else f"{told} 24", f"{row.cells[4]}", f"{row.cells[6]}")
