"""What clients' contracts ask beyond the platforms' rules, and what shops have deposited with the platforms."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from engine.ledger.columns import Instant
from engine.ledger.tables.parts import identity, optional_ref, ref


class ContractStandard(SQLModel, table=True):
    """A stricter standard that a contract sets over the figures of a rule, for a client's shops or for one of them.

    It holds for the cycles whose first day lies in `since`..`until` (inclusive; for ever, if `until` is none). A row
    is never rewritten, but for its end: `until`, and when and by whom it was said.
    """

    __tablename__ = "contract_standard"

    id: int | None = identity()
    client: str = Field(index=True)
    rule: str = Field(index=True)
    shop_id: int | None = optional_ref("subject.id", index=True)  # none: all shops of the client
    comparison: str  # at_least | above | at_most | below: what a figure that meets it is
    limit_written: str  # 85%
    since: date
    until: date | None = None
    note: str | None = Field(default=None, sa_type=Text)
    set_at: datetime = Field(sa_type=Instant)
    set_by: str
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None


class Deposit(SQLModel, table=True):
    """What stood in a shop's deposit at an instant, as somebody read it in the back office. The latest counts."""

    __tablename__ = "deposit"

    id: int | None = identity()
    subject_id: int = ref("subject.id", index=True)
    balance_fen: int = Field(sa_type=BigInteger)
    minimum_fen: int | None = Field(default=None, sa_type=BigInteger)  # what the platform wants to be there
    at: datetime = Field(sa_type=Instant)
    why: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str
