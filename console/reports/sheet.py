"""What reports are made of: sheets of typed cells, as frozen values. Sections make them, writers make bytes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from engine.rulebook.model import Language

# bad: harm is done or sure; warn: somebody can still act; good: in order; quiet: of no more concern.
Tone = Literal["", "bad", "warn", "good", "quiet"]
Kind = Literal["text", "number", "money", "figure", "day", "time"]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in fen, shown in yuan with two decimals."""

    fen: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure beside its standard, cut already (see `notifier.words.figures`); `percent`: of a hundred."""

    value: Decimal
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A state by its name, for machines, and in words, with the tone in which it is told."""

    name: str
    text: str
    tone: Tone = ""


Cell = str | int | Money | Quantity | Word | date | datetime | None  # a datetime stands in the zone that it is told in


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its key in JSON and its head. `internal`: no client sees it."""

    key: str
    head: str
    kind: Kind = "text"
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Todo:
    """What somebody has to do, by when if there is a deadline: a last day, or a local time.

    What has a lower `rank` comes first. `internal`: no client is told of it.
    """

    rank: int
    at: date | datetime | None
    text: str
    internal: bool = False

    def sort_key(self) -> tuple[int, bool, str]:
        """By rank; within it, what has the next deadline first, and else in the order of the sheets."""
        told = "" if self.at is None else self.at.isoformat()
        return (self.rank, self.at is None, told if isinstance(self.at, datetime) else f"{told}T24")


@dataclass(frozen=True, slots=True)
class Row:
    """A row about a shop of `client`; None: about no client's in particular, and for all to see.

    `internal`: about an agent or a person, which no client sees.
    """

    client: str | None
    cells: tuple[Cell, ...]
    internal: bool = False
    todo: Todo | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A section: its key in JSON, its title, and its rows. `empty` is what is said where there are none."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str
    hint: str = ""  # what to do with what stands here, in one sentence

    def of_client(self, client: str) -> Sheet:
        """What `client` may see of it: its own shops' rows, without what is internal."""
        kept = [n for n, column in enumerate(self.columns) if not column.internal]
        rows = (
            replace(
                row,
                cells=tuple(row.cells[n] for n in kept),
                todo=None if row.todo and row.todo.internal else row.todo,
            )
            for row in self.rows
            if row.client in {client, None} and not row.internal
        )
        return replace(self, columns=tuple(self.columns[n] for n in kept), rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class Report:
    """A report of one kind (daily, month) about `span` (2026-03-10, 2026-03), as things stood at `as_of`.

    `client` is whose shops alone it holds; None: it is internal. `note` are sentences below the title.
    """

    kind: str
    span: str
    title: str
    as_of: datetime
    language: Language
    sheets: tuple[Sheet, ...]
    client: str | None = None
    notes: tuple[str, ...] = ()

    def of_client(self, client: str) -> Report:
        """The report that `client` may be given."""
        return replace(self, client=client, sheets=tuple(sheet.of_client(client) for sheet in self.sheets))

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(len(sheet.rows) for sheet in self.sheets)

    def todos(self, most_of_a_rank: int) -> list[Todo]:
        """What to do first: at most so many of each rank, what comes first at the head."""
        found: dict[int, list[Todo]] = {}
        told = dict.fromkeys(row.todo for sheet in self.sheets for row in sheet.rows if row.todo)
        for todo in sorted(told, key=Todo.sort_key):
            of_rank = found.setdefault(todo.rank, [])
            if len(of_rank) < most_of_a_rank:
                of_rank.append(todo)
        return [todo for of_rank in found.values() for todo in of_rank]


def machine(cell: Cell) -> Any:
    """A cell as JSON has it: money in fen, days and instants in ISO 8601, states by their names, figures as shown.

    >>> machine(Money(30050)), machine(Quantity(Decimal("79.98"), percent=True)), machine(date(2026, 3, 10))
    (30050, '79.98%', '2026-03-10')
    """
    if isinstance(cell, Money):
        return cell.fen
    if isinstance(cell, Quantity):
        return f"{cell.value}%" if cell.percent else f"{cell.value}"
    if isinstance(cell, Word):
        return cell.name
    return cell.isoformat() if isinstance(cell, date) else cell


def json_rows(report: Report) -> list[Mapping[str, Any]]:
    """One object for each row of each section."""
    named = {"report": report.kind, "span": report.span}
    return [
        {**named, "section": sheet.key, **{c.key: machine(v) for c, v in zip(sheet.columns, row.cells, strict=True)}}
        for sheet in report.sheets
        for row in sheet.rows
    ]
