"""Holding a run while it is judged: the claim that begins it, and a heartbeat for as long as it takes.

Nothing is ever written under a lost lease: the transaction that finishes a run is fenced by it. The heartbeat spares
a slow run from being taken over by a process that thinks this one dead.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, update

from engine.assessment.due import DueRun, OpenRun
from engine.assessment.standing import last_input
from engine.errors import KaoheError
from engine.ledger import runs
from engine.ledger.database import transaction
from engine.ledger.tables import Run

LEASE = timedelta(seconds=10)
BEATS = 3  # in each lease
STRAY = "not due as the rule stands now: begun under other rule files, or as of a later time"

_log = logging.getLogger(__name__)


def claimed(ledger: Engine, owner: str, lease: timedelta, due: DueRun) -> int | None:
    """The id of the run that now belongs to `owner`; None, with nothing written, where it must not start.

    That is so while another process holds this run or one before it, and where the cycle was assessed since `due` was
    planned.
    """
    with transaction(ledger) as session:
        run_id = runs.open_run(session, due.rule.id, due.cycle.key, due.cycle.first, due.due_at)
        mine = runs.claim(session, owner, lease, run_id) is not None
        # Asked for after the claim: from here on nobody else can finish a run of this cycle.
        if mine and last_input(session, due.rule.id, due.cycle.key) == due.before:
            return run_id
        session.rollback()
        return None


@contextmanager
def held(ledger: Engine, owner: str, lease: timedelta, run_id: int) -> Iterator[None]:
    """Keep the lease on a claimed run from ending while the block works.

    Not for the transaction that finishes the run: that holds off all others by itself.
    """
    done = threading.Event()

    def beat() -> None:
        while not done.wait(lease.total_seconds() / BEATS):
            try:
                with transaction(ledger) as session:
                    runs.heartbeat(session, run_id, owner, lease)
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


def put_away(ledger: Engine, owner: str, lease: timedelta, stray: OpenRun, now: datetime) -> None:
    """End an open run that nothing will finish, unless a living process holds it: it read and wrote nothing."""
    with transaction(ledger) as session:
        if runs.claim(session, owner, lease, stray.id) is not None:
            session.exec(
                update(Run)
                .where(col(Run.id) == stray.id)
                .values(state="done", owner=None, lease_until=None, finished_at=now, failure=STRAY)
            )
