"""Duties: what somebody owes by when, and the proof that it was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, optional_ref


class Duty(SQLModel, table=True):
    """One duty. `due_at` is the first instant at which it is too late; that it is overdue is reckoned from it.

    `occasion` is the id that a violation of its rule, shop and cycle has or would have: no two duties of one kind have
    the same, and those that people give have none.
    """

    __tablename__ = "duty"
    __table_args__ = (UniqueConstraint("occasion", "kind"),)

    id: int | None = identity()
    kind: str
    client: str = Field(index=True)
    shop_id: int | None = optional_ref("subject.id", index=True)
    occasion: str | None = None
    violation_id: str | None = Field(default=None, foreign_key="violation.id", index=True)
    rule: str | None = None  # whose `duties:` opened it; None: a person gave it
    what: str | None = Field(default=None, sa_type=Text)  # what is to be done, where a person has said so
    holder: str | None = Field(default=None, index=True)
    holder_kind: str | None = None  # user | person | agent; none: a name in the register of shops
    internal: bool = False  # names somebody whom a client's own people may not see
    second_person: bool = False
    opened_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant, index=True)
    due_by_hand: bool = False  # a person has set it, so nothing reckons it anew
    state: str = Field(index=True)  # open | done | checked | cancelled
    doers: Any = Field(sa_column=Column(JSON, nullable=False))  # names of all who ever gave a proof
    proof: str | None = Field(default=None, sa_type=Text)
    proof_sha256: str | None = None  # of the file that proves it
    done_by: str | None = None
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    checked_by: str | None = None
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    lapsed: bool = False  # cancelled because its occasion is gone; it opens again if that comes back
    overdue_at: datetime | None = Field(default=None, sa_type=Instant)  # that it is overdue was journalled
