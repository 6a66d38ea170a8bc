"""An old program on a newer ledger, a new one on an older: they work or refuse clearly, whoever is running already."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine, event, inspect, text
from sqlmodel import select

from engine.ledger import database
from engine.ledger.database import (
    VERSION_TABLE,
    OutdatedError,
    known_versions,
    open_ledger,
    reading,
    transaction,
)
from engine.ledger.tables import Cursor
from tests.old_ledgers import old_ledger

pytestmark = pytest.mark.usefixtures("as_shipped")

# Each of several processes opens a ledger of version 0001; says how often it migrated.
UPGRADE = """
from engine.ledger import database

def work(number, url):
    upgrade, done = database._upgrade, []

    def counted(connection):
        done.append(1)
        upgrade(connection)

    database._upgrade = counted
    engine = database.open_ledger(url)
    with database.transaction(engine):
        pass
    engine.dispose()
    return len(done)
"""
# Dies at the n-th statement of a migration.
DIE = """
import os, signal
from sqlalchemy import event
from sqlalchemy.engine import Engine
from engine.ledger import database

def work(number, url, at):
    left = [at]

    def count(*_):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    upgrade = database._upgrade

    def counted(connection):
        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", count)
        upgrade(connection)

    database._upgrade = counted
    database.open_ledger(url).dispose()
    return left[0]
"""


@pytest.fixture
def old_url(new_url):
    """The address of a ledger at the first version, with a row in it."""
    with old_ledger(new_url, "0001") as insert:
        insert("cursor", reader="notifier", batch=7)
    return new_url


def shape(url):
    """The version, the columns of all tables, and the row that must not be lost."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = inspect(connection)
        columns = {t: sorted(c["name"] for c in found.get_columns(t)) for t in sorted(found.get_table_names())}
        version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
        rows = connection.execute(text("SELECT reader, batch FROM cursor")).all()
    engine.dispose()
    return version, columns, [tuple(row) for row in rows]


def migrate_further(url, version="9999"):
    """What a newer kaohe does to a ledger."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"LOCK TABLE {VERSION_TABLE} IN ACCESS EXCLUSIVE MODE"))
        connection.execute(text("CREATE TABLE of_tomorrow (id INTEGER)"))
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :v"), {"v": version})
    engine.dispose()


def test_many_processes_that_start_at_once_migrate_an_old_ledger_once(old_url, race):
    assert sorted(race(UPGRADE, 6, old_url)) == [0, 0, 0, 0, 0, 1]
    version, _, rows = shape(old_url)
    assert (version, rows) == (known_versions()[-1], [("notifier", 7)])


@pytest.mark.slow
def test_a_migration_killed_anywhere_leaves_the_old_ledger_or_the_new_one(old_url, race):
    old, at = shape(old_url), 1
    while race(DIE, 1, old_url, at) == [None]:
        after = shape(old_url)
        assert after == old or after[0] == known_versions()[-1]
        if after != old:
            break  # it died after its commit
        at += 5
    assert at > 20  # there was something to interrupt
    open_ledger(old_url).dispose()
    version, columns, rows = shape(old_url)
    assert (version, rows) == (known_versions()[-1], [("notifier", 7)])
    assert "assessment" in columns


def test_who_has_a_ledger_open_that_another_kaohe_migrates_writes_and_reads_nothing_more(new_ledger, new_url):
    with transaction(new_ledger) as session:
        session.add(Cursor(reader="notifier", batch=7))
    migrate_further(new_url)
    for begin in (transaction, reading):
        with pytest.raises(
            OutdatedError, match=r"has version 9999 by now.*works with \d{4}.*from the new version"
        ) as told:
            begin(new_ledger).__enter__()
        assert "请结束本进程" in told.value.zh
        assert "***" in str(told.value) or "sqlite" in str(told.value) or "@" in str(told.value)
    assert shape(new_url)[2] == [("notifier", 7)]


def test_a_migration_waits_for_a_transaction_that_works_and_whoever_comes_later_is_refused(new_ledger, new_url):
    migrating = threading.Thread(target=migrate_further, args=[new_url])
    with transaction(new_ledger) as session:
        migrating.start()
        migrating.join(0.3)
        assert migrating.is_alive()
        session.add(Cursor(reader="notifier", batch=8))
    migrating.join(20)
    assert not migrating.is_alive()
    with pytest.raises(OutdatedError):
        transaction(new_ledger).__enter__()
    assert shape(new_url)[2] == [("notifier", 8)]


def test_a_newer_program_s_migrations_beside_a_running_old_one_are_not_taken_for_its_own(monkeypatch, tmp_path):
    """Upgraded in place, the files of the new version lie where the old one looks for its own."""
    known = known_versions()
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "9999_of_tomorrow.py").touch()
    monkeypatch.setattr(database, "MIGRATIONS", tmp_path)
    assert known_versions() == known


def test_a_step_costs_one_look_at_the_version(sqlite_ledger):
    asked = []
    event.listen(sqlite_ledger, "before_cursor_execute", lambda _c, _cur, statement, *_: asked.append(statement))
    with transaction(sqlite_ledger) as session:
        session.exec(select(Cursor)).all()
    assert [s for s in asked if VERSION_TABLE in s] == [f"SELECT version_num FROM {VERSION_TABLE}"]
