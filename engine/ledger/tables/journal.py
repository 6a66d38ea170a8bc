"""The journal, its chain, and how far its readers have come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId, identity, ref


class JournalBatch(SQLModel, table=True):
    """One link of the chain: one committing transaction. `digest` covers all of it and of its entries."""

    __tablename__ = "journal_batch"

    seq: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    previous: str
    digest: str
    committed_at: datetime = Field(sa_type=Instant)  # the wall clock, whatever `now` the work was done under


class JournalEntry(SQLModel, table=True):
    """One change of state: who, when, what, why, before, after. Only a payload may ever go."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        UniqueConstraint("batch", "position"),
        Index("journal_entry_object", "object_kind", "object_id"),
    )

    id: int | None = identity()
    batch: int = ref("journal_batch.seq")
    position: int
    at: datetime = Field(sa_type=Instant)
    actor: str
    event: str  # violation.opened, evidence.imported, …
    object_kind: str
    object_id: str
    payload: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # {"why", "before", "after"}
    payload_sha256: str
    redacted_why: str | None = None


class Cursor(SQLModel, table=True):
    """How far a reader of the journal has come: the last batch it has worked off."""

    __tablename__ = "cursor"

    reader: str = Field(primary_key=True)
    batch: int = Field(sa_type=BigInteger)
