"""Messages to people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId, identity


class Notice(SQLModel, table=True):
    """One message to one recipient over one channel: about one violation, or a digest of several. Never two of them.

    `key` is the violation's id, or a digest's own (`late:2026-03-10/acme`: a local day and a client); what a digest is
    about stands in `notice_item`, and its text is written when it is sent.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("key", "event", "recipient", "channel"),)

    id: int | None = identity()
    key: str
    violation_id: str | None = Field(default=None, foreign_key="violation.id", index=True)  # None: a digest
    event: str
    client: str = Field(index=True)
    recipient: str
    channel: str
    language: str
    template: str
    subject: str
    body: str = Field(sa_type=Text)
    variables: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # of a text that the provider keeps
    state: str = Field(index=True)  # queued | sending | sent | failed | dropped (settled meanwhile)
    owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    due_at: datetime = Field(sa_type=Instant)  # when it should first go out
    next_attempt_at: datetime = Field(sa_type=Instant)
    answer: str | None = Field(default=None, sa_type=Text)  # what the provider really said
    created_at: datetime = Field(sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)


class NoticeItem(SQLModel, table=True):
    """A violation that a digest tells of. Those that are settled before it is sent are taken out again."""

    __tablename__ = "notice_item"

    notice_id: int = Field(sa_column=Column(BigId, ForeignKey("notice.id"), primary_key=True))
    violation_id: str = Field(foreign_key="violation.id", primary_key=True, index=True)
