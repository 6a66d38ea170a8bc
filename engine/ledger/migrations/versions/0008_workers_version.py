"""Workers say which kaohe they are, so that one left running through an upgrade is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite would write the new column behind the constraint: the table is made anew, and its rows are moved.
    anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("worker_seen", recreate="always" if anew else "never") as table:
        table.add_column(sa.Column("version", sa.String(), nullable=True))
