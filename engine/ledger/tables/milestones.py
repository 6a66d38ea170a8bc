"""What time alone has brought about, so that it is said once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant


class Milestone(SQLModel, table=True):
    """Something that came with time (a deadline drew near, a measure began) and that the journal has told.

    `event` is the journal's, `key` names the very instance: what, and which instant of it.
    """

    __tablename__ = "milestone"

    event: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    reached_at: datetime = Field(sa_type=Instant)
