"""Standards of contracts and deposits; what each filter of lists finds by assessment day, so that pages sort little."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FILTERS = ("client", "cycle_end", "platform", "rule", "severity", "state", "subject_id")


def upgrade() -> None:
    op.create_table(
        "contract_standard",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("comparison", sa.String(), nullable=False),
        sa.Column("limit_written", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["subject.id"], name="fk_contract_standard_shop_id_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_contract_standard"),
    )
    for column in ("client", "rule", "shop_id"):
        op.create_index(f"ix_contract_standard_{column}", "contract_standard", [column])
    op.create_table(
        "deposit",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("subject_id", BigId, nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("minimum_fen", sa.BigInteger(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_deposit_subject_id_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_deposit"),
    )
    op.create_index("ix_deposit_subject_id", "deposit", ["subject_id"])
    for column in FILTERS:
        op.drop_index(f"ix_violation_{column}", "violation")
        op.create_index(f"ix_violation_{column}_assessed_on", "violation", [column, "assessed_on"])
    op.create_index("ix_violation_client_state_assessed_on", "violation", ["client", "state", "assessed_on"])
    op.create_index("ix_violation_reference", "violation", ["reference"])
    op.drop_index("ix_sanction_starts", "sanction")
    op.create_index("ix_sanction_ends_starts", "sanction", ["ends", "starts"])
