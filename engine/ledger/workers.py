"""Signs of life: which workers there are, and when each was last seen, by the database's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from engine.ledger.dialects import database_clock, insert_missing
from engine.ledger.tables import WorkerSeen

FORGOTTEN = timedelta(days=7)  # a worker that was killed is remembered so long


def seen(session: Session, worker: str, version: str | None = None) -> None:
    """Note that `worker`, of this `version` of kaohe, lives; forget those that died long ago."""
    now = database_clock(session)
    insert_missing(session, WorkerSeen, [{"worker": worker, "started_at": now, "seen_at": now}])
    session.exec(update(WorkerSeen).where(col(WorkerSeen.worker) == worker).values(seen_at=now, version=version))
    session.exec(delete(WorkerSeen).where(col(WorkerSeen.seen_at) < now - FORGOTTEN))


def gone(session: Session, worker: str) -> None:
    """Note that `worker` has stopped of its own will."""
    session.exec(delete(WorkerSeen).where(col(WorkerSeen.worker) == worker))


def workers(session: Session) -> list[WorkerSeen]:
    """All workers but those that stopped of their own will, by name."""
    return list(session.exec(select(WorkerSeen).order_by(col(WorkerSeen.worker))))


def last_seen(session: Session) -> dict[str, datetime]:
    """Worker → when it was last seen; those that stopped of their own will are not in it."""
    return {w.worker: w.seen_at for w in workers(session)}
