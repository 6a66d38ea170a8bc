"""The clock of a worker: APScheduler, in memory, in UTC, nothing dropped; and an eye on the clocks that it goes by.

What is due is read from the ledger at each tick, so that losing one is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from console.desk import Desk
from console.sentences import sentence
from console.watch.clocks import Clocks, jumps
from console.watch.jobs import Worker
from console.watch.metrics import LedgerFigures
from console.watch.stopping import Stop
from engine.errors import KaoheError
from engine.ledger.workers import gone

WATCH_S = 1.0  # between two looks at the clocks

log = logging.getLogger("kaohe.worker")


def timetable(worker: Worker, begin: datetime) -> BackgroundScheduler:
    """The clock of a worker, not started yet: every job at `begin`, and then again and again.

    In UTC, where no hour is left out or comes twice.
    """
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    for job, seconds in worker.jobs():
        worker.pulse.beat(job.name)
        scheduler.add_job(job, "interval", seconds=seconds, next_run_time=begin, id=job.name)
    return scheduler


def work(desk: Desk, stop: Stop) -> None:
    """Tick until somebody asks to stop, then let the unit of work in hand finish.

    Raises OutdatedError when another kaohe has migrated the ledger meanwhile.
    """
    worker, language = Worker(desk, stop, stop.ask), desk.settings.language
    worker.meters.registry.register(LedgerFigures(desk.ledger, desk.settings.late_after))
    scheduler = timetable(worker, datetime.now(UTC))
    served = _serve(worker)
    scheduler.start()
    try:
        keep_watch(scheduler, stop, language)
        log.info("%s", sentence("worker stopping", language))
    finally:
        stop.ask()
        scheduler.shutdown(wait=True)
        if served is not None:
            served()
        if worker.outdated is None:
            leave(desk)
    if worker.outdated is not None:
        raise worker.outdated
    log.info("%s", sentence("worker stopped", language, owner=desk.owner))


def keep_watch(
    scheduler: BackgroundScheduler, stop: Stop, language: str, clocks: Callable[[], Clocks] = Clocks.now
) -> None:
    """Until somebody asks to stop: tell when a clock jumps, or time was lost, and let all jobs begin anew then.

    The clock's next tick is noted in the time of day: one that was set back would bring it hours later.
    """
    before = clocks()
    while not stop.wait(WATCH_S):
        after = clocks()
        found = jumps(before, after, WATCH_S)
        for jump in found:
            log.warning("%s", sentence(jump.kind, language, n=jump.seconds))
        if found:
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
        before = after


def leave(desk: Desk) -> None:
    """Note that this worker has stopped of its own will; a ledger that does not answer is told, and nothing more."""
    try:
        with desk.transaction() as session:
            gone(session, desk.owner)
    except (KaoheError, DBAPIError) as error:
        log.warning("%s", error)


def _serve(worker: Worker) -> Callable[[], None] | None:
    port, host = worker.desk.settings.metrics_port, worker.desk.settings["metrics_host"]
    if port is None:
        return None
    server, thread = worker.meters.serve(host, port)
    log.info("%s", sentence("metrics at", worker.desk.settings.language, host=host, port=str(port)))

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close
