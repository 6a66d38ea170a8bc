"""Holding a run while it is judged: the claim that begins it, and a heartbeat for as long as it takes.

Nothing is ever written under a lost lease: the transaction that finishes a run is fenced by it. The heartbeat spares
a slow run from being taken over by a process that thinks this one dead.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, update

from engine.assessment.due import DueRun, OpenRun
from engine.assessment.place import Place
from engine.errors import KaoheError
from engine.ledger import runs
from engine.ledger.database import reading, transaction
from engine.ledger.tables import Run

BEATS = 3  # in each lease
STRAY = "not due as the rules stand now: begun under other rule files"

_log = logging.getLogger(__name__)


def claimed(place: Place, due: DueRun, at_once: bool) -> runs.Claim | None:
    """The run, which now belongs to the place's owner; None, with nothing done, where it must not start.

    That is so while another process holds this run or one before it, while it rests after a failure (unless it is to
    start `at_once`), and where the cycle was assessed since `due` was planned.
    """
    with transaction(place.ledger) as session:
        run_id = runs.open_run(session, due.rule.id, due.cycle.key, due.cycle.first, due.due_at)
        if runs.bury(session, run_id):
            return None
        mine = runs.claim(session, place.owner, place.lease, run_id, at_once=at_once, input_digest=due.input)
        # Asked for after the claim: from here on nobody else can finish a run of this cycle.
        if mine and _untouched(session, due):
            return mine
        session.rollback()
        return None


def _untouched(session: Session, due: DueRun) -> bool:
    """Whether no run of the cycle was finished since `due` was planned."""
    last = runs.last_read(session, due.rule.id, due.cycle.key)
    return (due.before, due.read_to) == ((last.input, last.to) if last else (None, None))


@contextmanager
def held(place: Place, run_id: int) -> Iterator[None]:
    """Keep the lease on a claimed run from ending while the block works.

    Not for the transaction that finishes the run: that holds off all others by itself.
    """
    done = threading.Event()

    def beat() -> None:
        while not done.wait(place.lease.total_seconds() / BEATS):
            try:
                with transaction(place.ledger) as session:
                    runs.heartbeat(session, run_id, place.owner, place.lease)
            except runs.LostLeaseError:
                return  # the end of the run will find out, too, and write nothing
            except (KaoheError, DBAPIError) as error:
                _log.warning("the lease of run %s could not be renewed: %s", run_id, error)

    thread = threading.Thread(target=beat, name=f"heartbeat of run {run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def put_away_forsaken(place: Place, known: Collection[str], now: datetime) -> None:
    """End the open runs of all rules but the `known` ones: no other rule is left to finish them or to put them away."""
    with reading(place.ledger) as session:
        forsaken = [run for run in runs.open_runs(session) if run.rule not in known]
    for run in forsaken:
        assert run.id is not None
        put_away(place, OpenRun(run.due_at, run.id), now)


def put_away(place: Place, stray: OpenRun, now: datetime) -> None:
    """End an open run that nothing will finish, unless a living process holds it: it read and wrote nothing."""
    with transaction(place.ledger) as session:
        if runs.claim(session, place.owner, place.lease, stray.id, at_once=True) is not None:
            session.exec(
                update(Run)
                .where(col(Run.id) == stray.id)
                .values(state="done", owner=None, lease_until=None, input=None, finished_at=now, failure=STRAY)
            )
