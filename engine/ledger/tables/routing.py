"""Who is told: people of clients and of the house, the routes that lead to them, and what is silent for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, ref


class Contact(SQLModel, table=True):
    """Somebody, or a group's robot, who can be told. `client` None: of the house, who may be told of every client."""

    __tablename__ = "contact"

    id: int | None = identity()
    name: str = Field(unique=True)  # by which routes and lists call them
    title: str | None = None
    client: str | None = Field(default=None, index=True)
    language: str


class ContactAddress(SQLModel, table=True):
    """An address of a contact on one channel; the first by `position` is used, the others where it refuses for good.

    Outside [`opens`, `closes`), minutes of the local day, nothing is sent: it waits for the next opening. `per_hour`
    and `per_day` are the most messages in a natural hour and day.
    """

    __tablename__ = "contact_address"
    __table_args__ = (UniqueConstraint("contact_id", "channel", "address"),)

    id: int | None = identity()
    contact_id: int = ref("contact.id", index=True)
    position: int
    channel: str
    address: str = Field(index=True)
    opens: int = 0
    closes: int = 24 * 60
    per_hour: int | None = None
    per_day: int | None = None


class Route(SQLModel, table=True):
    """What is told to whom: news that every list lets pass (None lets all pass), to the contacts named in `to`.

    `channels`: which of the contacts' addresses, None for the first. What nobody has acknowledged after
    `escalate_after` minutes is told to those in `escalate_to`. `urgent` news does not wait for opening hours.
    """

    __tablename__ = "route"

    id: int | None = identity()
    name: str = Field(unique=True)
    position: int
    clients: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    platforms: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    shops: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    rules: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    severities: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    events: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    to: Any = Field(sa_column=Column(JSON, nullable=False))
    channels: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    urgent: bool = False
    escalate_after: int | None = None
    escalate_to: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class Mute(SQLModel, table=True):
    """What nobody is told of for a while, and why. Each part that is None mutes all there is of it."""

    __tablename__ = "mute"

    id: int | None = identity()
    client: str | None = Field(default=None, index=True)
    platform: str | None = None
    shop: str | None = None  # the shop's key
    rule: str | None = None
    event: str | None = None
    contact: str | None = None
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant, index=True)
    why: str = Field(sa_type=Text)
    set_at: datetime = Field(sa_type=Instant)
    set_by: str
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None
