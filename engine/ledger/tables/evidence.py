"""Which evidence counts, is expected, and has come; and what belongs to this ledger outside of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, ref


class DayFile(SQLModel, table=True):
    """One generation of one day's evidence. The row without `until` is the one that counts."""

    __tablename__ = "day_file"
    __table_args__ = (
        Index(
            "day_file_live",
            "kind",
            "platform",
            "day",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: int | None = identity()
    kind: str
    platform: str
    day: date
    generation: str  # sha256 of the file's bytes; names the file
    rows: int
    since: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)


class Expectation(SQLModel, table=True):
    """On which local days evidence of a kind is expected of a shop (inclusive; without `until`, from `since` on).

    A row that somebody has taken back or changed is kept, with `ended_at`, and does not count any more.
    """

    __tablename__ = "expectation"
    __table_args__ = (
        Index(
            "expectation_live",
            "subject_id",
            "kind",
            "since",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = identity()
    subject_id: int = ref("subject.id")
    kind: str
    since: date
    until: date | None = None
    registered_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Coverage(SQLModel, table=True):
    """On which local days (inclusive) imports have brought all the evidence of a kind that a shop has, if any.

    A row is closed (`until`) when a wider one takes its place, or when the evidence is taken out again.
    """

    __tablename__ = "coverage"
    __table_args__ = (
        Index(
            "coverage_live",
            "subject_id",
            "kind",
            "first_day",
            "last_day",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: int | None = identity()
    subject_id: int = ref("subject.id")
    kind: str
    first_day: date
    last_day: date
    recorded_at: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)


class Seal(SQLModel, table=True):
    """What belongs to this ledger outside of it, so that another key or another lake is noticed before it is used."""

    __tablename__ = "seal"

    name: str = Field(primary_key=True)  # buyers (the key that seals their ids), lake
    fingerprint: str
    since: datetime = Field(sa_type=Instant)
