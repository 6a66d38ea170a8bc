"""A rule as frozen values: what the loader makes of a file, and what every room above reads.

Shares are `fractions.Fraction`, money is integer fen, days are `datetime.date`. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import CycleKind
from engine.calendar.deadlines import Term
from engine.calendar.hours import Hours

Language = Literal["zh-CN", "en"]
Verdict = Literal["compliant", "violation", "not_assessed", "no_data", "undetermined", "exempt"]
CutOff = Literal["cycle_end", "assessed", "bounded"]
DutyOn = Literal["measure", "violation", "at_risk"]
DutyOf = Literal["notice", "assessed"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in Chinese and English; a sentence given once serves both."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The sentence in `language` (`zh-CN` or `en`)."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim was read.

    `grade`: A copy of a dated announcement of the platform, or one of the documents that the rules were made from; B a
    third-party guide that agrees with one of grade A; C undated, promotional or contradicted.
    """

    id: str
    title: Text
    grade: Literal["A", "B", "C"]
    document: str | None = None
    url: str | None = None
    published: date | None = None
    retrieved: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Why a field of a version says what it says: read in a source, or assumed for a reason until a date.

    `assuming` is the reading that a sourced claim takes where its source is silent on a detail.
    """

    name: str
    basis: Literal["source", "assumed"]
    cite: tuple[str, ...] = ()
    says: Text | None = None
    because: Text | None = None
    review_by: date | None = None
    disputed_by: tuple[str, ...] = ()
    dispute: Text | None = None
    assuming: Text | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted: rows of a relation, or the sum of one of its columns, within hours and a condition."""

    name: str
    relation: str
    where: str | None = None  # a checked SQL expression over the relation's columns
    hours: Hours | None = None
    total_of: str | None = None  # None counts rows; a column name sums it


@dataclass(frozen=True, slots=True)
class Figure:
    """One fraction: two counters by name. A denominator of None is the number 1."""

    numerator: str
    denominator: str | None


Comparison = Literal["at_least", "above", "at_most", "below"]


@dataclass(frozen=True, slots=True)
class Bound:
    """One comparison with an exact limit: `at_least`, `above`, `at_most` or `below`."""

    comparison: Comparison
    limit: Fraction
    as_written: str  # "80%", "5"

    def admits(self, numerator: int, denominator: int) -> bool:
        """Whether numerator/denominator is on this side of the limit; integers only, `denominator` > 0.

        >>> Bound("at_least", Fraction(4, 5), "80%").admits(863, 1079)
        False
        """
        left = numerator * self.limit.denominator
        right = self.limit.numerator * denominator
        return {
            "at_least": left >= right,
            "above": left > right,
            "at_most": left <= right,
            "below": left < right,
        }[self.comparison]

    def opposite(self) -> Bound:
        """The bound that admits exactly what this one does not."""
        other: Comparison
        if self.comparison == "at_least":
            other = "below"
        elif self.comparison == "below":
            other = "at_least"
        elif self.comparison == "above":
            other = "at_most"
        else:
            other = "above"
        return Bound(other, self.limit, self.as_written)

    def __str__(self) -> str:
        sign = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}[self.comparison]
        return f"{sign} {self.as_written}"


@dataclass(frozen=True, slots=True)
class Standard:
    """When a figure complies. `stated` keeps the way in which the source says it."""

    complies: Bound
    stated: Literal["compliant_when", "violates_when"]


@dataclass(frozen=True, slots=True)
class SanctionSpec:
    """One measure of a ladder. Days are whole, amounts fen, both [low, high]; `discretionary`: may, not must.

    `points` are penalty points; `share` is the part that a bonus loses.
    """

    kind: str
    days: tuple[int, int] | None = None
    amount_fen: tuple[int, int] | None = None
    scope: str | None = None
    discretionary: bool = False
    accounts: tuple[str, ...] = ()
    points: int | None = None
    share: Fraction | None = None

    def exposure_fen(self) -> tuple[int, int]:
        """The least and the most that this measure can cost."""
        low, high = self.amount_fen or (0, 0)
        return (0 if self.discretionary else low, high)


@dataclass(frozen=True, slots=True)
class Band:
    """A severity by the figure itself."""

    severity: str
    when: Bound


@dataclass(frozen=True, slots=True)
class Severity:
    """How a breach is graded: by band of the figure, by count of confirmed violations, or by the platform.

    Bands are asked in their order; the first that admits the figure gives the severity, and one always does.
    `steps` maps the ordinal of this violation within `within_days` (itself included) to a severity; the
    highest step not above the ordinal applies. With `platform`, the steps are our forecast until a person
    records the notice.
    """

    decided_by: Literal["metric", "history", "platform"]
    bands: tuple[Band, ...] = ()
    within_days: int | None = None
    steps: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Appeal:
    """What the platform grants against its own decision; None where its sources do not say.

    `if_severity` has the terms that differ from `within`. `by` is who alone may appeal, `forfeited_by` tells people
    what gives the appeal up, and `confirming_forfeits` whether confirming the notice does. The platform has
    `answered_within` for its answer.
    """

    within: Term
    of: str
    attempts: int | None = None
    forfeited_by: Text | None = None
    if_severity: Mapping[str, Term] = field(default_factory=dict)
    by: Literal["main_account"] | None = None
    confirming_forfeits: bool = False
    most_characters: int | None = None
    most_pictures: int | None = None
    answered_within: Term | None = None

    def term(self, severity: str | None) -> Term:
        """How long is granted against a decision of this severity."""
        return self.if_severity.get(severity or "", self.within)


@dataclass(frozen=True, slots=True)
class DutySpec:
    """What somebody owes once there is an occasion: its measure, a violation, or a shop at risk (or worse).

    It is due at the end of the `within_days`-th local day after the platform's notice, or after the assessment. No
    verdict depends on it. `title` is that of a duty which only this file knows; `proof` says what proves it.
    """

    kind: str
    on: DutyOn
    within_days: int
    of: DutyOf
    claim: Claim
    title: Text | None = None
    proof: Text | None = None
    second_person: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """A whole number that is only known to lie between two others, which it may equal."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(
                f"an interval runs from the lower number to the higher, not from {self.low} to {self.high}"
            )

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class PastViolation:
    """An earlier violation of the same subject under the same rule, as a case or the ledger gives it."""

    days_ago: int
    state: str
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a case expects. Fields that are None are not compared."""

    verdict: Verdict
    at_risk: bool | None = None
    severity: str | None = None
    exposure_fen: tuple[int, int] | None = None
    sanctions: tuple[str, ...] | None = None  # kinds, in ladder order
    missing: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An example that lives in the rule file: counters in, verdict out."""

    name: str
    given: Mapping[str, int | Interval]
    history: tuple[PastViolation, ...]
    expect: Expectation
    line: int


@dataclass(frozen=True, slots=True)
class Version:
    """A whole version of a rule; it governs the cycles that begin on or after `since`, before the next key.

    `sha256` covers the deciding fields only. A repealed version has provenance and nothing else that decides.
    `notify_floor` decides nothing: of a figure below it nobody is told at once (see `engine/rulebook/floor.py`).
    """

    since: date
    provenance: tuple[Claim, ...]
    sha256: str
    repealed: bool = False
    text: Text | None = None
    counters: tuple[Counter, ...] = ()
    figure: Figure | None = None
    cycle: CycleKind | None = None
    assessed: AssessedOn | None = None
    cut_off: CutOff | None = None
    gate: tuple[tuple[str, Bound], ...] = ()
    standard: Standard | None = None
    at_risk: Bound | None = None
    severity: Severity | None = None
    ladder: Mapping[str, tuple[SanctionSpec, ...]] = field(default_factory=dict)
    appeal: Appeal | None = None
    cases: tuple[Case, ...] = ()
    duties: tuple[DutySpec, ...] = ()
    notify_floor: tuple[tuple[str, Bound], ...] = ()

    @property
    def key(self) -> str:
        """The version's name: its ISO date."""
        return self.since.isoformat()

    def claims(self, basis: str) -> tuple[str, ...]:
        """Names of the claims with this basis (`source` or `assumed`), in the order of the file."""
        return tuple(c.name for c in self.provenance if c.basis == basis)

    def disputed(self) -> tuple[str, ...]:
        """Names of the claims that a citation disputes, in the order of the file."""
        return tuple(c.name for c in self.provenance if c.disputed_by)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A change that is announced, shown, and never decides."""

    since: date
    cite: tuple[str, ...]
    says: Text


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule file: an identity that is never reused, its sources, and its dated versions."""

    id: str
    platform: str
    subject: Literal["shop", "agent", "person"]
    zone: str
    title: Text
    sources: Mapping[str, Source]
    versions: tuple[Version, ...]  # ascending by `since`
    announced: tuple[Announcement, ...]
    path: str
    source_text: str  # the file as it was read: kept by the ledger for every version that was used
    measures: Mapping[str, Text] = field(default_factory=dict)  # titles of the sanctions that only this file knows

    def version_for(self, first_day: date) -> Version | None:
        """The version that governs a cycle beginning on `first_day`, or None before the first key."""
        governing = [v for v in self.versions if v.since <= first_day]
        return governing[-1] if governing else None
