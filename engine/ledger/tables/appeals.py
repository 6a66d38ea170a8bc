"""Appeals against what the platform decided, and what was attached to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, ref


class Appeal(SQLModel, table=True):
    """One attempt against a violation: a draft until `submitted_at`, waiting for its answer until `outcome`.

    `attempt` counts those that were handed in, this one included; a draft gets its number when it is handed in.
    `account` is the account of the platform that it is made with, `late_why` says why it comes after its deadline.
    """

    __tablename__ = "appeal"
    __table_args__ = (UniqueConstraint("violation_id", "attempt"),)

    id: int | None = identity()
    violation_id: str = Field(foreign_key="violation.id", index=True)
    attempt: int | None = None
    text: str | None = Field(default=None, sa_type=Text)
    account: str | None = None
    drafted_at: datetime = Field(sa_type=Instant)
    drafted_by: str
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    submitted_by: str | None = None
    late_why: str | None = Field(default=None, sa_type=Text)
    outcome: str | None = None  # upheld | overturned | partly: what became of the platform's decision
    outcome_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome_by: str | None = None
    outcome_why: str | None = Field(default=None, sa_type=Text)


class Attachment(SQLModel, table=True):
    """A file of an appeal; its bytes lie in the store of attachments, under their sha256."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("appeal_id", "sha256"),)

    id: int | None = identity()
    appeal_id: int = ref("appeal.id", index=True)
    sha256: str
    name: str  # as it was called where it came from
    media_type: str  # as its bytes tell
    size: int = Field(sa_type=BigInteger)
    added_at: datetime = Field(sa_type=Instant)
    added_by: str
