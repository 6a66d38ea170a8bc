"""Messages to people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId, identity, optional_ref, ref


class Notice(SQLModel, table=True):
    """One message to one recipient over one channel: about one piece of news, or a digest. Never two.

    `key` names the news: a violation's id, what else happened and where the journal tells it, or a digest's own
    (`late:2026-03-10/acme`: a local day and a client). What a digest of late violations is about stands in
    `notice_item`; notices that were gathered into another stay as `gathered`, with its number in `within_id`. The text
    of both is written when it is sent.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("key", "event", "recipient", "channel"),
        Index("ix_notice_state_channel_next_attempt_at", "state", "channel", "next_attempt_at"),  # what is due
        Index(
            "ix_notice_channel_recipient_state_next_attempt_at", "channel", "recipient", "state", "next_attempt_at"
        ),  # what waits at one address
        Index("ix_notice_channel_state_tried_at", "channel", "state", "tried_at"),  # what receipts are asked for
    )

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
    news: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # what the text tells beside the rows
    contact: str | None = None  # by whose name it was routed; None: the shop's own contact
    why: str | None = Field(default=None, sa_type=Text)  # by which route
    # Written for somebody of the house: nothing for a client's own people, ever.
    internal: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    urgent: bool = False
    template_sha256: str | None = None
    # queued | sending | sent | failed | dropped (settled meanwhile) | gathered (told in another) | muted
    state: str
    owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    due_at: datetime = Field(sa_type=Instant)  # when it should first go out
    next_attempt_at: datetime = Field(sa_type=Instant)
    answer: str | None = Field(default=None, sa_type=Text)  # what the provider really said
    created_at: datetime = Field(sa_type=Instant)
    tried_at: datetime | None = Field(default=None, sa_type=Instant)  # the last attempt
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    within_id: int | None = optional_ref("notice.id", index=True)  # the notice that told it instead
    instead_of_id: int | None = optional_ref("notice.id", index=True)  # the one that its first address refused
    provider_id: str | None = Field(default=None, index=True)  # the provider's own name for it
    receipt: str | None = None  # what became of it behind the provider: delivered | undelivered
    receipt_at: datetime | None = Field(default=None, sa_type=Instant)
    receipt_answer: str | None = Field(default=None, sa_type=Text)


class Attempt(SQLModel, table=True):
    """An attempt at a notice that nobody has refused: it has reached this address, or may have. Caps count these."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_channel_recipient_tried_at", "channel", "recipient", "tried_at"),)

    id: int | None = identity()
    notice_id: int = ref("notice.id", index=True)
    channel: str  # and the recipient: where this attempt went, wherever the notice goes by now
    recipient: str
    tried_at: datetime = Field(sa_type=Instant)


class Receipt(SQLModel, table=True):
    """What a provider reported of a message, as it came; several may come of one, in any order, some twice."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("channel", "provider_id", "recipient", "state", "reported_at"),)

    id: int | None = identity()
    channel: str
    provider_id: str
    recipient: str
    notice_id: int | None = optional_ref("notice.id", index=True)  # None until it is known which it is about
    state: str  # delivered | undelivered
    answer: str = Field(sa_type=Text)
    reported_at: datetime = Field(sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)


class NoticeItem(SQLModel, table=True):
    """A violation that a digest tells of. Those that are settled before it is sent are taken out again."""

    __tablename__ = "notice_item"

    notice_id: int = Field(sa_column=Column(BigId, ForeignKey("notice.id"), primary_key=True))
    violation_id: str = Field(foreign_key="violation.id", primary_key=True, index=True)
