"""What a kind of evidence is made of: its columns, what is checked of them, and how a row is known again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["text", "instant", "deadline", "secret", "integer", "yuan", "date", "words"]
_SQL: Mapping[str, str] = {"instant": "TIMESTAMP", "deadline": "TIMESTAMP", "secret": "BLOB", "date": "DATE"}
_LARGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind; a `required` one has a cell in every row, unless `blank` ones are allowed.

    `secret` is stored only as a keyed digest; `words` are several words of one cell; a `deadline` is an exclusive
    instant, given as one or as the last day. `choices` are the values allowed and `synonyms` what else is taken for
    one of them; of `words`, an unknown one becomes `other`. A text fits `pattern` where there is one, or is refused as
    `shape`. `within` bounds an integer. `called`: what else its header may say. `in_yuan`: headers under which a
    number of fen is told in yuan; the column is then read as of the type `yuan`.
    """

    name: str
    type: ColumnType = "text"
    required: bool = False
    blank: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None
    synonyms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pattern: str | None = None
    shape: str = ""
    within: tuple[int, int] | None = None
    called: tuple[str, ...] = ()
    in_yuan: tuple[str, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """All that its header may say."""
        return (self.name, *self.called, *self.in_yuan)

    @property
    def sql_type(self) -> str:
        """Its type in a day file."""
        if self.type in {"integer", "yuan"}:
            return "INTEGER" if self.within and self.within[1] <= _LARGEST_INTEGER else "BIGINT"
        return _SQL.get(self.type, "VARCHAR")


@dataclass(frozen=True, slots=True)
class Added:
    """A column of day files that no file of evidence has; `absent` is SQL of its value in files older than it."""

    name: str
    sql_type: str
    absent: str = "NULL"


@dataclass(frozen=True, slots=True)
class Order:
    """`later` must not lie before `earlier` where both are given; `reason`, a code, is told for the cell of `later`."""

    earlier: str
    later: str
    reason: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of evidence.

    `key`: the columns (beside the platform) that name a row, so that a newer import replaces it. Without a key, or
    with an empty last column of it, a row is known by all it holds and by its number `nth` among equal ones of its
    file. `day_of`: the instant or date whose local day files the row, which must be one and the same for a key within
    a file. `order`: how the rows of a day file stand. `computed`: columns that are functions of a day's rows. `judged`:
    whether it says what a shop did; what does not is no beginning of its work, and no rule reads it.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    day_of: str
    order: tuple[str, ...]
    orders: tuple[Order, ...] = ()
    added: tuple[Added, ...] = ()
    computed: tuple[Added, ...] = ()
    judged: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns of a day file that come from the rows; the platform's day and second are added to them."""
        return tuple(c for c in self.columns if c.name != "platform")

    @property
    def loose(self) -> bool:
        """Whether a row may lack what would name it."""
        return not self.key or not self.column(self.key[-1]).required

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(c for c in self.columns if c.name == name)
