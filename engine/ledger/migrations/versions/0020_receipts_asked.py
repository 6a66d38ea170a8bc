"""What was sent over a channel lately, which receipts are asked for each minute: found without reading all notices."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notice_channel_state_tried_at", "notice", ["channel", "state", "tried_at"])
