"""Notices that tell of several violations: each notice has a key, and a digest's violations a table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = "uq_notice_violation_id_event_recipient_channel"
AFTER = "uq_notice_key_event_recipient_channel"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("notice", sa.Column("key", sa.String(), nullable=True))
    op.execute("UPDATE notice SET key = violation_id")
    # SQLite cannot change a column: the table is made anew, and its rows are moved.
    anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("notice", recreate="always" if anew else "never") as table:
        table.alter_column("key", existing_type=sa.String(), nullable=False)
        table.alter_column("violation_id", existing_type=sa.String(), nullable=True)
        table.drop_constraint(BEFORE, type_="unique")
        table.create_unique_constraint(AFTER, ["key", "event", "recipient", "channel"])
    op.create_index("ix_notice_violation_id", "notice", ["violation_id"])
    op.create_table(
        "notice_item",
        sa.Column("notice_id", BIG_ID, nullable=False),
        sa.Column("violation_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_notice_item_notice_id_notice"),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_notice_item_violation_id_violation"),
        sa.PrimaryKeyConstraint("notice_id", "violation_id", name="pk_notice_item"),
    )
    op.create_index("ix_notice_item_violation_id", "notice_item", ["violation_id"])
