"""Waivers: what two people have agreed to let off, of whom, for how long."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Text
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId, identity, optional_ref


class Waiver(SQLModel, table=True):
    """A waiver: its cycles are those that lie wholly within `first_day`..`last_day` (inclusive local days).

    `client` owns it; with `shop_id` it is of that shop alone, with `violation_id` of that violation alone. Which shops
    it covers stands in `waiver_shop`: those that there were when it was asked for. `writers` are all who ever wrote to
    it, so none of them may approve it.
    """

    __tablename__ = "waiver"

    id: int | None = identity()
    client: str = Field(index=True)
    shop_id: int | None = optional_ref("subject.id", index=True)
    violation_id: str | None = Field(default=None, foreign_key="violation.id", index=True)
    rules: Any = Field(sa_column=Column(JSON, nullable=False))  # their ids, sorted
    first_day: date
    last_day: date = Field(index=True)
    why: str = Field(sa_type=Text)
    state: str = Field(index=True)  # requested | approved | rejected | revoked | expired
    writers: Any = Field(sa_column=Column(JSON, nullable=False))  # names, the requester first
    requested_at: datetime = Field(sa_type=Instant)
    decided_by: str | None = None  # who approved or rejected it
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_why: str | None = Field(default=None, sa_type=Text)
    revoked_by: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_why: str | None = Field(default=None, sa_type=Text)
    ending_told_at: datetime | None = Field(default=None, sa_type=Instant)  # that it ends soon was journalled


class WaiverShop(SQLModel, table=True):
    """A shop that a waiver covers."""

    __tablename__ = "waiver_shop"

    waiver_id: int = Field(sa_column=Column(BigId, ForeignKey("waiver.id"), primary_key=True))
    shop_id: int = Field(sa_column=Column(BigId, ForeignKey("subject.id"), primary_key=True, index=True))


class WaivedViolation(SQLModel, table=True):
    """A violation that an approved waiver has put into the state `waived`, and the state that it was in before.

    The row goes when a revocation has put it back; where its month is closed it stays, and so does the state.
    """

    __tablename__ = "waived_violation"

    waiver_id: int = Field(sa_column=Column(BigId, ForeignKey("waiver.id"), primary_key=True))
    violation_id: str = Field(foreign_key="violation.id", primary_key=True, index=True)
    was: str
