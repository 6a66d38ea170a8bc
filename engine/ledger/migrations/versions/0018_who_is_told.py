"""Who is told and when: contacts, routes, mutes; receipts, what time brings about, and what caused a violation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import BigId

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LISTS = ("clients", "platforms", "shops", "rules", "severities", "events")


def upgrade() -> None:
    _routing()
    _told()
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("news", sa.JSON(none_as_null=True)))
        notice.add_column(sa.Column("contact", sa.String()))
        notice.add_column(sa.Column("why", sa.Text()))
        notice.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
        notice.add_column(sa.Column("template_sha256", sa.String()))
        notice.add_column(sa.Column("tried_at", Instant()))
        notice.add_column(sa.Column("within_id", BigId))
        notice.add_column(sa.Column("instead_of_id", BigId))
        notice.add_column(sa.Column("provider_id", sa.String()))
        notice.add_column(sa.Column("receipt", sa.String()))
        notice.add_column(sa.Column("receipt_at", Instant()))
        notice.add_column(sa.Column("receipt_answer", sa.Text()))
        notice.create_foreign_key("fk_notice_within_id_notice", "notice", ["within_id"], ["id"])
        notice.create_foreign_key("fk_notice_instead_of_id_notice", "notice", ["instead_of_id"], ["id"])
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("urgent", server_default=None)
    for column in ("within_id", "instead_of_id", "provider_id"):
        op.create_index(f"ix_notice_{column}", "notice", [column])
    op.create_index("ix_notice_channel_recipient_tried_at", "notice", ["channel", "recipient", "tried_at"])
    # Caps count attempts: of those before, what is known is when they were sent.
    op.execute("UPDATE notice SET tried_at = sent_at")


def _routing() -> None:
    op.create_table(
        "contact",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("client", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("name", name="uq_contact_name"),
    )
    op.create_index("ix_contact_client", "contact", ["client"])
    op.create_table(
        "contact_address",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("per_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_contact_address_contact_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_address"),
        sa.UniqueConstraint("contact_id", "channel", "address", name="uq_contact_address_contact_id_channel_address"),
    )
    op.create_index("ix_contact_address_contact_id", "contact_address", ["contact_id"])
    op.create_index("ix_contact_address_address", "contact_address", ["address"])
    op.create_table(
        "route",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.JSON(none_as_null=True), nullable=True) for name in LISTS),
        sa.Column("to", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("escalate_after", sa.Integer(), nullable=True),
        sa.Column("escalate_to", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_route"),
        sa.UniqueConstraint("name", name="uq_route_name"),
    )
    op.create_table(
        "mute",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        *(sa.Column(n, sa.String(), nullable=True) for n in ("client", "platform", "shop", "rule", "event", "contact")),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mute"),
    )
    op.create_index("ix_mute_client", "mute", ["client"])
    op.create_index("ix_mute_ends_at", "mute", ["ends_at"])


def _told() -> None:
    op.create_table(
        "milestone",
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reached_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("event", "key", name="pk_milestone"),
    )
    op.create_table(
        "receipt",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("notice_id", BigId, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_receipt_notice_id_notice"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint(
            "channel",
            "provider_id",
            "recipient",
            "state",
            "reported_at",
            name="uq_receipt_channel_provider_id_recipient_state_reported_at",
        ),
    )
    op.create_index("ix_receipt_notice_id", "receipt", ["notice_id"])
    op.create_table(
        "diagnosis",
        sa.Column("violation_id", sa.String(), nullable=False),
        sa.Column("situation_id", BigId, nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("reckoned_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_diagnosis_violation_id_violation"),
        sa.ForeignKeyConstraint(["situation_id"], ["situation.id"], name="fk_diagnosis_situation_id_situation"),
        sa.PrimaryKeyConstraint("violation_id", name="pk_diagnosis"),
    )
