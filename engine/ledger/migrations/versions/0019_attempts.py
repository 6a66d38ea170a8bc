"""Attempts at notices that may have reached their addresses, each by itself: what caps count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Of each notice the last attempt is known, and whether it was refused.
FILLED = """
INSERT INTO attempt (notice_id, channel, recipient, tried_at)
SELECT id, channel, recipient, tried_at FROM notice
WHERE tried_at IS NOT NULL AND (state IN ('sending', 'sent') OR substr(answer, 1, 8) = 'unknown:')
"""


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("notice_id", BigId, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("tried_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_attempt_notice_id_notice"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_notice_id", "attempt", ["notice_id"])
    op.create_index("ix_attempt_channel_recipient_tried_at", "attempt", ["channel", "recipient", "tried_at"])
    op.execute(FILLED)
