"""What people decide makes cycles due again: a run notes how much of the journal it knew, and why it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decided",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "cycle", "assessed_on", "kind", name="pk_decided"),
    )
    op.add_column("run", sa.Column("read_to", sa.BigInteger(), nullable=True))
    op.add_column("run", sa.Column("cause", sa.String(), nullable=True))
