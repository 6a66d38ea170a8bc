"""The measures that a platform can take against a shop, and what each of them takes as its size.

A rule file may declare more kinds in its top-level `measures:`, each with a title in both languages; those
take any size. A kind that is neither here nor there is a fault, so that a misspelling never is a sanction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine.rulebook import values
from engine.rulebook.model import Text


@dataclass(frozen=True, slots=True)
class Size:
    """One way in which a measure is large or small: how it is read, and how it looks."""

    parse: Callable[[str], Any]
    example: str


# By the field of a sanction that each fills.
SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "days": Size(values.span, "3 days"),
        "amount_fen": Size(values.amount, "1000 CNY"),
        "points": Size(values.positive, "2"),
        "share": Size(values.percentage, "10%"),
    }
)
UNSTATED = "unstated"  # written where a measure has options, but no source states its size


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of sanction. `sizes` names those of SIZES that it takes; `needs_size`: nothing without."""

    kind: str
    title: Text
    sizes: tuple[str, ...] = ()
    needs_size: bool = False


def declared(kind: str, title: Text) -> Measure:
    """The measure that a rule file declares for itself."""
    return Measure(kind, title, tuple(SIZES))


_KNOWN = (
    Measure("warning", Text("警告", "warning")),
    Measure("mandatory_study", Text("强制学习", "mandatory study")),
    Measure("mandatory_exam", Text("强制考试", "mandatory exam")),
    Measure("liquidated_damages", Text("违约金", "liquidated damages"), ("amount_fen",), needs_size=True),
    Measure("traffic_limit", Text("限制流量", "traffic limit"), ("days",)),
    Measure("listing_ban", Text("禁止上新", "ban on new listings"), ("days",)),
    Measure("delisting", Text("商品下架", "goods taken down"), ("days",)),
    Measure("demotion", Text("搜索降权", "demotion in search"), ("days",)),
    Measure("restriction", Text("限制权限", "restriction of functions"), ("days",)),
    Measure("points", Text("扣分", "penalty points"), ("points",), needs_size=True),
    Measure("bonus_cut", Text("扣减奖金", "bonus cut"), ("share",), needs_size=True),
)
MEASURES: Mapping[str, Measure] = MappingProxyType({measure.kind: measure for measure in _KNOWN})
