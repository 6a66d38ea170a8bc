"""The journal as the database holds it: whoever tampered with it need not have kept to our types.

Columns are read without the types of our tables, which would raise at the first value that is none of ours. Whatever
cannot be read becomes a fault of its row, so that the check of the chain can name the row and go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Text, cast, column, func, inspect, select, table
from sqlmodel import Session

from engine.ledger.dialects import is_postgresql, table_of
from engine.ledger.tables import JournalBatch, JournalEntry

AT_ONCE = 1000  # rows held in memory
LONGEST_SHOWN = 60
T = TypeVar("T")
_BATCH = ("seq", "previous", "digest", "committed_at")
_ENTRY = (
    *("id", "batch", "position", "at", "actor", "event", "object_kind", "object_id"),
    *("payload", "payload_sha256", "redacted_why"),
)


@dataclass(frozen=True, slots=True)
class RawBatch:
    """One batch. With `faults`, some values are not what was stored there."""

    seq: int
    previous: str
    digest: str
    committed_at: datetime
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry; `batch` is -1 where it has none. With `faults`, some values are not what was stored there."""

    id: object
    batch: int
    position: int
    at: datetime
    actor: str
    event: str
    object_kind: str
    object_id: str
    payload: Any
    payload_sha256: str
    redacted_why: str | None
    faults: tuple[str, ...]


@contextmanager
def as_it_is(session: Session) -> Iterator[None]:
    """Within the block, SQLite gives text that is not UTF-8 too, instead of an error."""
    if is_postgresql(session):
        yield
        return
    connection: Any = session.connection().connection.driver_connection
    before, connection.text_factory = connection.text_factory, lambda read: read.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = before


def missing(session: Session) -> list[str]:
    """What of the journal's two tables is not there any more."""
    inspector = inspect(session.connection())
    found = set(inspector.get_table_names())
    gone: list[str] = []
    for model in (JournalBatch, JournalEntry):
        ours = table_of(model)
        if ours.name not in found:
            gone.append(f"the table {ours.name} is missing")
            continue
        columns = {c["name"] for c in inspector.get_columns(ours.name)}
        gone += (
            f"the column {c.name} of the table {ours.name} is missing" for c in ours.columns if c.name not in columns
        )
    return gone


def batches(session: Session) -> Iterator[RawBatch]:
    """All batches in the order of their numbers."""
    for row in _rows(session, "journal_batch", _BATCH, ("seq",)):
        read = _Reader(dict(zip(_BATCH, row, strict=True)))
        yield RawBatch(
            read.number("seq"), read.text("previous"), read.text("digest"), read.instant("committed_at"), read.faults
        )


def entries(session: Session, event: str | None = None) -> Iterator[RawEntry]:
    """All entries, or those of one `event`, in the order of the chain; those that have no batch come at either end."""
    for row in _rows(session, "journal_entry", _ENTRY, ("batch", "position"), event):
        read = _Reader(dict(zip(_ENTRY, row, strict=True)))
        yield RawEntry(
            id=row[0],
            batch=read.number("batch"),
            position=read.number("position"),
            at=read.instant("at"),
            actor=read.text("actor"),
            event=read.text("event"),
            object_kind=read.text("object_kind"),
            object_id=read.text("object_id"),
            payload=read.json("payload"),
            payload_sha256=read.text("payload_sha256"),
            redacted_why=None if read.row["redacted_why"] is None else read.text("redacted_why"),
            faults=read.faults,
        )


def _rows(
    session: Session, name: str, names: tuple[str, ...], order: tuple[str, ...], event: str | None = None
) -> Iterator[Any]:
    wanted = select(*(_raw(session, n) for n in names)).select_from(table(name)).order_by(*map(column, order))
    if event is not None:
        wanted = wanted.where(column("event") == event)
    yield from session.connection().execute(wanted, execution_options={"yield_per": AT_ONCE})


def _raw(session: Session, name: str) -> ColumnElement[Any]:
    """A column without its type; on PostgreSQL as text where the driver would make more of it."""
    if is_postgresql(session):
        if name in ("at", "committed_at"):  # in one format, whatever the server's settings are
            return func.to_char(func.timezone("UTC", column(name)), "YYYY-MM-DD HH24:MI:SS.US")
        if name == "payload":
            return cast(column(name), Text)
    return column(name)


class _Reader:
    """Reads the values of one row, and collects what is wrong with them."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self._faults: list[str] = []

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(self._faults)

    def number(self, name: str) -> int:
        value = self.row[name]
        return value if isinstance(value, int) else self._fault(name, -1)

    def text(self, name: str) -> str:
        value = self.row[name]
        return value if isinstance(value, str) and value.isascii() else self._tried(name, _unicode, "")

    def instant(self, name: str) -> datetime:
        return self._tried(name, _instant, datetime.min.replace(tzinfo=UTC))

    def json(self, name: str) -> Any:
        return None if self.row[name] is None else self._tried(name, _json, None)

    def _tried(self, name: str, read: Callable[[Any], T], instead: T) -> T:
        try:
            return read(self.row[name])
        except (TypeError, ValueError, OverflowError, RecursionError):
            return self._fault(name, instead)

    def _fault(self, name: str, instead: T) -> T:
        shown = ascii(self.row[name])
        if len(shown) > LONGEST_SHOWN:
            shown = shown[:LONGEST_SHOWN] + "…"
        self._faults.append(f"its {name} cannot be read: {shown}")
        return instead


def _unicode(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value


def _instant(value: Any) -> datetime:
    at: datetime = datetime.fromisoformat(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        raise TypeError
    return json.loads(value)
