"""A worker as a real process, and a ledger that another kaohe migrates under it or has left at an older version."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from sqlalchemy import create_engine, text

from engine.ledger.database import VERSION_TABLE, known_versions
from tests.old_ledgers import old_ledger

pytestmark = pytest.mark.usefixtures("as_shipped")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """The address of an empty database, on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite'}"
        return
    databases = request.getfixturevalue("postgres_databases")
    name = databases.create()
    yield databases.url(name)
    databases.drop(name)


@pytest.fixture
def worker(home, address):
    """Starts a worker on that ledger."""
    started = []

    def start(*options):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KAOHE_")}
        kept |= {
            "KAOHE_HOME": str(home),
            "KAOHE_DATABASE_URL": address,
            "KAOHE_TICK_SECONDS": "1",
            "KAOHE_LANGUAGE": "en",
        }
        called = [sys.executable, "-m", "console.cli", "worker", *options]
        started.append(subprocess.Popen(called, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def sql(address, *statements):
    engine = create_engine(address)
    try:
        with engine.begin() as connection:
            found = [connection.execute(text(statement)) for statement in statements]
            return found[-1].all() if found[-1].returns_rows else None
    finally:
        engine.dispose()


def until(condition):
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_worker_whose_ledger_another_kaohe_migrates_stops_with_2_says_why_and_writes_nothing_more(worker, address):
    process = worker()

    def lives():
        assert process.poll() is None, process.stderr.read()
        try:
            return sql(address, "SELECT worker FROM worker_seen")
        except Exception:  # noqa: BLE001  the tables are not there yet
            return False

    until(lives)
    sql(address, "CREATE TABLE of_tomorrow (id INTEGER)", f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    seen = sql(address, "SELECT seen_at FROM worker_seen")
    told = process.communicate(timeout=90)[1]
    assert process.returncode == 2
    assert f"has version 9999 by now, and this process works with {known_versions()[-1]}" in told
    assert "start it again from the new version" in told
    assert "Traceback" not in told
    assert sql(address, "SELECT seen_at FROM worker_seen") == seen


def test_an_old_worker_is_refused_by_a_newer_ledger_at_its_start_and_makes_nothing(worker, address, home):
    worker("--once").communicate(timeout=90)
    sql(address, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    before = sql(address, "SELECT * FROM worker_seen")
    process = worker()
    told = process.communicate(timeout=90)[1]
    assert process.returncode == 2
    assert "a newer kaohe has written it; upgrade this one" in told
    assert sql(address, "SELECT * FROM worker_seen") == before


def test_a_new_worker_migrates_an_older_ledger_and_works(worker, address):
    with old_ledger(address, "0001"):
        pass
    workers = [worker("--once") for _ in range(3)]  # at once: one migrates, the others wait
    for process in workers:
        assert process.communicate(timeout=120)[1] is not None
        assert process.returncode == 0
    assert sql(address, f"SELECT version_num FROM {VERSION_TABLE}") == [(known_versions()[-1],)]
