"""Whom rules judge, and who works where."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, optional_ref, ref


class Subject(SQLModel, table=True):
    """Whom a rule can judge: a shop, an agent of a shop (sub-account), a person, or a team.

    `key` is the natural name: `shop:xiaohongshu/s1`, `agent:xiaohongshu/s1/a1`, `person:zhang`, `team:early`.
    """

    __tablename__ = "subject"

    id: int | None = identity()
    key: str = Field(unique=True)
    kind: str
    platform: str | None = None
    external_id: str
    parent_id: int | None = optional_ref("subject.id", index=True)
    client: str = Field(default="default", index=True)
    name: str | None = None
    alias: str | None = None
    category: str | None = None
    opened_on: date | None = None
    owner: str | None = None
    contact: str | None = None
    registered_at: datetime | None = Field(default=None, sa_type=Instant)  # None: only seen in evidence
    first_evidence_on: date | None = None


class Assignment(SQLModel, table=True):
    """Which person works under which sub-account, in which team, from when to when (inclusive days)."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("person_id", "agent_id", "starts_on"),)

    id: int | None = identity()
    person_id: int = ref("subject.id", index=True)
    agent_id: int = ref("subject.id", index=True)
    team_id: int | None = optional_ref("subject.id")
    starts_on: date = Field(default=date(1970, 1, 1))
    ends_on: date | None = None
