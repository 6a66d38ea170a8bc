"""One subject's outcome of one cycle: what is recorded, printed and compared. The same value, read or reckoned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from engine.rulebook.model import Interval, Rule, SanctionSpec, Version


@dataclass(frozen=True, slots=True)
class DatedSanction:
    """A measure with its days: `starts`..`ends` inclusive, None where the measure has no days.

    Where only a span is known, `ends` is the last day that it can have.
    """

    spec: SanctionSpec
    starts: date | None
    ends: date | None

    def as_json(self) -> dict[str, Any]:
        """The measure as every `--json` prints it: keys that do not apply are left out."""
        row: dict[str, Any] = {"kind": self.spec.kind}
        if self.spec.scope:
            row["scope"] = self.spec.scope
        if self.spec.amount_fen:
            row["amount_fen"] = list(self.spec.amount_fen)
        if self.spec.discretionary:
            row["discretionary"] = True
        if self.spec.accounts:
            row["accounts"] = list(self.spec.accounts)
        if self.spec.points is not None:
            row["points"] = self.spec.points
        if self.spec.share is not None:
            row["share"] = six_decimals(self.spec.share.numerator, self.spec.share.denominator)
        if self.spec.days and self.spec.days[0] != self.spec.days[1]:
            row["days"] = list(self.spec.days)
        if self.starts and self.ends:
            row["starts"] = self.starts.isoformat()
            row["ends"] = self.ends.isoformat()
        return row


def dated(specs: tuple[SanctionSpec, ...], assessed_on: date) -> tuple[DatedSanction, ...]:
    """Whole days, beginning on the assessment day; the end is that of the longest that a measure can last."""
    return tuple(
        DatedSanction(s, assessed_on, assessed_on + timedelta(days=s.days[1] - 1))
        if s.days
        else DatedSanction(s, None, None)
        for s in specs
    )


def exposure_fen(sanctions: tuple[DatedSanction, ...]) -> tuple[int, int]:
    """The least and the most that these measures can cost together."""
    costs = [s.spec.exposure_fen() for s in sanctions]
    return sum(low for low, _ in costs), sum(high for _, high in costs)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with all that a reader needs to check it. `numerator`/`denominator` are None where unknown."""

    rule: Rule
    version: Version
    client: str
    shop: str
    agent: str | None
    cycle: str
    cycle_start: date
    cycle_end: date
    assessed_on: date
    numerator: int | None
    denominator: int | None
    verdict: str
    at_risk: bool
    severity: str | None
    sanctions: tuple[DatedSanction, ...]
    missing: tuple[str, ...]
    violation: str | None
    numerator_range: Interval | None = None  # where an import was rounded: what the number lies between
    denominator_range: Interval | None = None
    charged_fen: int | None = None  # once it is on record: what the platform charged

    def exposure_fen(self) -> tuple[int, int]:
        """The least and the most that it can cost; both are the charge once there is one."""
        return exposure_fen(self.sanctions) if self.charged_fen is None else (self.charged_fen, self.charged_fen)

    def figure_words(self) -> str:
        """The figure as people read it: `79/100`, `695..705/1000` where it was rounded, `-` where there is none."""
        if self.denominator is None:
            return "-"
        top, bottom = self.numerator_range or self.numerator, self.denominator_range or self.denominator
        return f"{'-' if top is None else top}/{bottom}"

    def sort_key(self) -> tuple[Any, ...]:
        """assessed_on, platform, shop, agent, rule, cycle: the order of every list."""
        return (self.assessed_on, self.rule.platform, self.shop, self.agent or "", self.rule.id, self.cycle)

    def as_json(self) -> dict[str, Any]:
        """One line of `kaohe assess --json`."""
        row: dict[str, Any] = {
            "rule": self.rule.id,
            "version": self.version.key,
            "rule_sha256": self.version.sha256,
            "platform": self.rule.platform,
            "client": self.client,
            "shop": self.shop,
            "agent": self.agent,
            "cycle": self.cycle,
            "cycle_start": self.cycle_start.isoformat(),
            "cycle_end": self.cycle_end.isoformat(),
            "assessed_on": self.assessed_on.isoformat(),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "value": six_decimals(self.numerator, self.denominator),
            "standard": standard_words(self.version),
            "gate": gate_words(self.version),
            "verdict": self.verdict,
            "at_risk": self.at_risk,
            "severity": self.severity,
            "sanctions": [s.as_json() for s in self.sanctions],
            "exposure_fen": list(self.exposure_fen()),
            "assumed": list(self.version.claims("assumed")),
            "disputed": list(self.version.disputed()),
            "violation": self.violation,
        }
        if self.missing:
            row["missing"] = list(self.missing)
        return row | self.ranges_json()

    def ranges_json(self) -> dict[str, Any]:
        """The ends of the figure, where it has some."""
        return ranges_json(self.numerator_range, self.denominator_range)


def ranges_json(numerator: Interval | None, denominator: Interval | None) -> dict[str, Any]:
    """The ends of a rounded figure as every `--json` prints them; a number that is exact has none."""
    ranges = {"numerator_range": numerator, "denominator_range": denominator}
    return {name: [ends.low, ends.high] for name, ends in ranges.items() if ends}


def six_decimals(numerator: int | None, denominator: int | None) -> str | None:
    """numerator/denominator to six decimals, half up, in integers; None where there is no figure. It never decides.

    >>> six_decimals(863, 1079), six_decimals(2, 3), six_decimals(1, 0)
    ('0.799815', '0.666667', None)
    """
    if numerator is None or denominator is None or denominator <= 0:
        return None
    millionths = (2 * numerator * 1_000_000 + denominator) // (2 * denominator)
    whole, rest = divmod(abs(millionths), 1_000_000)
    return f"{'-' if millionths < 0 else ''}{whole}.{rest:06d}"


def standard_words(version: Version) -> str | None:
    """The standard as a comparison that the figure must meet: `>= 80%`."""
    return str(version.standard.complies) if version.standard else None


def gate_words(version: Version) -> str | None:
    """The gate as a comparison of counters: `sessions >= 5`; None where everyone is assessed."""
    return " and ".join(f"{counter} {bound}" for counter, bound in version.gate) or None
