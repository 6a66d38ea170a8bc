from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select

from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.dialects import database_clock
from engine.ledger.runs import (
    MOST_DEATHS,
    LostLeaseError,
    bury,
    claim,
    fail,
    finish,
    heartbeat,
    is_aside,
    keep_version,
    last_read,
    latest_read,
    leave_behind,
    open_run,
    open_runs,
    release,
)
from engine.ledger.tables import Cursor, RuleVersion, Run

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
LEASE = timedelta(seconds=10)
RULE = "xiaohongshu.reply-rate"
SHA = "5" * 64

OPEN = """
from datetime import date, datetime, UTC
from engine.ledger.database import open_ledger, transaction
from engine.ledger.runs import open_run

def work(number, url, cycles):
    engine = open_ledger(url)
    due = datetime(2026, 1, 2, tzinfo=UTC)
    with transaction(engine) as session:
        ids = [open_run(session, rule, str(turn), date(2026, 1, turn + 1), due.replace(day=turn + 2))
               for turn in range(cycles) for rule in "abc"]
    engine.dispose()
    return ids
"""
WORK = """
from datetime import datetime, timedelta, UTC
from engine.ledger.database import open_ledger, transaction
from engine.ledger.runs import claim, finish
from engine.ledger.tables import Cursor

def work(number, url):
    "Does what it can get; a result that is written twice is refused by its key."
    engine = open_ledger(url)
    done, owner = [], f"worker-{number}"
    while True:
        with transaction(engine) as session:
            claimed = claim(session, owner, timedelta(seconds=60))
        if claimed is None:
            break
        with transaction(engine) as session:
            finish(session, claimed.id, owner, "input", "2026-01-01", "5" * 64, datetime.now(UTC))
            session.add(Cursor(reader=f"{claimed.rule}/{claimed.cycle}", batch=number))
        done.append([claimed.rule, int(claimed.cycle)])
    engine.dispose()
    return done
"""


def clock_at(at):
    return lambda session: at


def opened(engine, cycle="2026-W10", days=0, rule=RULE):
    with transaction(engine) as session:
        keep_version(session, SHA, RULE, "2021-01-01", "id: xiaohongshu.reply-rate", NOW)
        day = date(2026, 3, 2) + timedelta(days=days)
        return open_run(session, rule, cycle, day, NOW + timedelta(days=days))


def claimed(engine, owner, at=NOW, run_id=None, lease=LEASE, **how):
    with transaction(engine) as session:
        return claim(session, owner, lease, run_id, clock_at(at), **how)


def failed(engine, claim, owner, why="broken", at=NOW):
    with transaction(engine) as session:
        fail(session, claim, owner, why, clock_at(at))


def finished(engine, run_id, owner, digest="input"):
    with transaction(engine) as session:
        finish(session, run_id, owner, digest, "2021-01-01", SHA, NOW)


def test_a_run_that_is_open_is_not_opened_again_and_a_done_one_is_followed_by_another(ledger):
    first = opened(ledger)
    assert opened(ledger) == first
    claimed(ledger, "me")
    assert opened(ledger) == first
    finished(ledger, first, "me")
    assert opened(ledger) != first
    with reading(ledger) as session:
        assert [run.state for run in open_runs(session)] == ["due"]


def test_a_claim_says_what_there_is_to_do_and_nobody_else_gets_it(ledger):
    run_id = opened(ledger)
    got = claimed(ledger, "me")
    assert got == (run_id, RULE, "2026-W10", date(2026, 3, 2), NOW, 1)
    assert claimed(ledger, "you") is None
    assert claimed(ledger, "you", run_id=run_id) is None
    assert claimed(ledger, "you", at=NOW + LEASE) is None  # to its very end
    assert claimed(ledger, "you", at=NOW + LEASE + timedelta(seconds=1)).attempts == 2


def test_a_run_is_finished_by_its_owner_with_what_it_read(ledger):
    run_id = opened(ledger)
    claimed(ledger, "me")
    finished(ledger, run_id, "me", "digest")
    with reading(ledger) as session:
        run = session.get(Run, run_id)
        assert (run.state, run.owner, run.lease_until, run.input) == ("done", "me", None, "digest")
        assert (run.version, run.rule_sha256, run.finished_at) == ("2021-01-01", SHA, NOW)
        assert open_runs(session) == []


def test_whoever_lost_the_lease_writes_nothing_at_all(ledger):
    run_id = opened(ledger)
    lost = claimed(ledger, "me")
    later = NOW + LEASE * 2
    assert claimed(ledger, "you", at=later).id == run_id

    def write_results():
        with transaction(ledger) as session:
            session.add(Cursor(reader="a result", batch=1))
            session.flush()
            finish(session, run_id, "me", "input", "2021-01-01", SHA, NOW)

    with pytest.raises(LostLeaseError, match=rf"run {run_id} no longer belongs to me: .* nothing was written"):
        write_results()
    with transaction(ledger) as session:
        with pytest.raises(LostLeaseError):
            heartbeat(session, run_id, "me", LEASE)
        with pytest.raises(LostLeaseError):
            fail(session, lost, "me", "broken")
        assert session.exec(select(Cursor)).all() == []
        assert session.get(Run, run_id).owner == "you"
    finished(ledger, run_id, "you")


def test_a_finished_run_can_be_neither_finished_again_nor_prolonged(ledger):
    run_id = opened(ledger)
    claimed(ledger, "me")
    finished(ledger, run_id, "me")
    with transaction(ledger) as session:
        with pytest.raises(LostLeaseError):
            finish(session, run_id, "me", "other", "2021-01-01", SHA, NOW)
        with pytest.raises(LostLeaseError):
            heartbeat(session, run_id, "me", LEASE)
    with reading(ledger) as session:
        assert latest_read(session, RULE) == {"2026-W10": ("input", None)}


def test_a_heartbeat_keeps_the_run(ledger):
    run_id = opened(ledger)
    claimed(ledger, "me")
    with transaction(ledger) as session:
        heartbeat(session, run_id, "me", LEASE, clock_at(NOW + LEASE))
    assert claimed(ledger, "you", at=NOW + LEASE * 2) is None
    assert claimed(ledger, "you", at=NOW + LEASE * 3).id == run_id


def test_runs_of_one_rule_go_oldest_first_and_one_at_a_time(ledger):
    opened(ledger, "2026-W11", days=7)
    oldest = opened(ledger, "2026-W10", days=0)
    other_rule = opened(ledger, "2026-W12", days=14, rule="kuaishou.good-rating")
    youngest = opened(ledger, "2026-W12", days=14)
    assert claimed(ledger, "me", run_id=youngest) is None
    assert claimed(ledger, "me").id == oldest
    assert claimed(ledger, "me").id == other_rule
    assert claimed(ledger, "me") is None
    finished(ledger, oldest, "me")
    assert claimed(ledger, "me").cycle == "2026-W11"


def test_an_older_run_that_comes_late_waits_for_the_one_that_is_running(ledger):
    young = opened(ledger, "2026-W11", days=7)
    claimed(ledger, "me")
    old = opened(ledger, "2026-W10", days=0)
    assert claimed(ledger, "you") is None
    finished(ledger, young, "me")
    assert claimed(ledger, "you").id == old


def test_a_younger_run_left_behind_by_a_dead_process_goes_back_in_the_line(ledger):
    young = opened(ledger, "2026-W11", days=7)
    claimed(ledger, "dead")
    old = opened(ledger, "2026-W10", days=0)
    later = NOW + LEASE * 2
    assert claimed(ledger, "me", at=later).id == old
    with pytest.raises(LostLeaseError):  # not so dead after all, but its history has changed
        finished(ledger, young, "dead")
    finished(ledger, old, "me")
    assert claimed(ledger, "me", at=later).id == young


def test_a_claim_waits_for_a_claim_that_may_stand_in_its_way(postgres_ledger_url):
    """The second must not take an older run while the first is about to start a younger one of the same rule."""
    one, other = open_ledger(postgres_ledger_url), open_ledger(postgres_ledger_url)
    young = opened(one, "2026-W11", days=7)
    with ThreadPoolExecutor(1) as pool:
        with transaction(one) as session:
            assert claim(session, "me", LEASE).id == young
            opened(other, "2026-W10", days=0)
            waiting = pool.submit(claimed, other, "you", NOW)
            assert wait([waiting], timeout=0.5).done == set()
        assert waiting.result() is None
    one.dispose()
    other.dispose()


def test_a_failed_run_rests_longer_each_time_unless_it_is_to_start_at_once(ledger):
    run_id = opened(ledger)
    failed(ledger, claimed(ledger, "me"), "me", "the lake is out of reach")
    with reading(ledger) as session:
        run = open_runs(session)[0]
        assert (run.state, run.owner, run.failure) == ("failed", None, "the lake is out of reach")
    assert opened(ledger) == run_id
    at = NOW
    for attempt, minutes in enumerate((1, 5, 60, 60), 2):
        assert claimed(ledger, "me", at=at + timedelta(minutes=minutes), run_id=run_id) is None
        at += timedelta(minutes=minutes, seconds=1)
        got = claimed(ledger, "me", at=at)
        assert (got.id, got.attempts) == (run_id, attempt)
        failed(ledger, got, "me", at=at)
    assert claimed(ledger, "you", at=at, run_id=run_id, at_once=True).attempts == 6


def test_a_run_is_set_aside_once_it_has_failed_as_often_as_it_may_and_while_it_is_tried_again_has_not(ledger):
    opened(ledger)
    at, asides = NOW, []
    for minutes in (1, 5, 60):
        failed(ledger, claimed(ledger, "me", at=at), "me", "the lake is out of reach", at=at)
        at += timedelta(minutes=minutes, seconds=1)
        with reading(ledger) as session:
            asides.append(is_aside(open_runs(session)[0]))
    assert asides == [False, False, True]
    claimed(ledger, "me", at=at)
    with reading(ledger) as session:
        (run,) = open_runs(session)
        assert (run.state, run.failure, is_aside(run)) == ("running", None, False)


def test_what_runs_is_taken_from_those_whose_lease_has_ended_and_from_nobody_else(ledger):
    dead, living = opened(ledger), opened(ledger, rule="kuaishou.good-rating")
    claimed(ledger, "dead", at=NOW - 2 * LEASE, run_id=dead)
    claimed(ledger, "me", run_id=living)
    with transaction(ledger) as session:
        leave_behind(session, lambda _: NOW)
    with reading(ledger) as session:
        assert {(run.id, run.state, run.owner) for run in open_runs(session)} == {
            (dead, "due", None),
            (living, "running", "me"),
        }
    with pytest.raises(LostLeaseError), transaction(ledger) as session:
        finish(session, dead, "dead", "input", "2021-01-01", SHA, NOW)


def test_a_run_that_was_put_away_says_nothing_about_its_cycle(ledger):
    finished(ledger, claimed(ledger, "me", run_id=opened(ledger)).id, "me", "one")
    with transaction(ledger) as session:
        session.add(Run(rule=RULE, cycle="2026-W10", cycle_start=date(2026, 3, 2), due_at=NOW, state="done"))
    with reading(ledger) as session:
        assert latest_read(session, RULE) == {"2026-W10": ("one", None)}
        assert last_read(session, RULE, "2026-W10") == ("one", None)
        assert last_read(session, RULE, "2026-W11") is None


def test_a_run_that_failed_again_and_again_no_longer_holds_up_later_ones(ledger):
    older, younger = opened(ledger), opened(ledger, "2026-W11", days=7)
    for _ in range(2):
        failed(ledger, claimed(ledger, "me", run_id=older, at_once=True), "me")
        assert claimed(ledger, "you", run_id=younger, at_once=True) is None
    failed(ledger, claimed(ledger, "me", run_id=older, at_once=True), "me")
    assert claimed(ledger, "you", run_id=younger).id == younger
    assert claimed(ledger, "me", run_id=older, at_once=True) is None  # of one rule, one at a time
    finished(ledger, younger, "you")
    assert claimed(ledger, "me", at=NOW + timedelta(hours=2)).id == older


def test_what_failed_on_one_input_may_be_tried_at_once_on_another(ledger):
    run_id = opened(ledger)
    for _ in range(3):
        got = claimed(ledger, "me", run_id=run_id, at_once=True, input_digest="damaged")
        failed(ledger, got, "me")
    assert claimed(ledger, "me", run_id=run_id, input_digest="damaged") is None
    assert claimed(ledger, "me", run_id=run_id, input_digest="mended").attempts == 1


def test_a_run_that_one_process_after_the_other_dies_of_is_set_aside(ledger):
    older, younger = opened(ledger), opened(ledger, "2026-W11", days=7)
    at = NOW
    for _ in range(MOST_DEATHS):
        with transaction(ledger) as session:
            assert not bury(session, older, clock_at(at))
        assert claimed(ledger, "me", at=at, run_id=older).id == older
        at += LEASE + timedelta(seconds=1)
    assert claimed(ledger, "you", at=at, run_id=younger) is None
    with transaction(ledger) as session:
        assert bury(session, older, clock_at(at))
    with reading(ledger) as session:
        assert [is_aside(run) for run in open_runs(session)] == [True, False]
    assert claimed(ledger, "you", at=at, run_id=younger).id == younger


def test_a_run_that_is_given_back_may_be_taken_at_once_and_counts_no_attempt(ledger):
    run_id = opened(ledger)
    claimed(ledger, "me")
    with transaction(ledger) as session:
        release(session, run_id, "me")
    assert claimed(ledger, "you", run_id=run_id).attempts == 1
    with transaction(ledger) as session, pytest.raises(LostLeaseError):
        release(session, run_id, "me")


def test_the_latest_of_each_cycle_is_its_last_done_run(ledger):
    for digest in ("one", "two"):
        run_id = opened(ledger)
        claimed(ledger, "me")
        finished(ledger, run_id, "me", digest)
    opened(ledger, "2026-W11", days=7)
    with reading(ledger) as session:
        assert latest_read(session, RULE) == {"2026-W10": ("two", None)}
        assert latest_read(session, "kuaishou.good-rating") == {}


def test_the_text_of_a_version_is_kept_as_it_was_first_used(ledger):
    with transaction(ledger) as session:
        keep_version(session, SHA, RULE, "2021-01-01", "first", NOW)
        keep_version(session, SHA, RULE, "2021-01-01", "second", NOW + LEASE)
    with reading(ledger) as session:
        kept = session.exec(select(RuleVersion)).one()
    assert (kept.source_text, kept.first_used_at) == ("first", NOW)


def test_the_databases_clock_is_a_clock_in_utc(ledger):
    with reading(ledger) as session:
        one, other = database_clock(session), database_clock(session)
    assert one <= other
    assert one.tzinfo is UTC
    assert abs(one - datetime.now(UTC)) < timedelta(minutes=5)  # both are clocks of this machine


def test_leases_go_by_the_databases_clock_where_no_other_is_given(ledger):
    run_id = opened(ledger)
    with transaction(ledger) as session:
        assert claim(session, "me", timedelta(hours=1)).id == run_id
        lease = session.exec(select(Run.lease_until)).one()
        assert timedelta(minutes=59) < lease - database_clock(session) <= timedelta(hours=1)
        heartbeat(session, run_id, "me", timedelta(seconds=-1))
    with transaction(ledger) as session:
        assert claim(session, "you", timedelta(hours=1)).id == run_id


def test_several_processes_open_each_run_once_do_it_once_and_in_its_order(ledger, ledger_url, race):
    with transaction(ledger) as session:
        keep_version(session, SHA, "a", "2026-01-01", "text", NOW)
    ids = race(OPEN, 4, ledger_url, 5)
    assert len(set(ids[0])) == 15
    assert all(of_one == ids[0] for of_one in ids)
    done = race(WORK, 4, ledger_url)
    everything = sorted(tuple(run) for of_one in done for run in of_one)
    assert everything == [(rule, turn) for rule in "abc" for turn in range(5)]
    with reading(ledger) as session:
        found = session.exec(select(Run).order_by(col(Run.finished_at))).all()
        for rule in "abc":
            assert [run.cycle for run in found if run.rule == rule] == ["0", "1", "2", "3", "4"]
        assert {(run.state, run.attempts) for run in found} == {("done", 1)}
