"""What the platform's own notice says of a violation, as somebody recorded it: for people and as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from console.phrases import phrase
from console.sentences import sentence
from engine.assessment.ruling import doubts
from engine.rulebook.model import Language, Rule
from notifier.records import Record
from notifier.words.figures import money_range
from notifier.words.vocabulary import SEVERITIES, word


class Decided(Protocol):
    """Whatever has the three: a violation, or its line in a list."""

    @property
    def amount_fen(self) -> int | None:
        """What the platform charged."""

    @property
    def reference(self) -> str | None:
        """The number of the platform's notice."""

    @property
    def appeal_until(self) -> date | None:
        """The last day of an appeal."""


def decided(of: Decided) -> dict[str, Any]:
    """The three as data, null where nothing was recorded."""
    until = of.appeal_until.isoformat() if of.appeal_until else None
    return {"amount_fen": of.amount_fen, "reference": of.reference, "appeal_until": until}


def decided_lines(of: Decided, language: Language) -> list[str]:
    """Those that were recorded, a line each."""
    said = {
        "amount": None if of.amount_fen is None else money_range(of.amount_fen, of.amount_fen, language),
        "reference": of.reference,
        "appeal_until": of.appeal_until.isoformat() if of.appeal_until else None,
    }
    colon = "：" if language == "zh-CN" else ": "
    return [f"{phrase(name, language)}{colon}{value}" for name, value in said.items() if value is not None]


def doubts_about(
    recorded: Record,
    rulebook: Mapping[str, Rule],
    severity: str | None,
    amount_fen: int | None,
    appeal_until: date | None,
    language: Language,
) -> list[str]:
    """Sentences on what is odd about what was recorded; it stands all the same, since the platform decides."""
    violation, version = recorded.violation, recorded.version(rulebook)
    values = {
        "violation": violation.id,
        "severity": word(SEVERITIES, severity or "", language),
        "amount": money_range(amount_fen or 0, amount_fen or 0, language),
        "until": appeal_until,
        "assessed": violation.assessed_on,
    }
    found = list(doubts(violation, version, severity, amount_fen)) if version else []
    if appeal_until is not None and appeal_until < violation.assessed_on:
        found.append("appeal before assessment")
    return [sentence(name, language, **values) for name in found]
