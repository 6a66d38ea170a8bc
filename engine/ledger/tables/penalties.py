"""What people decided about penalties: to which of our violations one belongs, or that it belongs to none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, ref


class PenaltyMatch(SQLModel, table=True):
    """What somebody said of one penalty, named by its shop and its number; without a violation: it is none of ours.

    What is said anew, or taken back, leaves the old row, with `superseded_at`. A violation has one penalty at most.
    """

    __tablename__ = "penalty_match"
    __table_args__ = (
        Index(
            "penalty_match_current",
            "subject_id",
            "reference",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "penalty_match_of_violation",
            "violation_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: int | None = identity()
    subject_id: int = ref("subject.id")  # the shop
    reference: str
    violation_id: str | None = Field(default=None, foreign_key="violation.id")
    decided_by: str
    why: str = Field(sa_type=Text)
    decided_at: datetime = Field(sa_type=Instant)
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)
