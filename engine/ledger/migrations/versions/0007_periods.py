"""Months can be closed; what comes later about them becomes a correction in the month in which it comes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "period",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("month", name="pk_period"),
    )
    op.create_table(
        "correction",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("subject_id", BigId, nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("booked_in", sa.String(), nullable=False),
        sa.Column("violation_id", sa.String(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("superseded_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_correction_run_id_run"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_correction_subject_id_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
    )
    op.create_index("ix_correction_booked_in", "correction", ["booked_in"])
    op.create_index("ix_correction_month", "correction", ["month"])
    op.create_index(
        "correction_current",
        "correction",
        ["rule", "subject_id", "cycle", "booked_in"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
