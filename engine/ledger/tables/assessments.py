"""What was assessed: runs, the versions and situations that decided, verdicts, closed months and corrections."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, optional_ref, ref


class RuleVersion(SQLModel, table=True):
    """The text of a rule version that was used at least once, kept for ever."""

    __tablename__ = "rule_version"

    sha256: str = Field(primary_key=True)
    rule: str = Field(index=True)
    version: str
    source_text: str = Field(sa_type=Text)
    first_used_at: datetime = Field(sa_type=Instant)


class Run(SQLModel, table=True):
    """One unit of assessing: a rule over a cycle, on one input. At most one is open for a rule and cycle."""

    __tablename__ = "run"
    __table_args__ = (
        Index(
            "run_open",
            "rule",
            "cycle",
            unique=True,
            sqlite_where=text("state <> 'done'"),
            postgresql_where=text("state <> 'done'"),
        ),
        Index("run_latest", "rule", "cycle", "id"),
    )

    id: int | None = identity()
    rule: str
    cycle: str
    cycle_start: date
    due_at: datetime = Field(sa_type=Instant)  # the assessment instant
    state: str = Field(index=True)  # due | running | done | failed
    owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    version: str | None = None
    rule_sha256: str | None = Field(default=None, foreign_key="rule_version.sha256")
    input: str | None = None  # digest of everything that the run read, but for what people decided about violations
    read_to: int | None = Field(default=None, sa_type=BigInteger)  # the journal's last batch when it was planned
    cause: str | None = None  # why it was due: first | evidence | waiver | decision | rule
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    failure: str | None = Field(default=None, sa_type=Text)


class Situation(SQLModel, table=True):
    """A distinct set of facts that a run's ladder was asked about, decided once, with the trace of it."""

    __tablename__ = "situation"
    __table_args__ = (UniqueConstraint("run_id", "digest"),)

    id: int | None = identity()
    run_id: int = ref("run.id")
    digest: str
    facts: Any = Field(sa_column=Column(JSON, nullable=False))
    decision: Any = Field(sa_column=Column(JSON, nullable=False))
    trace: Any = Field(sa_column=Column(JSON, nullable=False))
    decided_by: str


class Assessment(SQLModel, table=True):
    """One subject's verdict for one cycle. New evidence appends a row and marks the old one superseded."""

    __tablename__ = "assessment"
    __table_args__ = (
        Index(
            "assessment_current",
            "rule",
            "subject_id",
            "cycle",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("assessment_by_day", "assessed_on", "rule"),
    )

    id: int | None = identity()
    run_id: int = ref("run.id")
    rule: str
    version: str
    rule_sha256: str
    subject_id: int = ref("subject.id")
    cycle: str
    cycle_start: date
    cycle_end: date
    assessed_on: date
    numerator: int | None = Field(default=None, sa_type=BigInteger)
    denominator: int | None = Field(default=None, sa_type=BigInteger)
    numerator_low: int | None = Field(default=None, sa_type=BigInteger)  # the ends are null where a number is exact
    numerator_high: int | None = Field(default=None, sa_type=BigInteger)
    denominator_low: int | None = Field(default=None, sa_type=BigInteger)
    denominator_high: int | None = Field(default=None, sa_type=BigInteger)
    verdict: str
    at_risk: bool = False
    severity: str | None = None
    missing: Any = Field(
        default=None, sa_column=Column(JSON(none_as_null=True))
    )  # names of what is missing, for no_data
    situation_id: int | None = optional_ref("situation.id", index=True)
    violation_id: str | None = Field(default=None, foreign_key="violation.id")
    supersedes_id: int | None = optional_ref("assessment.id")
    recorded_at: datetime = Field(sa_type=Instant)
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)


class Period(SQLModel, table=True):
    """A calendar month of cycles, by their last day, once somebody has closed it: it is paid, and judged no more.

    `reopening`: somebody (`changed_by`) has asked for it to be opened again, and a second person has not agreed yet.
    """

    __tablename__ = "period"

    month: str = Field(primary_key=True)  # 2026-03
    state: str  # closed | reopening | open
    changed_at: datetime = Field(sa_type=Instant)
    changed_by: str
    why: str | None = Field(default=None, sa_type=Text)


class Correction(SQLModel, table=True):
    """What evidence that came after its month was closed would have changed, booked in the month in which it came.

    `before` is what stood until then, earlier corrections included; both tell figure, verdict, severity and exposure.
    """

    __tablename__ = "correction"
    __table_args__ = (
        Index(
            "correction_current",
            "rule",
            "subject_id",
            "cycle",
            "booked_in",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: int | None = identity()
    run_id: int = ref("run.id")
    rule: str
    subject_id: int = ref("subject.id")
    cycle: str
    month: str = Field(index=True)  # of the cycle; closed
    booked_in: str = Field(index=True)
    violation_id: str | None = None  # what it is called, were it on record
    before: Any = Field(sa_column=Column(JSON, nullable=False))
    after: Any = Field(sa_column=Column(JSON, nullable=False))
    recorded_at: datetime = Field(sa_type=Instant)
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)
