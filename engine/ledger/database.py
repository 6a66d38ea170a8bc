"""Opening a ledger: one address in, one engine out whose tables are there and current, or one clear error.

A ledger that is up to date costs a look at its version; Alembic is imported only if there is something to migrate.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, column, create_engine, event, inspect, make_url, select, table
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlmodel import Session

from engine.ledger.actors import Scope
from engine.ledger.bounded import BoundedSession
from engine.ledger.dialects import Lock, bare, take_postgresql_lock
from engine.ledger.mounts import network_file_system_of
from engine.ledger.scoping import sight_of
from engine.ledger.troubles import LedgerError, OutdatedError, masked, stopped, unopened
from engine.ledger.veil import VEIL, drawn

__all__ = ["LedgerError", "OutdatedError", "known_versions", "masked", "open_ledger", "reading", "transaction"]

VERSION_TABLE = "ledger_version"
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 10_000
READING, WRITING = "BEGIN", "BEGIN IMMEDIATE"  # how a transaction begins on SQLite
FORMS = "sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
POSTGRESQL_NAMES = {"postgres", "postgresql", "postgresql+psycopg"}
SQLITE_NAMES = {"sqlite", "sqlite+pysqlite"}
EVERYTHING = Scope(everything=True)  # without bounds: kaohe's own work


def open_ledger(url: str) -> Engine:
    """The engine of the ledger at `url`, created or migrated first where that is needed.

    `url` is `sqlite:///PATH` or `postgresql+psycopg://…` (`postgresql://` means the same). Any number of
    processes may open a new ledger at once: one creates it, the others wait. The caller disposes of it.
    Raises LedgerError if it cannot be reached, is not a ledger, was written by a newer kaohe, or is SQLite on a network
    file system.
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
            raise unopened(address, error) from None
        except OSError as error:
            raise LedgerError(
                f"cannot write beside the ledger {masked(address)}: {error}",
                zh=f"台账 {masked(address)} 旁边写不了文件：{error}",
            ) from None
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
            raise unopened(address, error) from None
        yield engine, version
    finally:
        engine.dispose()


@contextmanager
def transaction(engine: Engine, scope: Scope = EVERYTHING) -> Iterator[Session]:
    """A session that writes: commits at the end of the block, rolls back on an exception.

    It sees and changes what is in `scope`; what it inserts is for the use case to check.
    On SQLite it is the only writer from its first moment, so what it reads stays true; on PostgreSQL each
    statement reads what is committed. Objects stay usable after the block. Raises LedgerError if it is busy,
    cannot be reached, or gives up on the way, and OutdatedError, with nothing done, if another kaohe has migrated it
    since it was opened.
    """
    with _session(engine, scope, engine.url) as session:
        try:
            yield session
            session.commit()
        except (OperationalError, InterfaceError) as error:
            raise stopped(engine.url, error) from None


@contextmanager
def reading(engine: Engine, scope: Scope = EVERYTHING, stranger: str = "internal") -> Iterator[Session]:
    """A session that sees one moment of the ledger, what is in `scope`, and writes nothing: the database refuses it.

    For readers who are not of the house, people of the house are all called `stranger` (see `engine.ledger.veil`).
    Raises as `transaction` does when it begins.
    """
    options: dict[str, Any] = {"ledger_begin": READING}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _session(engine.execution_options(**options), scope, engine.url) as session:
        if veil := drawn(bare(session), scope, stranger):
            session.info[VEIL] = veil
        yield session


def known_versions() -> list[str]:
    """The versions of the ledger that this kaohe knows, oldest first: the numbers of its migrations."""
    return list(_KNOWN)


# Looked up when this program starts: while it runs, an upgrade may put migrations here that it has no code for.
_KNOWN = tuple(sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        # What cannot be parsed cannot be masked either, so it is not repeated.
        raise LedgerError(
            f"the ledger's address cannot be read; expected {FORMS}", zh=f"台账的地址读不懂；应写成 {FORMS}"
        ) from None
    if address.drivername in POSTGRESQL_NAMES:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in SQLITE_NAMES:
        raise LedgerError(
            f"a ledger cannot be kept in {address.drivername!r}; expected {FORMS}",
            zh=f"台账不能放在 {address.drivername!r} 里；应写成 {FORMS}",
        )
    if not address.database or address.database == ":memory:":
        raise LedgerError(
            "a ledger needs a file that all processes can open; expected sqlite:///PATH",
            zh="台账要放在所有进程都能打开的文件里；应写成 sqlite:///PATH",
        )
    _refuse_unsafe(Path(address.database).parent, address)
    return address


def _refuse_unsafe(folder: Path, address: URL) -> None:
    """Refuse a directory that is not there, or where SQLite's locks and its shared memory do not hold."""
    if not folder.is_dir():
        raise LedgerError(
            f"no directory {folder} for the ledger {masked(address)}; create it first",
            zh=f"没有目录 {folder}，放不下台账 {masked(address)}；请先新建",
        )
    kind = network_file_system_of(folder)
    if kind:
        raise LedgerError(
            f"the ledger {masked(address)} lies on a network file system ({kind}), where SQLite loses and tears what "
            "several processes write; put it on a disk of this machine, or use PostgreSQL: set KAOHE_DATABASE_URL",
            zh=f"台账 {masked(address)} 在网络文件系统（{kind}）上，多个进程同时写 SQLite 会丢失、损坏数据；"
            "请把数据目录放到本机磁盘，或改用 PostgreSQL：设置 KAOHE_DATABASE_URL",
        )


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


@contextmanager
def _session(bind: Engine, scope: Scope, url: URL) -> Iterator[Session]:
    """A session that has begun. A bounded one asks first, within its transaction, which rows its scope means."""
    kind = Session if scope.unbounded else BoundedSession
    with kind(bind, expire_on_commit=False) as session:
        try:
            _refuse_other_version(bare(session))
            if isinstance(session, BoundedSession):
                session.look(sight_of(bare(session), scope))
        except OperationalError as error:
            raise unopened(url, error) from None
        yield session


def _refuse_other_version(connection: Connection) -> None:
    """Raise OutdatedError unless the ledger has this program's version, and keep it so until the transaction ends.

    On SQLite a writer is alone, and a reader sees one moment. On PostgreSQL the lock that reading takes holds off a
    migration, which locks this table before any other; a transaction that sees one moment must hold it before that.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {VERSION_TABLE} IN ACCESS SHARE MODE")
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608  our own name
    if found != _KNOWN[-1]:
        raise OutdatedError(connection.engine.url, found, _KNOWN[-1])


def _is_ready(connection: Connection) -> bool:
    """Whether nothing has to be done; raises if nothing can be done."""
    found = _recorded_version(connection)
    if found is not None and found not in _KNOWN:
        where = masked(connection.engine.url)
        raise LedgerError(
            f"the ledger {where} has version {found}, and this kaohe knows those up to {_KNOWN[-1]}: a newer kaohe has "
            "written it; upgrade this one",
            zh=f"台账 {where} 是版本 {found}，这个 kaohe 只认到 {_KNOWN[-1]}：它由更新的 kaohe 写成；请升级本程序",
        )
    if found != _KNOWN[-1]:
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
        others, where = ", ".join(sorted(tables)[:3]), masked(connection.engine.url)
        raise LedgerError(
            f"{where} holds other tables ({others}) and no ledger; name an empty database, or a new file",
            zh=f"{where} 里是别的表（{others}），不是台账；请换一个空数据库或新文件",
        )
    return None


def _journal_mode(connection: Connection) -> str:
    return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def _migrate(engine: Engine) -> None:
    """Bring the tables to the newest version, in one transaction, under a lock that others wait for."""
    with _alone(engine), _migrating(engine) as connection:
        if engine.dialect.name == "postgresql":
            take_postgresql_lock(connection, Lock.MIGRATION)
            if VERSION_TABLE in inspect(connection).get_table_names():
                # Before any other table, as everybody does: who works is waited for, who comes waits.
                connection.exec_driver_sql(f"LOCK TABLE {VERSION_TABLE} IN ACCESS EXCLUSIVE MODE")
        if not _is_ready(connection):
            _upgrade(connection)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """One transaction. On SQLite what refers to what is looked at once, at its end.

    Tables are altered there by making them anew, and the old one cannot be dropped while rows refer to it.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.execution_options(ledger_begin=None).connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # without effect once a transaction has begun
        try:
            connection.exec_driver_sql(WRITING)
            yield connection
            loose = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if loose is not None:
                raise LedgerError(
                    f"the ledger cannot be migrated: a row of {loose[0]} refers to one of {loose[2]} that is not there",
                    zh=f"台账无法升级：{loose[0]} 里有一行引用了 {loose[2]} 里没有的行",
                )
            connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")


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
