"""What does not work for a while is told once, tried again ever more slowly, and mends by itself."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from console.desk import desk as desk_of
from console.watch.jobs import Worker
from console.watch.outages import Outages, Patient
from engine.errors import KaoheError
from engine.ledger.database import LedgerError


@pytest.fixture
def told(caplog):
    with caplog.at_level("INFO", logger="kaohe.worker"):
        yield lambda: [r.getMessage() for r in caplog.records if r.name == "kaohe.worker"]


class Unit:
    """A unit of work that fails as long as it is told to, at times that can be turned on."""

    def __init__(self, outages_of=None):
        self.at, self.tried, self.error = 0.0, [], None
        self.outages = outages_of or Outages("en", lambda: self.at)

    def __call__(self):
        self.tried.append(self.at)
        if self.error:
            raise self.error


def test_the_pauses_grow_to_a_minute_and_are_over_with_the_first_success(told):
    unit = Unit()
    job = Patient("x", unit, unit.outages, lambda: unit.at)
    unit.error = LedgerError("gone")
    for second in range(300):
        unit.at = float(second)
        job()
    gaps = [b - a for a, b in pairwise(unit.tried)]
    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    unit.error, unit.at = None, 400.0
    job()
    job()
    assert unit.tried[-2:] == [400.0, 400.0]
    assert told() == ["gone; it is tried again, at growing intervals", "it works again, after 400 seconds"]


def test_one_outage_is_told_once_in_whatever_words_and_by_however_many_jobs(told):
    unit = Unit()
    first, second = (Patient(name, unit, unit.outages, lambda: unit.at) for name in ("a", "b"))
    for error in (LedgerError("refused"), OperationalError("SELECT secret", {}, Exception("the server went away"))):
        unit.error, unit.at = error, unit.at + 100
        first()
        second()
    assert told() == ["refused; it is tried again, at growing intervals"]
    unit.error, unit.at = None, 1000.0
    first()
    assert len(told()) == 1  # the other job has not been there yet
    second()
    assert told()[1:] == ["it works again, after 900 seconds"]


def test_the_statement_that_failed_is_not_told(told):
    unit = Unit()
    unit.error = OperationalError("SELECT secret", {"name": "zhao@example.com"}, Exception("no\nanswer"))
    Patient("a", unit, unit.outages)()
    assert told() == ["no answer; it is tried again, at growing intervals"]


def test_a_fault_of_ours_is_told_with_its_traceback_and_stops_nobody(told, caplog):
    unit = Unit()
    unit.error = ZeroDivisionError("oops")
    Patient("a", unit, unit.outages)()
    assert caplog.records[-1].exc_info
    unit.error = KaoheError("another matter")
    Patient("b", unit, unit.outages)()
    assert len(told()) == 2


def test_a_database_that_is_away_for_a_while_is_told_once_and_mends_by_itself(
    postgres_databases, postgres_url, home, monkeypatch, told
):
    name = postgres_databases.create()
    monkeypatch.setenv("KAOHE_DATABASE_URL", postgres_databases.url(name))
    monkeypatch.setenv("KAOHE_LANGUAGE", "en")
    at = [0.0]
    with desk_of(str(home)) as desk, psycopg.connect(postgres_url, autocommit=True) as server:
        desk.makes_home = True
        worker = Worker(desk)
        worker.outages.clock = lambda: at[0]
        jobs = [job for job, _ in worker.jobs()]

        def all_jobs():
            at[0] += 100
            for job in jobs:
                job.clock = lambda: at[0]
                job()

        all_jobs()
        assert told() == []
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres_databases.disconnect(name)
        all_jobs()
        all_jobs()
        (only,) = told()
        assert "is not currently accepting connections" in only
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        all_jobs()
        assert told()[1:] == ["it works again, after 200 seconds"]
        assert worker.pulse.still(timedelta(minutes=10)) == []
    postgres_databases.drop(name)
