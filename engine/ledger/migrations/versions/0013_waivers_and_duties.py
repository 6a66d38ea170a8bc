"""Waivers, which two people agree on, and duties, which somebody owes by an instant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _waivers()
    _duties()


def _waivers() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("violation_id", sa.String(), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("writers", sa.JSON(), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
        sa.Column("ending_told_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["subject.id"], name="fk_waiver_shop_id_subject"),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_waiver_violation_id_violation"),
        sa.PrimaryKeyConstraint("id", name="pk_waiver"),
    )
    for column in ("client", "last_day", "shop_id", "state", "violation_id"):
        op.create_index(f"ix_waiver_{column}", "waiver", [column])
    op.create_table(
        "waiver_shop",
        sa.Column("waiver_id", BigId, nullable=False),
        sa.Column("shop_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["subject.id"], name="fk_waiver_shop_shop_id_subject"),
        sa.ForeignKeyConstraint(["waiver_id"], ["waiver.id"], name="fk_waiver_shop_waiver_id_waiver"),
        sa.PrimaryKeyConstraint("waiver_id", "shop_id", name="pk_waiver_shop"),
    )
    op.create_index("ix_waiver_shop_shop_id", "waiver_shop", ["shop_id"])
    op.create_table(
        "waived_violation",
        sa.Column("waiver_id", BigId, nullable=False),
        sa.Column("violation_id", sa.String(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_waived_violation_violation_id_violation"),
        sa.ForeignKeyConstraint(["waiver_id"], ["waiver.id"], name="fk_waived_violation_waiver_id_waiver"),
        sa.PrimaryKeyConstraint("waiver_id", "violation_id", name="pk_waived_violation"),
    )
    op.create_index("ix_waived_violation_violation_id", "waived_violation", ["violation_id"])


def _duties() -> None:
    op.create_table(
        "duty",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("shop_id", BigId, nullable=True),
        sa.Column("occasion", sa.String(), nullable=True),
        sa.Column("violation_id", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("what", sa.Text(), nullable=True),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("holder_kind", sa.String(), nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("second_person", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("due_by_hand", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("doers", sa.JSON(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("proof_sha256", sa.String(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("checked_by", sa.String(), nullable=True),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("lapsed", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["subject.id"], name="fk_duty_shop_id_subject"),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_duty_violation_id_violation"),
        sa.PrimaryKeyConstraint("id", name="pk_duty"),
        sa.UniqueConstraint("occasion", "kind", name="uq_duty_occasion_kind"),
    )
    for column in ("client", "due_at", "holder", "shop_id", "state", "violation_id"):
        op.create_index(f"ix_duty_{column}", "duty", [column])
