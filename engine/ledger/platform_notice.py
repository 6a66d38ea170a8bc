"""What the platform's own notice says of a violation: one value, wherever somebody records it or a match brings it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from engine.errors import KaoheError


@dataclass(frozen=True, slots=True)
class PlatformNotice:
    """What a notice says; None where it says nothing, and then what is on record stays.

    `amount_fen` is what is charged, `account` what it is taken from (deposit, balance), `borne_by` who bears it. Of the
    instants, in UTC, `noticed_at` is when the notice arrived, and `appeal_until` the first at which it is too late to
    appeal: the end of a day where the platform names a day.
    """

    severity: str | None = None
    amount_fen: int | None = None
    reference: str | None = None
    appeal_until: datetime | None = None
    account: str | None = None
    borne_by: str | None = None
    noticed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.amount_fen is not None and self.amount_fen < 0:
            raise KaoheError(
                f"an amount cannot be negative: {self.amount_fen} fen", zh=f"金额不能是负数：{self.amount_fen} 分"
            )

    def said(self) -> dict[str, Any]:
        """What it says, by the names of the columns that keep it.

        >>> PlatformNotice(severity="minor").said()
        {'severity': 'minor'}
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


NOTHING_SAID = PlatformNotice()
