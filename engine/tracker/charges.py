"""What violations were forecast to cost, what the platforms charged, and who bears it: by client, month and bearer.

A charge is counted once: a penalty whose number stands on a violation, or of which a person said so, is that
violation's charge; what was recorded under the number of a notice that is not the violation's own is no charge of it.
A violation counts in the month of its cycle's last day, a penalty that belongs to none of ours in the month of its
notice, and what came to light about a closed month in the month in which it was booked. All amounts are whole fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, get_args

from engine.calendar.zones import local_day
from engine.errors import UnknownNameError
from engine.ledger.periods import month_of
from engine.ledger.states import LET_OFF, SETTLED
from engine.rulebook.platforms import platform
from engine.tracker.penalties import Penalty, PenaltyKey

By = Literal["client", "month", "bearer", "shop"]
GROUPS: tuple[By, ...] = get_args(By)
VOID = frozenset({"overturned"})  # statuses of penalties that cost nothing
NOTHING_SAID: Mapping[PenaltyKey, str | None] = MappingProxyType({})
UNEXPECTED = frozenset({"waived", "withdrawn"})  # states of violations of which nobody expects a charge


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A violation as this ledger reads it. `forecast_fen` is what we reckoned, `exposure_fen` what it can cost now."""

    id: str
    client: str
    platform: str
    shop: str
    month: str
    state: str
    forecast_fen: tuple[int, int]
    exposure_fen: tuple[int, int]
    amount_fen: int | None
    reference: str | None
    noticed_at: datetime  # of the charge; where nobody has said, when the violation was last changed
    account: str | None = None
    borne_by: str | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """What came to light about a closed month: the forecast before and after."""

    client: str
    platform: str
    shop: str
    booked_in: str
    before_fen: tuple[int, int]
    after_fen: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands in one group; ranges are [least, most].

    `open_fen` is what may still be charged of what is forecast, `correction_fen` what corrections add to the forecast,
    the most of it to the most; `unmatched_fen` is the part of `charged_fen` that belongs to no violation of ours.
    """

    violations: int = 0
    charges: int = 0
    corrections: int = 0
    forecast_fen: tuple[int, int] = (0, 0)
    open_fen: tuple[int, int] = (0, 0)
    correction_fen: tuple[int, int] = (0, 0)
    charged_fen: int = 0
    unmatched_fen: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.violations + other.violations,
            self.charges + other.charges,
            self.corrections + other.corrections,
            _both(self.forecast_fen, other.forecast_fen),
            _both(self.open_fen, other.open_fen),
            _both(self.correction_fen, other.correction_fen),
            self.charged_fen + other.charged_fen,
            self.unmatched_fen + other.unmatched_fen,
        )

    def as_json(self) -> dict[str, Any]:
        """The sums as `kaohe charges --json` prints them."""
        return {
            "violations": self.violations,
            "charges": self.charges,
            "corrections": self.corrections,
            "forecast_fen": list(self.forecast_fen),
            "open_fen": list(self.open_fen),
            "correction_fen": list(self.correction_fen),
            "charged_fen": self.charged_fen,
            "unmatched_fen": self.unmatched_fen,
        }


@dataclass(frozen=True, slots=True)
class Charge:
    """A violation, a penalty, or both where the one is the other's.

    `fen` is what the platform charged, None where nobody has said; `open_fen` is what may still be charged.
    """

    violation: Reckoned | None
    penalty: Penalty | None
    fen: int | None
    open_fen: tuple[int, int] = (0, 0)

    @property
    def noticed_at(self) -> datetime:
        """When the notice of it came."""
        of = self.penalty or self.violation
        assert of is not None
        return of.noticed_at

    @property
    def account(self) -> str | None:
        """What it was taken from, as the notice says, else as a person does."""
        by_notice = self.penalty.account if self.penalty else None
        return by_notice or (self.violation.account if self.violation else None)

    @property
    def borne_by(self) -> str | None:
        """Who bears it, as the notice says, else as a person does."""
        by_notice = self.penalty.borne_by if self.penalty else None
        return by_notice or (self.violation.borne_by if self.violation else None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: a violation with its charge, a penalty of no violation of ours, or a correction."""

    client: str
    platform: str
    shop: str
    month: str
    bearer: str | None
    sums: Sums


def charges(
    violations: Iterable[Reckoned], penalties: Iterable[Penalty], said: Mapping[PenaltyKey, str | None] = NOTHING_SAID
) -> list[Charge]:
    """Every violation with what it was charged, by month and id, then every penalty of no violation of ours: pure.

    `said` is what people decided about penalties: the violation that one belongs to, None for none of ours.

    Where the number of one penalty stands on several violations, it is the charge of the first, by month and id. The
    amount on a violation was recorded under the number there: where that notice is somebody else's charge, or counts by
    itself, the amount is none, and what was forecast may still come.
    """
    known = {penalty.key: penalty for penalty in penalties}
    unclaimed = dict(known)
    linked = {violation: key for key, violation in said.items() if violation is not None}
    found = []
    for violation in sorted(violations, key=lambda v: (v.month, v.id)):
        own = PenaltyKey(violation.platform, violation.shop, violation.reference or "")
        key, taken_away = linked.get(violation.id, own), said.get(own, violation.id) != violation.id
        if key == own and taken_away:
            found.append(_charge(replace(violation, amount_fen=None, exposure_fen=violation.forecast_fen), None))
            continue
        penalty = unclaimed.pop(key, None)
        if penalty is None and key in known:
            found.append(Charge(violation, None, None))  # another violation has it
            continue
        elsewhere = taken_away or own in known
        found.append(
            _charge(violation if key == own or not elsewhere else replace(violation, amount_fen=None), penalty)
        )
    return found + [Charge(None, penalty, charge_of(None, penalty)) for penalty in unclaimed.values()]


def entries(
    violations: Iterable[Reckoned],
    penalties: Iterable[Penalty],
    corrections: Iterable[Corrected],
    clients: Mapping[tuple[str, str], str],
    said: Mapping[PenaltyKey, str | None] = NOTHING_SAID,
) -> list[Entry]:
    """Every line. `clients` says whose each shop (platform, id) is; a penalty of a shop that it lacks is left out."""
    found = []
    for charge in charges(violations, penalties, said):
        if charge.violation is not None:
            found.append(_entry(charge, charge.violation))
        elif charge.penalty is not None and (place := (charge.penalty.platform, charge.penalty.shop)) in clients:
            found.append(_unmatched(charge, charge.penalty, clients[place]))
    return found + [_correction(c) for c in corrections]


def summed(lines: Iterable[Entry], by: Sequence[By]) -> dict[tuple[str | None, ...], Sums]:
    """The sums of each group, in order; nobody, where it is not told who bears it, comes first."""
    found: dict[tuple[str | None, ...], Sums] = {}
    for line in lines:
        key = tuple(value for name in by for value in group_of(line, name))
        found[key] = found.get(key, Sums()) + line.sums
    return dict(sorted(found.items(), key=lambda item: [value or "" for value in item[0]]))


def group_of(line: Entry, by: By) -> tuple[str | None, ...]:
    """What a line is grouped by; a shop is told by its platform and its id."""
    return (line.platform, line.shop) if by == "shop" else (getattr(line, by),)


def groups(names: Sequence[str]) -> tuple[By, ...]:
    """What to group by, as it is typed. Raises UnknownNameError."""
    for name in names:
        if name not in GROUPS:
            raise UnknownNameError("group", name, GROUPS)
    return tuple(group for group in GROUPS if group in names)


def charge_of(amount_fen: int | None, penalty: Penalty | None) -> int | None:
    """What the platform charged: what its notice says, else what a person recorded; None where nobody has said."""
    if penalty is not None and penalty.status in VOID:
        return 0
    return penalty.amount_fen if penalty is not None and penalty.amount_fen is not None else amount_fen


def _charge(violation: Reckoned, penalty: Penalty | None) -> Charge:
    fen = charge_of(violation.amount_fen, penalty)
    if violation.state in LET_OFF and fen is not None:
        fen = 0
    still = fen is None and violation.state not in SETTLED
    return Charge(violation, penalty, fen, violation.exposure_fen if still else (0, 0))


def _entry(charge: Charge, violation: Reckoned) -> Entry:
    sums = Sums(
        violations=1,
        charges=int(charge.fen is not None),
        forecast_fen=(0, 0) if violation.state in UNEXPECTED else violation.forecast_fen,
        open_fen=charge.open_fen,
        charged_fen=charge.fen or 0,
    )
    return Entry(violation.client, violation.platform, violation.shop, violation.month, charge.borne_by, sums)


def _unmatched(charge: Charge, penalty: Penalty, client: str) -> Entry:
    month = month_of(local_day(penalty.noticed_at, platform(penalty.platform).zone))
    fen = charge.fen or 0
    sums = Sums(charges=int(charge.fen is not None), charged_fen=fen, unmatched_fen=fen)
    return Entry(client, penalty.platform, penalty.shop, month, charge.borne_by, sums)


def _correction(of: Corrected) -> Entry:
    (low, high), (low_after, high_after) = of.before_fen, of.after_fen
    sums = replace(Sums(), corrections=1, correction_fen=(low_after - low, high_after - high))
    return Entry(of.client, of.platform, of.shop, of.booked_in, None, sums)


def _both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]
