"""Who works here: users, what they may do where, and tokens for programs. Nothing here opens a door by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, optional_ref, ref


class AppUser(SQLModel, table=True):
    """Somebody who works with kaohe, by the name that the journal keeps; never removed, since it speaks of them.

    `os_name` is the user of the operating system as whom they work on the command line. `internal`: of the house, and
    so allowed to see agents' names, points and deductions.
    """

    __tablename__ = "app_user"

    id: int | None = identity()
    name: str = Field(unique=True)
    display: str | None = None
    os_name: str | None = Field(default=None, unique=True)
    internal: bool = True
    person_id: int | None = optional_ref("subject.id")  # whom they are in the register of people
    created_at: datetime = Field(sa_type=Instant)
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)


class UserGrant(SQLModel, table=True):
    """A role of a user over a shop, else over a client, else over everything. What was revoked is in the journal."""

    __tablename__ = "user_grant"

    id: int | None = identity()
    user_id: int = ref("app_user.id", index=True)
    role: str
    client: str | None = None
    shop_id: int | None = optional_ref("subject.id")
    granted_at: datetime = Field(sa_type=Instant)


class ApiToken(SQLModel, table=True):
    """What a program shows in place of its user: kept as the digest of a secret that was shown once.

    `role`, `client` and `shop_id` narrow what the user may; `last_used_at` is kept to the hour.
    """

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: int | None = identity()
    user_id: int = ref("app_user.id")
    name: str
    sha256: str = Field(unique=True)
    role: str | None = None
    client: str | None = None
    shop_id: int | None = optional_ref("subject.id")
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
