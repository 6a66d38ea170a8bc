"""Every table of the ledger, and nothing else: what each row means, and what may never be twice.

Money is integer fen. Instants are UTC (`Instant`). Rows of `assessment`, `journal_batch`, `journal_entry` and
`rule_version` are appended and never rewritten, but for the marks that say so.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant

# Every constraint has a name of its own, the same on both databases: a migration can then speak of it.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite gives rowids only to INTEGER; PostgreSQL wants eight bytes.
BigId = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def _ref(target: str, *, index: bool = False) -> Any:
    return Field(sa_column=Column(BigId, ForeignKey(target), index=index, nullable=False))


def _optional_ref(target: str, *, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(BigId, ForeignKey(target), index=index))


class Subject(SQLModel, table=True):
    """Whom a rule can judge: a shop, an agent of a shop (sub-account), a person, or a team.

    `key` is the natural name: `shop:xiaohongshu/s1`, `agent:xiaohongshu/s1/a1`, `person:zhang`, `team:early`.
    """

    __tablename__ = "subject"

    id: int | None = _id()
    key: str = Field(unique=True)
    kind: str
    platform: str | None = None
    external_id: str
    parent_id: int | None = _optional_ref("subject.id", index=True)
    client: str = Field(default="default", index=True)
    name: str | None = None
    alias: str | None = None
    category: str | None = None
    opened_on: date | None = None
    owner: str | None = None
    contact: str | None = None
    registered_at: datetime | None = Field(default=None, sa_type=Instant)  # None: only seen in evidence
    first_evidence_on: date | None = None


class Assignment(SQLModel, table=True):
    """Which person works under which sub-account, in which team, from when to when (inclusive days)."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("person_id", "agent_id", "starts_on"),)

    id: int | None = _id()
    person_id: int = _ref("subject.id", index=True)
    agent_id: int = _ref("subject.id", index=True)
    team_id: int | None = _optional_ref("subject.id")
    starts_on: date = Field(default=date(1970, 1, 1))
    ends_on: date | None = None


class DayFile(SQLModel, table=True):
    """One generation of one day's evidence. The row without `until` is the one that counts."""

    __tablename__ = "day_file"
    __table_args__ = (
        Index(
            "day_file_live",
            "kind",
            "platform",
            "day",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: int | None = _id()
    kind: str
    platform: str
    day: date
    generation: str  # sha256 of the file's bytes; names the file
    rows: int
    since: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)


class Expectation(SQLModel, table=True):
    """On which local days evidence of a kind is expected of a shop (inclusive; without `until`, from `since` on).

    A row that somebody has taken back or changed is kept, with `ended_at`, and does not count any more.
    """

    __tablename__ = "expectation"
    __table_args__ = (
        Index(
            "expectation_live",
            "subject_id",
            "kind",
            "since",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = _id()
    subject_id: int = _ref("subject.id")
    kind: str
    since: date
    until: date | None = None
    registered_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Coverage(SQLModel, table=True):
    """On which local days (inclusive) imports have brought all the evidence of a kind that a shop has, if any.

    A row is closed (`until`) when a wider one takes its place; what is covered stays so.
    """

    __tablename__ = "coverage"
    __table_args__ = (
        UniqueConstraint("subject_id", "kind", "first_day", "last_day"),
        Index(
            "coverage_live",
            "subject_id",
            "kind",
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: int | None = _id()
    subject_id: int = _ref("subject.id")
    kind: str
    first_day: date
    last_day: date
    recorded_at: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)


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

    id: int | None = _id()
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
    input: str | None = None  # sha256 over everything that the run read
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    failure: str | None = Field(default=None, sa_type=Text)


class Situation(SQLModel, table=True):
    """A distinct set of facts that a run's ladder was asked about, decided once, with the trace of it."""

    __tablename__ = "situation"
    __table_args__ = (UniqueConstraint("run_id", "digest"),)

    id: int | None = _id()
    run_id: int = _ref("run.id")
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

    id: int | None = _id()
    run_id: int = _ref("run.id")
    rule: str
    version: str
    rule_sha256: str
    subject_id: int = _ref("subject.id")
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
    situation_id: int | None = _optional_ref("situation.id")
    violation_id: str | None = Field(default=None, foreign_key="violation.id")
    supersedes_id: int | None = _optional_ref("assessment.id")
    recorded_at: datetime = Field(sa_type=Instant)
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)


class Violation(SQLModel, table=True):
    """A breach on record. Its id is a digest of (rule, subject, cycle, occurrence): the same everywhere.

    `client` is the subject's: it moves when the shop changes its client, in the same transaction.
    """

    __tablename__ = "violation"
    __table_args__ = (UniqueConstraint("rule", "subject_id", "cycle", "occurrence"),)

    id: str = Field(primary_key=True)
    rule: str = Field(index=True)
    version: str
    subject_id: int = _ref("subject.id", index=True)
    client: str = Field(index=True)
    platform: str = Field(index=True)
    cycle: str
    cycle_start: date
    cycle_end: date = Field(index=True)
    occurrence: int = 1
    assessed_on: date = Field(index=True)
    state: str = Field(index=True)
    severity: str | None = Field(default=None, index=True)
    exposure_min_fen: int = Field(sa_type=BigInteger)
    exposure_max_fen: int = Field(sa_type=BigInteger, index=True)
    numerator: int = Field(sa_type=BigInteger)
    denominator: int = Field(sa_type=BigInteger)
    numerator_low: int | None = Field(default=None, sa_type=BigInteger)  # the ends are null where a number is exact
    numerator_high: int | None = Field(default=None, sa_type=BigInteger)
    denominator_low: int | None = Field(default=None, sa_type=BigInteger)
    denominator_high: int | None = Field(default=None, sa_type=BigInteger)
    situation_id: int | None = _optional_ref("situation.id")
    opened_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    # What the platform's own notice says, once somebody has recorded it. `severity` is then what was decided.
    decided_severity: str | None = None
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    reference: str | None = None
    appeal_until: date | None = None


class Sanction(SQLModel, table=True):
    """One measure that follows from a violation. `starts`..`ends` are inclusive days; the amounts are fen.

    `ends` is the last day that it can have, `days_min` the fewest days that it lasts. `share` is an exact fraction
    as text (1/10), `accounts` the names of those that money is taken from.
    """

    __tablename__ = "sanction"
    __table_args__ = (UniqueConstraint("violation_id", "position"),)

    id: int | None = _id()
    violation_id: str = Field(foreign_key="violation.id", index=True)
    position: int
    kind: str
    scope: str | None = None
    amount_min_fen: int | None = Field(default=None, sa_type=BigInteger)
    amount_max_fen: int | None = Field(default=None, sa_type=BigInteger)
    discretionary: bool = False
    starts: date | None = Field(default=None, index=True)
    ends: date | None = None
    days_min: int | None = None
    points: int | None = Field(default=None, sa_type=BigInteger)
    share: str | None = None
    accounts: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class JournalBatch(SQLModel, table=True):
    """One link of the chain: one committing transaction. `digest` covers all of it and of its entries."""

    __tablename__ = "journal_batch"

    seq: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    previous: str
    digest: str
    committed_at: datetime = Field(sa_type=Instant)  # the wall clock, whatever `now` the work was done under


class JournalEntry(SQLModel, table=True):
    """One change of state: who, when, what, why, before, after. Only a payload may ever go."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        UniqueConstraint("batch", "position"),
        Index("journal_entry_object", "object_kind", "object_id"),
    )

    id: int | None = _id()
    batch: int = _ref("journal_batch.seq")
    position: int
    at: datetime = Field(sa_type=Instant)
    actor: str
    event: str  # violation.opened, evidence.imported, …
    object_kind: str
    object_id: str
    payload: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # {"why", "before", "after"}
    payload_sha256: str
    redacted_why: str | None = None


class Notice(SQLModel, table=True):
    """One message to one recipient over one channel: about one violation, or a digest of several. Never two of them.

    `key` is the violation's id, or a digest's own (`late:2026-03-10/acme`: a local day and a client); what a digest is
    about stands in `notice_item`, and its text is written when it is sent.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("key", "event", "recipient", "channel"),)

    id: int | None = _id()
    key: str
    violation_id: str | None = Field(default=None, foreign_key="violation.id", index=True)  # None: a digest
    event: str
    client: str = Field(index=True)
    recipient: str
    channel: str
    language: str
    template: str
    subject: str
    body: str = Field(sa_type=Text)
    state: str = Field(index=True)  # queued | sending | sent | failed | dropped (settled meanwhile)
    owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_type=Instant)
    answer: str | None = Field(default=None, sa_type=Text)  # what the provider really said
    created_at: datetime = Field(sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)


class NoticeItem(SQLModel, table=True):
    """A violation that a digest tells of. Those that are settled before it is sent are taken out again."""

    __tablename__ = "notice_item"

    notice_id: int = Field(sa_column=Column(BigId, ForeignKey("notice.id"), primary_key=True))
    violation_id: str = Field(foreign_key="violation.id", primary_key=True, index=True)


class Cursor(SQLModel, table=True):
    """How far a reader of the journal has come: the last batch it has worked off."""

    __tablename__ = "cursor"

    reader: str = Field(primary_key=True)
    batch: int = Field(sa_type=BigInteger)


class WorkerSeen(SQLModel, table=True):
    """When a worker last gave a sign of life."""

    __tablename__ = "worker_seen"

    worker: str = Field(primary_key=True)
    started_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    version: str | None = None  # of its kaohe


class Seal(SQLModel, table=True):
    """What belongs to this ledger outside of it, so that another key or another lake is noticed before it is used."""

    __tablename__ = "seal"

    name: str = Field(primary_key=True)  # buyers (the key that seals their ids), lake
    fingerprint: str
    since: datetime = Field(sa_type=Instant)


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

    id: int | None = _id()
    run_id: int = _ref("run.id")
    rule: str
    subject_id: int = _ref("subject.id")
    cycle: str
    month: str = Field(index=True)  # of the cycle; closed
    booked_in: str = Field(index=True)
    violation_id: str | None = None  # what it is called, were it on record
    before: Any = Field(sa_column=Column(JSON, nullable=False))
    after: Any = Field(sa_column=Column(JSON, nullable=False))
    recorded_at: datetime = Field(sa_type=Instant)
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)
