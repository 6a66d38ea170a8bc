"""What the tests spare themselves: migrating every new ledger, waiting for the disk, and compiling known statements.

A new ledger in SQLite is migrated for real once in a process; each later one gets the same tables from the statements
that SQLite keeps of them. Of a statement, an engine keeps what it compiled; here the next test's engine keeps it too.
Tests about opening and migrating ask for the fixture `as_shipped`.
"""

from contextlib import contextmanager

import pytest
from hypothesis import is_hypothesis_test, settings
from sqlalchemy import Engine

from engine.ledger import database

FEW = 10  # examples
_AS_SHIPPED = {name: getattr(database, name) for name in ("_upgrade", "_sqlite_connected", "create_engine")}
_statements: list[str] = []  # that make a new ledger in SQLite, once one has been migrated

_first: dict[str, Engine] = {}  # of each kind of database, an engine that others share with


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


def _create_engine(address, **settings):
    engine = _AS_SHIPPED["create_engine"](address, query_cache_size=5000, **settings)
    first = _first.get(address.drivername)
    if first is None or not hasattr(first.dialect, "default_isolation_level"):  # it has never been connected
        _first[address.drivername] = engine
    else:
        # What is compiled is kept under its dialect, so sharing the one means sharing the other.
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


@contextmanager
def hastened():
    """Ledgers are made and written in haste within the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_upgrade", _upgrade)
        patch.setattr(database, "_sqlite_connected", _sqlite_connected)
        patch.setattr(database, "create_engine", _create_engine)
        yield


@contextmanager
def unhastened():
    """Ledgers are made and written as kaohe ships within the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _AS_SHIPPED.items():
            patch.setattr(database, name, value)
        yield


def left_to_the_whole(items):
    """Mark as slow what `make test` can do without: most cases of what has many, and PostgreSQL where SQLite has been.

    Of a test marked `few(n)`, n cases stay, spread evenly; the first one is always tried. Outside the ledger's own room
    one in four of the tests on both databases stays on both, among them the first of each file.
    """
    tests = {}
    for item in items:
        if isinstance(item, pytest.Function) and not item.get_closest_marker("slow"):
            tests.setdefault(item.path, {}).setdefault(item.originalname, []).append(item)
    left = []
    for path, of_one_file in tests.items():
        both = [cases for cases in of_one_file.values() if {"sqlite", "postgresql"} <= set(map(_database, cases))]
        for number, cases in enumerate(both if path.parent.name != "ledger" else ()):
            left += [case for case in cases if number % 4 and _database(case) == "postgresql"]
        for cases in of_one_file.values():
            marker = cases[0].get_closest_marker("few")
            if marker and len(cases) > marker.args[0]:
                tried = {n * len(cases) // marker.args[0] for n in range(marker.args[0])}
                left += [case for number, case in enumerate(cases) if number not in tried]
    for case in left:
        case.add_marker(pytest.mark.slow)


def _database(case):
    """The database of a case of a test on both; None of any other."""
    given = case.callspec.params.values() if hasattr(case, "callspec") else ()
    return next((value for value in given if value in ("sqlite", "postgresql")), None)


def with_few_examples(items):
    """Let Hypothesis try no more than FEW examples of each property."""
    for item in items:
        test = getattr(item, "obj", None)
        if is_hypothesis_test(test) and test._hypothesis_internal_use_settings.max_examples > FEW:
            test._hypothesis_internal_use_settings = settings(test._hypothesis_internal_use_settings, max_examples=FEW)
