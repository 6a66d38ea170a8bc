"""What people decided about penalties: to which violation one belongs, or that it belongs to none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "penalty_match",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("subject_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("violation_id", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_penalty_match_subject_id_subject"),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_penalty_match_violation_id_violation"),
        sa.PrimaryKeyConstraint("id", name="pk_penalty_match"),
    )
    for name, columns in (
        ("penalty_match_current", ["subject_id", "reference"]),
        ("penalty_match_of_violation", ["violation_id"]),
    ):
        op.create_index(
            name,
            "penalty_match",
            columns,
            unique=True,
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )
