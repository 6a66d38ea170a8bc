"""Breaches on record, and the measures that follow from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, optional_ref, ref

FILTERS = ("client", "cycle_end", "platform", "rule", "severity", "state", "subject_id")


class Violation(SQLModel, table=True):
    """A breach on record. Its id is a digest of (rule, subject, cycle, occurrence): the same everywhere.

    `client` is the subject's: it moves when the shop changes its client, in the same transaction.
    """

    __tablename__ = "violation"
    __table_args__ = (
        UniqueConstraint("rule", "subject_id", "cycle", "occurrence"),
        # For each filter of lists, what fits it by day.
        *(Index(None, name, "assessed_on") for name in FILTERS),
        Index(None, "client", "state", "assessed_on"),  # what a client is asked about most
    )

    id: str = Field(primary_key=True)
    rule: str
    version: str
    subject_id: int = ref("subject.id")
    client: str
    platform: str
    cycle: str
    cycle_start: date
    cycle_end: date
    occurrence: int = 1
    assessed_on: date = Field(index=True)
    state: str
    severity: str | None = None
    exposure_min_fen: int = Field(sa_type=BigInteger)
    exposure_max_fen: int = Field(sa_type=BigInteger, index=True)
    numerator: int = Field(sa_type=BigInteger)
    denominator: int = Field(sa_type=BigInteger)
    numerator_low: int | None = Field(default=None, sa_type=BigInteger)  # the ends are null where a number is exact
    numerator_high: int | None = Field(default=None, sa_type=BigInteger)
    denominator_low: int | None = Field(default=None, sa_type=BigInteger)
    denominator_high: int | None = Field(default=None, sa_type=BigInteger)
    situation_id: int | None = optional_ref("situation.id", index=True)
    opened_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    # What the platform's own notice says, once somebody has recorded it. `severity` is then what was decided.
    decided_severity: str | None = None
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    reference: str | None = Field(default=None, index=True)
    appeal_until: datetime | None = Field(default=None, sa_type=Instant)  # the first instant that is too late
    account: str | None = None  # what the charge is taken from
    borne_by: str | None = None
    noticed_at: datetime | None = Field(default=None, sa_type=Instant)


class Decided(SQLModel, table=True):
    """The batch of the journal with the last decision of some kind about violations of a rule in a cycle.

    Which kinds there are, and which assessments each has a say in, stands in `engine.ledger.decisions`. A row for a
    cycle and not for a violation: what is due is asked every few seconds, over all that was ever decided.
    """

    __tablename__ = "decided"

    rule: str = Field(primary_key=True)
    cycle: str = Field(primary_key=True)
    assessed_on: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # counts | waived | spoken
    batch: int = Field(sa_type=BigInteger)


class Sanction(SQLModel, table=True):
    """One measure that follows from a violation. `starts`..`ends` are inclusive days; the amounts are fen.

    `ends` is the last day that it can have, `days_min` the fewest days that it lasts. `share` is an exact fraction
    as text (1/10), `accounts` the names of those that money is taken from.
    """

    __tablename__ = "sanction"
    __table_args__ = (UniqueConstraint("violation_id", "position"), Index(None, "ends", "starts"))

    id: int | None = identity()
    violation_id: str = Field(foreign_key="violation.id", index=True)
    position: int
    kind: str
    scope: str | None = None
    amount_min_fen: int | None = Field(default=None, sa_type=BigInteger)
    amount_max_fen: int | None = Field(default=None, sa_type=BigInteger)
    discretionary: bool = False
    starts: date | None = None
    ends: date | None = None
    days_min: int | None = None
    points: int | None = Field(default=None, sa_type=BigInteger)
    share: str | None = None
    accounts: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class Diagnosis(SQLModel, table=True):
    """What caused a violation, as far as the evidence tells: reckoned once for the situation that stands.

    `document` has its causes and what weighs most (`engine.assessment.diagnosis`), with names of agents.
    """

    __tablename__ = "diagnosis"

    violation_id: str = Field(primary_key=True, foreign_key="violation.id")
    situation_id: int | None = optional_ref("situation.id")
    document: Any = Field(sa_column=Column(JSON, nullable=False))
    reckoned_at: datetime = Field(sa_type=Instant)
