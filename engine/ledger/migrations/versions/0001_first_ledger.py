"""The first ledger: subjects, day files, rule versions, runs, assessments, violations, journal, notices.

Written out, and independent of the tables of today: a migration says what was true when it was made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite gives rowids only to INTEGER; PostgreSQL wants eight bytes.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", BIG_ID, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        "cursor",
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name="pk_cursor"),
    )
    op.create_table(
        "day_file",
        _id(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("generation", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_day_file"),
    )
    op.create_index(
        "day_file_live",
        "day_file",
        ["kind", "platform", "day"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "journal_batch",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_journal_batch"),
    )
    op.create_table(
        "rule_version",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_rule_version"),
    )
    op.create_index("ix_rule_version_rule", "rule_version", ["rule"])
    op.create_table(
        "subject",
        _id(),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("parent_id", BIG_ID, nullable=True),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("alias", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_evidence_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["subject.id"], name="fk_subject_parent_id_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_subject"),
        sa.UniqueConstraint("key", name="uq_subject_key"),
    )
    op.create_index("ix_subject_client", "subject", ["client"])
    op.create_index("ix_subject_parent_id", "subject", ["parent_id"])
    op.create_table(
        "worker_seen",
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pk_worker_seen"),
    )
    op.create_table(
        "assignment",
        _id(),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("agent_id", BIG_ID, nullable=False),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["subject.id"], name="fk_assignment_agent_id_subject"),
        sa.ForeignKeyConstraint(["person_id"], ["subject.id"], name="fk_assignment_person_id_subject"),
        sa.ForeignKeyConstraint(["team_id"], ["subject.id"], name="fk_assignment_team_id_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.UniqueConstraint("person_id", "agent_id", "starts_on", name="uq_assignment_person_id_agent_id_starts_on"),
    )
    op.create_index("ix_assignment_agent_id", "assignment", ["agent_id"])
    op.create_index("ix_assignment_person_id", "assignment", ["person_id"])
    op.create_table(
        "journal_entry",
        _id(),
        sa.Column("batch", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("object_kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("payload_sha256", sa.String(), nullable=False),
        sa.Column("redacted_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["journal_batch.seq"], name="fk_journal_entry_batch_journal_batch"),
        sa.PrimaryKeyConstraint("id", name="pk_journal_entry"),
        sa.UniqueConstraint("batch", "position", name="uq_journal_entry_batch_position"),
    )
    op.create_index("journal_entry_object", "journal_entry", ["object_kind", "object_id"])
    op.create_table(
        "run",
        _id(),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("rule_sha256", sa.String(), nullable=True),
        sa.Column("input", sa.String(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["rule_sha256"], ["rule_version.sha256"], name="fk_run_rule_sha256_rule_version"),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_state", "run", ["state"])
    op.create_index("run_latest", "run", ["rule", "cycle", "id"])
    op.create_index(
        "run_open",
        "run",
        ["rule", "cycle"],
        unique=True,
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "situation",
        _id(),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_situation_run_id_run"),
        sa.PrimaryKeyConstraint("id", name="pk_situation"),
        sa.UniqueConstraint("run_id", "digest", name="uq_situation_run_id_digest"),
    )
    op.create_table(
        "violation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("subject_id", BIG_ID, nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("cycle_end", sa.Date(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("exposure_min_fen", sa.BigInteger(), nullable=False),
        sa.Column("exposure_max_fen", sa.BigInteger(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
        sa.Column("situation_id", BIG_ID, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["situation_id"], ["situation.id"], name="fk_violation_situation_id_situation"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_violation_subject_id_subject"),
        sa.PrimaryKeyConstraint("id", name="pk_violation"),
        sa.UniqueConstraint(
            "rule", "subject_id", "cycle", "occurrence", name="uq_violation_rule_subject_id_cycle_occurrence"
        ),
    )
    op.create_index("ix_violation_assessed_on", "violation", ["assessed_on"])
    op.create_index("ix_violation_client", "violation", ["client"])
    op.create_index("ix_violation_cycle_end", "violation", ["cycle_end"])
    op.create_index("ix_violation_exposure_max_fen", "violation", ["exposure_max_fen"])
    op.create_index("ix_violation_platform", "violation", ["platform"])
    op.create_index("ix_violation_rule", "violation", ["rule"])
    op.create_index("ix_violation_severity", "violation", ["severity"])
    op.create_index("ix_violation_state", "violation", ["state"])
    op.create_index("ix_violation_subject_id", "violation", ["subject_id"])
    op.create_table(
        "assessment",
        _id(),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("rule_sha256", sa.String(), nullable=False),
        sa.Column("subject_id", BIG_ID, nullable=False),
        sa.Column("cycle", sa.String(), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("cycle_end", sa.Date(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("at_risk", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("missing", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("situation_id", BIG_ID, nullable=True),
        sa.Column("violation_id", sa.String(), nullable=True),
        sa.Column("supersedes_id", BIG_ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_assessment_run_id_run"),
        sa.ForeignKeyConstraint(["situation_id"], ["situation.id"], name="fk_assessment_situation_id_situation"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_assessment_subject_id_subject"),
        sa.ForeignKeyConstraint(["supersedes_id"], ["assessment.id"], name="fk_assessment_supersedes_id_assessment"),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_assessment_violation_id_violation"),
        sa.PrimaryKeyConstraint("id", name="pk_assessment"),
    )
    op.create_index("assessment_by_day", "assessment", ["assessed_on", "rule"])
    op.create_index(
        "assessment_current",
        "assessment",
        ["rule", "subject_id", "cycle"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "notice",
        _id(),
        sa.Column("violation_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_notice_violation_id_violation"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint(
            "violation_id",
            "event",
            "recipient",
            "channel",
            name="uq_notice_violation_id_event_recipient_channel",
        ),
    )
    op.create_index("ix_notice_client", "notice", ["client"])
    op.create_index("ix_notice_state", "notice", ["state"])
    op.create_table(
        "sanction",
        _id(),
        sa.Column("violation_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("amount_min_fen", sa.BigInteger(), nullable=True),
        sa.Column("amount_max_fen", sa.BigInteger(), nullable=True),
        sa.Column("discretionary", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name="fk_sanction_violation_id_violation"),
        sa.PrimaryKeyConstraint("id", name="pk_sanction"),
        sa.UniqueConstraint("violation_id", "position", name="uq_sanction_violation_id_position"),
    )
    op.create_index("ix_sanction_starts", "sanction", ["starts"])
    op.create_index("ix_sanction_violation_id", "sanction", ["violation_id"])
