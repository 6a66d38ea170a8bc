"""What the tests spare themselves: the migrations of every new SQLite ledger, and waiting for the disk.

A new ledger is migrated for real once in a process; each later one gets the same tables from the statements that
SQLite keeps of them. Tests about opening and migrating ask for the fixture `as_shipped`.
"""

from contextlib import contextmanager

import pytest

from engine.ledger import database

_AS_SHIPPED = {name: getattr(database, name) for name in ("_upgrade", "_sqlite_connected")}
_statements: list[str] = []  # that make a new ledger in SQLite, once one has been migrated


def _upgrade(connection):
    if connection.dialect.name != "sqlite" or database._recorded_version(connection) is not None:
        _AS_SHIPPED["_upgrade"](connection)
    elif _statements:
        cursor = connection.connection.driver_connection
        for statement in _statements:
            cursor.execute(statement)
    else:
        _AS_SHIPPED["_upgrade"](connection)
        dump = connection.connection.driver_connection.iterdump()
        _statements[:] = [s for s in dump if s not in {"BEGIN TRANSACTION;", "COMMIT;"}]


def _sqlite_connected(connection, record):
    _AS_SHIPPED["_sqlite_connected"](connection, record)
    connection.execute("PRAGMA synchronous = OFF")  # nothing of a test has to outlive a power failure


@contextmanager
def hastened():
    """Ledgers are made and written in haste within the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_upgrade", _upgrade)
        patch.setattr(database, "_sqlite_connected", _sqlite_connected)
        yield


@contextmanager
def unhastened():
    """Ledgers are made and written as kaohe ships within the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _AS_SHIPPED.items():
            patch.setattr(database, name, value)
        yield
