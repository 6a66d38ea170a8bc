"""Sanctions keep all their terms: the fewest days, penalty points, the share of a bonus, and the accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite would write new columns behind the constraints: the table is made anew, and its rows are moved.
    anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("sanction", recreate="always" if anew else "never") as table:
        table.add_column(sa.Column("days_min", sa.Integer(), nullable=True))
        table.add_column(sa.Column("points", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("share", sa.String(), nullable=True))
        table.add_column(sa.Column("accounts", sa.JSON(), nullable=True))
