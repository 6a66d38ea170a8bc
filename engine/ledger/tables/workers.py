"""Signs of life."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant


class WorkerSeen(SQLModel, table=True):
    """When a worker last gave a sign of life."""

    __tablename__ = "worker_seen"

    worker: str = Field(primary_key=True)
    started_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    version: str | None = None  # of its kaohe
