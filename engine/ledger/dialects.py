"""Where SQLite and PostgreSQL differ: the clock, the locks, and inserting what may be there already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, Table, insert, text
from sqlalchemy.dialects import sqlite
from sqlmodel import Session, SQLModel

LOCK_FAMILY = 0x6B616F68  # "kaoh": keeps our advisory locks apart from those of others in the same database


class Lock(IntEnum):
    """What may be done by one transaction at a time. JOURNAL is always the last one taken."""

    MIGRATION = 1
    CLAIM = 2
    JOURNAL = 3


def bare(session: Session) -> Connection:
    """The connection of a session, without the bounds that the session may have.

    Only for what shows nobody anything: locks, clocks, the chain, and inserting rows that the use case has let pass.
    """
    unbound = getattr(session, "bare", session.connection)
    connection: Connection = unbound()
    return connection


def is_postgresql(session: Session) -> bool:
    """Whether this session speaks to PostgreSQL; if not, to SQLite (`open_ledger` lets nothing else in)."""
    return session.get_bind().dialect.name == "postgresql"


def take_lock(session: Session, lock: Lock) -> None:
    """Wait for `lock` and hold it until the transaction ends.

    On SQLite this does nothing: a writing transaction is the only one there is (`BEGIN IMMEDIATE`).
    """
    if is_postgresql(session):
        take_postgresql_lock(bare(session), lock)


def take_postgresql_lock(connection: Connection, lock: Lock) -> None:
    """The same for a bare connection to PostgreSQL."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:family, :lock)"), {"family": LOCK_FAMILY, "lock": int(lock)})


def take_named_lock(session: Session, name: str) -> None:
    """Wait for the lock of this name and hold it until the transaction ends; nothing to wait for on SQLite.

    Names share their locks by chance once in 2**64. Taken before JOURNAL, and after any lock of a cursor.
    """
    if is_postgresql(session):
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        bare(session).execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def database_clock(session: Session) -> datetime:
    """What time the database says it is, in UTC: the one clock that the processes on all hosts share.

    It goes on within a transaction, which may have waited for a lock. SQLite's has milliseconds.
    """
    if is_postgresql(session):
        said: datetime = bare(session).exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return said.astimezone(UTC)
    stamp: str = bare(session).exec_driver_sql("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')").scalar_one()
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


def insert_missing(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert those of `rows` that break no unique index, and say how many those were.

    Waits for another transaction that is inserting the same row, and inserts nothing if that one commits.
    """
    if not rows:
        return 0
    session.flush()
    table = table_of(model)
    if is_postgresql(session):
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415  with its drivers, which most need not wait for

        statement = postgresql.insert(table).on_conflict_do_nothing().returning(*table.primary_key)
    else:
        statement = sqlite.insert(table).on_conflict_do_nothing().returning(*table.primary_key)
    return len(bare(session).execute(statement, list(rows)).all())


def insert_rows(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` in bulk, without making objects of them."""
    if rows:
        session.flush()
        bare(session).execute(insert(table_of(model)), list(rows))


def table_of(model: type[SQLModel]) -> Table:
    """The bare table of a model, for statements that need no objects."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
