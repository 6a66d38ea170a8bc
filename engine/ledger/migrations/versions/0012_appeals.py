"""Appeals with their attachments; what else a notice says; deadlines are instants and no longer days.

A deadline that was a day is from now on the instant at which that day ends where the platforms are, in China.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CHINA = timezone(timedelta(hours=8))  # without summer time since 1991


def upgrade() -> None:
    _deadlines()
    op.add_column("violation", sa.Column("account", sa.String(), nullable=True))
    op.add_column("violation", sa.Column("borne_by", sa.String(), nullable=True))
    op.add_column("violation", sa.Column("noticed_at", Instant(), nullable=True))
    op.create_table(
        "appeal",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("violation_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("drafted_at", Instant(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("submitted_by", sa.String(), nullable=True),
        sa.Column("late_why", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("outcome_at", Instant(), nullable=True),
        sa.Column("outcome_by", sa.String(), nullable=True),
        sa.Column("outcome_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_appeal_violation_id_violation"),
        sa.PrimaryKeyConstraint("id", name="pk_appeal"),
        sa.UniqueConstraint("violation_id", "attempt", name="uq_appeal_violation_id_attempt"),
    )
    op.create_index("ix_appeal_violation_id", "appeal", ["violation_id"])
    op.create_table(
        "attachment",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("appeal_id", BigId, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name="fk_attachment_appeal_id_appeal"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.UniqueConstraint("appeal_id", "sha256", name="uq_attachment_appeal_id_sha256"),
    )
    op.create_index("ix_attachment_appeal_id", "attachment", ["appeal_id"])


def _deadlines() -> None:
    op.add_column("violation", sa.Column("appeal_ends", Instant(), nullable=True))
    violation = sa.table(
        "violation", sa.column("id"), sa.column("appeal_until", sa.Date()), sa.column("appeal_ends", Instant())
    )
    connection = op.get_bind()
    told = connection.execute(
        sa.select(violation.c.id, violation.c.appeal_until).where(violation.c.appeal_until.is_not(None))
    )
    for name, day in told.fetchall():
        ended = sa.update(violation).where(violation.c.id == name).values(appeal_ends=_end_of(day))
        connection.execute(ended)
    op.drop_column("violation", "appeal_until")
    op.execute("ALTER TABLE violation RENAME COLUMN appeal_ends TO appeal_until")


def _end_of(day: date) -> datetime:
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time(), CHINA).astimezone(UTC)
