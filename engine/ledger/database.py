"""Opening a ledger: one address in, one engine out whose tables are there and current, or one clear error.

A ledger that is up to date costs a look at its version; Alembic is imported only if there is something to migrate.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, column, create_engine, event, inspect, make_url, select, table
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlmodel import Session

from engine.errors import KaoheError
from engine.ledger.dialects import Lock, take_postgresql_lock

VERSION_TABLE = "ledger_version"
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 10_000
READING, WRITING = "BEGIN", "BEGIN IMMEDIATE"  # how a transaction begins on SQLite
FORMS = "sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
POSTGRESQL_NAMES = {"postgres", "postgresql", "postgresql+psycopg"}
SQLITE_NAMES = {"sqlite", "sqlite+pysqlite"}


class LedgerError(KaoheError):
    """A ledger that cannot be opened or is busy. Its address is always shown without the password."""


def open_ledger(url: str) -> Engine:
    """The engine of the ledger at `url`, created or migrated first where that is needed.

    `url` is `sqlite:///PATH` or `postgresql+psycopg://…` (`postgresql://` means the same). Any number of
    processes may open a new ledger at once: one creates it, the others wait. The caller disposes of it.
    Raises LedgerError if it cannot be reached, is not a ledger, or was written by a newer kaohe.
    """
    address = _address(url)
    engine = _engine(address)
    with ExitStack() as undo:
        undo.callback(engine.dispose)
        try:
            with engine.execution_options(ledger_begin=READING).connect() as connection:
                ready = _is_ready(connection)
            if not ready:
                _migrate(engine)
        except DBAPIError as error:
            raise LedgerError(_unreachable(address, error)) from None
        except OSError as error:
            raise LedgerError(f"cannot write beside the ledger {masked(address)}: {error}") from None
        undo.pop_all()
    return engine


@contextmanager
def untouched_ledger(url: str) -> Iterator[tuple[Engine, str | None]]:
    """What is at `url`, as it is: its engine, and the version of its tables (None where it has none yet).

    Nothing is created or migrated, so the tables may be older or newer than this kaohe. Raises LedgerError if it
    cannot be reached or is not a ledger.
    """
    address = _address(url)
    if address.drivername != "postgresql+psycopg" and not Path(address.database or "").is_file():
        raise LedgerError(f"there is no file {address.database} for the ledger")
    engine = _engine(address)
    try:
        try:
            with engine.execution_options(ledger_begin=READING).connect() as connection:
                version = _recorded_version(connection)
        except DBAPIError as error:
            raise LedgerError(_unreachable(address, error)) from None
        yield engine, version
    finally:
        engine.dispose()


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that writes: commits at the end of the block, rolls back on an exception.

    On SQLite it is the only writer from its first moment, so what it reads stays true; on PostgreSQL each
    statement reads what is committed. Objects stay usable after the block. Raises LedgerError if it is busy
    or cannot be reached.
    """
    with Session(engine, expire_on_commit=False) as session:
        _begin(session, engine)
        yield session
        session.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one moment of the ledger and writes nothing: the database refuses a write in it."""
    options: dict[str, Any] = {"ledger_begin": READING}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with Session(engine.execution_options(**options), expire_on_commit=False) as session:
        _begin(session, engine)
        yield session


def masked(address: URL) -> str:
    """The address as a person may see it: without passwords, wherever they stand in it."""
    query = {k: "***" if "password" in k.lower() else v for k, v in address.query.items()}
    return address.set(query=query).render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def known_versions() -> list[str]:
    """The versions of the ledger that this kaohe knows, oldest first: the numbers of its migrations."""
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        # What cannot be parsed cannot be masked either, so it is not repeated.
        raise LedgerError(f"the ledger's address cannot be read; expected {FORMS}") from None
    if address.drivername in POSTGRESQL_NAMES:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in SQLITE_NAMES:
        raise LedgerError(f"a ledger cannot be kept in {address.drivername!r}; expected {FORMS}")
    if not address.database or address.database == ":memory:":
        raise LedgerError("a ledger needs a file that all processes can open; expected sqlite:///PATH")
    folder = Path(address.database).parent
    if not folder.is_dir():
        raise LedgerError(f"no directory {folder} for the ledger {masked(address)}; create it first")
    return address


def _engine(address: URL) -> Engine:
    if address.drivername == "postgresql+psycopg":
        settings = {"application_name": "kaohe", "connect_timeout": "10"}
        return create_engine(address.update_query_dict(settings), pool_pre_ping=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begins)
    event.listen(engine, "reset", _sqlite_given_back)
    return engine


def _sqlite_connected(connection: Any, _record: object) -> None:
    # Python's own transaction handling begins too late (at the first write); ours begins in _sqlite_begins.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # NORMAL could lose committed transactions when the power fails.
    connection.execute("PRAGMA synchronous = FULL")


def _sqlite_begins(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for its lock, so writers take it at once.
    begin = connection.get_execution_options().get("ledger_begin", WRITING)
    if begin == READING:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    if begin is not None:
        connection.exec_driver_sql(begin)


def _sqlite_given_back(connection: Any, _record: object, _state: object) -> None:
    connection.execute("PRAGMA query_only = OFF")


def _begin(session: Session, engine: Engine) -> None:
    try:
        session.connection()
    except OperationalError as error:
        raise LedgerError(_unreachable(engine.url, error)) from None


def _is_ready(connection: Connection) -> bool:
    """Whether nothing has to be done; raises if nothing can be done."""
    found = _recorded_version(connection)
    known = known_versions()
    if found is not None and found not in known:
        raise LedgerError(
            f"the ledger {masked(connection.engine.url)} has version {found}, and this kaohe knows those "
            f"up to {known[-1]}: a newer kaohe has written it; upgrade this one"
        )
    if found != known[-1]:
        return False
    return connection.dialect.name != "sqlite" or _journal_mode(connection) == "wal"


def _recorded_version(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE in tables:
        version: str | None = connection.execute(
            select(column("version_num")).select_from(table(VERSION_TABLE))
        ).scalar()
        return version
    if tables:
        others = ", ".join(sorted(tables)[:3])
        raise LedgerError(
            f"{masked(connection.engine.url)} holds other tables ({others}) and no ledger; "
            "name an empty database, or a new file"
        )
    return None


def _journal_mode(connection: Connection) -> str:
    return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def _migrate(engine: Engine) -> None:
    """Bring the tables to the newest version, in one transaction, under a lock that others wait for."""
    with _alone(engine), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            take_postgresql_lock(connection, Lock.MIGRATION)
        if not _is_ready(connection):
            _upgrade(connection)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """On SQLite, hold a lock file beside the ledger. PostgreSQL has a lock of its own."""
    if engine.dialect.name != "sqlite":
        yield
        return
    # Not the ledger's own file: closing a second handle on that would drop the locks SQLite holds on it.
    with Path(f"{engine.url.database}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Kept in the file once set. Cannot be set within a transaction, nor by two processes at once.
        with engine.execution_options(ledger_begin=None).connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        yield


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  a fifth of a second that an up-to-date ledger need not spend
    from alembic.config import Config  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    command.upgrade(config, "head")


def _unreachable(address: URL, error: DBAPIError) -> str:
    said = " ".join(str(error.orig).split())
    if address.password:
        said = said.replace(str(address.password), "***")
    if "database is locked" in said:
        return f"the ledger {masked(address)} is busy: another process keeps writing to it; try again"
    if "file is not a database" in said:
        return f"{masked(address)} is a file of something else, not a ledger; name another file"
    hint = "is the file, and its directory, readable and writable?"
    if address.drivername == "postgresql+psycopg":
        hint = "is the server running, and do the user, password and database name fit?"
    return f"cannot open the ledger {masked(address)}: {re.sub(r'^connection failed: ', '', said)}; {hint}"
