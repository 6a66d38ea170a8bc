"""Holding a run: one owner at a time, for as long as it lives and works, and not a moment for nothing."""

import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

import engine.assessment.assess as assess_module
import engine.assessment.plan as plan_module
from engine.assessment import lease
from engine.assessment.due import due_runs
from engine.assessment.standing import live_files, past_runs
from engine.ledger import runs
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.tables import Run

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LONG = timedelta(seconds=30)


def worker(office, owner, length=LONG):
    """The office as a worker of this name has it."""
    return replace(office.place, owner=owner, lease=length)


def claimed(office, owner, due, length=LONG):
    return lease.claimed(worker(office, owner, length), due, at_once=True)


@pytest.fixture
def one_reasoner_for_all():
    """Not here: a reasoner may not serve two threads at once."""


@pytest.fixture
def planned(week_of):
    """Puts two weeks of evidence into an office; gives what is due."""

    def plan(office, take=True):
        if take:
            office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W11", 7, 10))
        (rule,) = office.rules
        with reading(office.ledger) as session:
            return due_runs(rule, live_files(session), [], past_runs(session, rule.id), NOW)

    return plan


def test_a_run_is_claimed_by_one_process_and_refused_to_the_next(office, planned):
    first, second = planned(office)
    run_id = claimed(office, "a", first, LONG).id
    assert claimed(office, "b", first) is None
    assert claimed(office, "b", second) is None  # of one rule, one at a time
    (run,) = office.rows(Run)  # and a refusal leaves nothing behind
    assert (run.id, run.owner, run.state, run.attempts) == (run_id, "a", "running", 1)


def test_a_plan_that_another_process_has_carried_out_meanwhile_is_void(office, planned):
    first, _ = planned(office)
    office.assess(NOW)
    assert claimed(office, "late", first) is None
    assert [run.state for run in office.rows(Run)] == ["done", "done"]


def test_a_plan_made_on_older_evidence_is_void_once_the_newer_was_assessed(office, planned, week_of):
    planned(office)
    office.assess(NOW)
    office.take(*week_of("s1", "2026-W10", 8, 10), replace_days=True)
    (stale,) = planned(office, take=False)
    office.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    office.assess(NOW)
    assert claimed(office, "late", stale) is None
    assert office.outcome().numerator == 9


@pytest.fixture
def ends_at(monkeypatch):
    """When the lease of a run ends. Heartbeats come fast here, and yet leases are long: no slow machine matters."""
    monkeypatch.setattr(lease, "BEATS", 300)

    def look(office, run_id):
        return office.rows(Run, id=run_id)[0].lease_until

    return look


def test_a_lease_is_renewed_again_and_again_while_its_run_is_worked_on_and_not_afterwards(office, planned, ends_at):
    first, _ = planned(office)
    run_id = claimed(office, "a", first, LONG).id
    end = ends_at(office, run_id)
    with lease.held(worker(office, "a", LONG), run_id):
        for _ in range(3):
            before = end
            while (end := ends_at(office, run_id)) == before:
                time.sleep(0.02)
            assert end > before
    end = ends_at(office, run_id)
    time.sleep(0.3)
    assert ends_at(office, run_id) == end


def test_a_lease_that_nobody_renews_ends(office, planned):
    first, _ = planned(office)
    run_id = claimed(office, "a", first, timedelta(seconds=0.2)).id
    time.sleep(0.3)
    assert claimed(office, "b", first).id == run_id


def test_no_thread_is_left_when_the_work_ends_or_fails(small_office, planned):
    first, _ = planned(small_office)
    run_id = claimed(small_office, "a", first, LONG).id
    before = threading.active_count()
    during = []
    with suppress(ZeroDivisionError), lease.held(worker(small_office, "a", LONG), run_id):
        during.append(threading.active_count())
        raise ZeroDivisionError
    assert (during, threading.active_count()) == ([before + 1], before)


def test_a_heartbeat_that_fails_once_is_tried_again(small_office, planned, ends_at, monkeypatch, caplog):
    first, _ = planned(small_office)
    run_id = claimed(small_office, "a", first, LONG).id
    heartbeat, failures = runs.heartbeat, []

    def shaky(*given):
        if not failures:
            failures.append(given)
            raise OperationalError("UPDATE", {}, Exception("connection lost"))
        heartbeat(*given)

    monkeypatch.setattr(runs, "heartbeat", shaky)
    before = ends_at(small_office, run_id)
    with lease.held(worker(small_office, "a", LONG), run_id):
        while ends_at(small_office, run_id) == before:
            time.sleep(0.02)
    assert "could not be renewed" in caplog.text


def test_a_heartbeat_for_a_run_that_belongs_to_another_by_now_does_not_take_it_back(small_office, planned):
    first, _ = planned(small_office)
    run_id = claimed(small_office, "a", first, timedelta(0)).id
    time.sleep(0.01)
    assert claimed(small_office, "b", first).id == run_id
    with lease.held(worker(small_office, "a", timedelta(seconds=0.03)), run_id):
        time.sleep(0.1)
    (run,) = small_office.rows(Run)
    assert (run.owner, run.attempts) == ("b", 2)


@pytest.fixture
def colleague(request):
    """The same office, as another process would have it: its own connections, its own name."""

    def of(office, owner, length):
        ledger = open_ledger(office.ledger.url.render_as_string(hide_password=False))
        request.addfinalizer(ledger.dispose)
        return replace(office.place, ledger=ledger, owner=owner, lease=length)

    return of


@pytest.fixture
def slow_judge(monkeypatch):
    """Before `owner` judges its first run, it does something else."""

    def slow_down(owner, something_else):
        judged, done = plan_module.Bench.judged, []

        def judge_slowly(bench, due):
            if bench.place.owner == owner and not done:
                done.append(something_else())
            return judged(bench, due)

        monkeypatch.setattr(plan_module.Bench, "judged", judge_slowly)

    return slow_down


def assess_in(place, office):
    return assess_module.assess_due(place, office.rules, NOW, lambda *_: None, pause=lambda _: time.sleep(0.02))


def test_a_slow_run_is_not_stolen_from_a_living_process(office, planned, colleague, slow_judge, in_a_thread):
    planned(office)
    slow_judge("a", lambda: time.sleep(2.5))
    slow = in_a_thread(assess_in, colleague(office, "a", timedelta(seconds=2)), office)
    while not office.rows(Run):
        time.sleep(0.01)
    fast = assess_in(colleague(office, "b", LONG), office)
    assert slow.result().runs + fast.runs == 2
    first, second = office.rows(Run)
    assert (first.owner, first.attempts, second.attempts) == ("a", 1, 1)
    assert office.faults() == []


def test_a_process_that_was_given_up_for_dead_writes_nothing_when_it_comes_back(
    office, planned, colleague, slow_judge, in_a_thread, monkeypatch
):
    planned(office)
    woken = threading.Event()
    slow_judge("a", woken.wait)
    monkeypatch.setattr(lease, "held", lambda *_: nullcontext())  # as if it had been stopped: no sign of life
    sleeper = in_a_thread(assess_in, colleague(office, "a", timedelta(seconds=0.2)), office)
    while not office.rows(Run):
        time.sleep(0.01)
    other = assess_in(colleague(office, "b", LONG), office)
    woken.set()
    assert (other.runs, sleeper.result().runs) == (2, 0)
    first, second = office.rows(Run)
    assert (first.owner, first.attempts, second.owner, second.attempts) == ("b", 2, "b", 1)
    assert [event for event, _, _ in office.events()] == ["violation.opened"] * 2
    assert office.faults() == []


def test_nothing_of_a_recording_is_written_under_a_lost_lease(office, planned, monkeypatch):
    planned(office)

    @contextmanager
    def overslept(place, run_id):
        yield
        with transaction(place.ledger) as session:  # the lease ended, and another took the run over
            session.get_one(Run, run_id).owner = "another"

    monkeypatch.setattr(lease, "held", overslept)
    office.place = replace(office.place, lease=timedelta(0))
    with pytest.raises(RuntimeError):
        office.assess(NOW, pause=lambda _: (_ for _ in ()).throw(RuntimeError("enough")))
    assert (office.outcomes(), office.events(), [run.state for run in office.rows(Run)]) == ([], [], ["running"])
    assert office.faults() == []
