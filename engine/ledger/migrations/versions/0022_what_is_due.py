"""Indexes for what is due, in its order, and for what waits at one address; those go that nothing asks any more."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notice_state_channel_next_attempt_at", "notice", ["state", "channel", "next_attempt_at"])
    at_one = ["channel", "recipient", "state", "next_attempt_at"]
    op.create_index("ix_notice_channel_recipient_state_next_attempt_at", "notice", at_one)
    op.drop_index("ix_notice_state", "notice")
    op.drop_index("ix_notice_channel_recipient_tried_at", "notice")  # caps count attempts
