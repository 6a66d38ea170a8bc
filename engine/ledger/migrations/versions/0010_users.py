"""Users, their grants and tokens; situations are found from what they decided, which tells who may see them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("display", sa.String(), nullable=True),
        sa.Column("os_name", sa.String(), nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["subject.id"], name="fk_app_user_person_id_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_app_user"),
        sa.UniqueConstraint("name", name="uq_app_user_name"),
        sa.UniqueConstraint("os_name", name="uq_app_user_os_name"),
    )
    op.create_table(
        "user_grant",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=True),
        sa.Column("shop_id", BIG_ID, nullable=True),
        sa.Column("granted_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["subject.id"], name="fk_user_grant_shop_id_subject"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_user_grant_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_user_grant"),
    )
    op.create_index("ix_user_grant_user_id", "user_grant", ["user_id"])
    op.create_table(
        "api_token",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("client", sa.String(), nullable=True),
        sa.Column("shop_id", BIG_ID, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["subject.id"], name="fk_api_token_shop_id_subject"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_api_token_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("sha256", name="uq_api_token_sha256"),
        sa.UniqueConstraint("user_id", "name", name="uq_api_token_user_id_name"),
    )
    op.create_index("ix_violation_situation_id", "violation", ["situation_id"])
    op.create_index("ix_assessment_situation_id", "assessment", ["situation_id"])
