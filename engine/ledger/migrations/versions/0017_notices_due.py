"""When a notice should first have gone out, however often it was put off since; and what a provider fills in itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# What was tried is due since it was written: of a digest nothing nearer is known.
FILLED = "UPDATE notice SET due_at = CASE WHEN attempts = 0 THEN next_attempt_at ELSE created_at END"


def upgrade() -> None:
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("variables", sa.JSON(none_as_null=True)))
        notice.add_column(sa.Column("due_at", Instant()))
    op.execute(FILLED)
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("due_at", existing_type=Instant(), nullable=False)
