"""A mapping as frozen values: which headers are which columns, and what is reckoned from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from engine.calendar.cycles import CycleKind
from engine.rulebook.model import Claim, Source, Text

ColumnKind = Literal["text", "period", "count", "rate", "percent"]
PeriodSource = Literal["column", "cell", "file name"]


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column under any of its `headers`.

    `fill`: an empty cell means what the cell above it says (merged cells). A count may be part `of` another. A rate
    is a fraction or has its %, a percent is a percentage without it; `to`: what it was rounded to, where the digits
    do not tell (zeros at the end left off).
    """

    name: str
    headers: tuple[str, ...]
    kind: ColumnKind = "text"
    required: bool = False
    fill: bool = False
    of: str | None = None
    to: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A whole number that is a share (the rate in the column `rate`) of another whole number."""

    name: str
    of: str
    rate: str


@dataclass(frozen=True, slots=True)
class Fed:
    """The counters of one rule that the file feeds, where a row's period lies `within` a cycle of this kind.

    A counter is a sum of whole numbers, each with its sign.
    """

    rule: str
    within: CycleKind
    counters: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class MappingFile:
    """One mapping.

    `numbers`: the whole numbers of a row, each after what it is a part of. `adds_up`: those that are the sum of parts.

    `shop_is_sum`: the shop's own row is the sum of its agents' rows, which is a claim. `skip` are words of rows that
    are about nobody, `missing` those of cells that hold nothing.
    """

    id: str
    platform: str
    kind: str
    title: Text
    columns: Mapping[str, MappedColumn]
    sources: Mapping[str, Source]
    provenance: tuple[Claim, ...]
    path: str
    sha256: str
    period: tuple[PeriodSource, ...] = ()
    skip: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    adds_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    feeds: tuple[Fed, ...] = ()
    shop_is_sum: bool = False

    def parent(self, number: str) -> str | None:
        """What the number is a part of."""
        return self.parts[number].of if number in self.parts else self.columns[number].of

    def claim(self, name: str) -> Claim | None:
        """The claim of this name."""
        return next((c for c in self.provenance if c.name == name), None)
