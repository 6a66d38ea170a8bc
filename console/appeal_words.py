"""Appeals that were handed in, for people and as data: when, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.local_time import local_time
from console.phrases import OUTCOMES
from engine.ledger.tables import Appeal
from engine.rulebook.model import Language, Text
from notifier.words.vocabulary import word

HANDED_IN = Text("第 {n} 次申诉：{at} 提交", "appeal {n}: handed in at {at}")
ANSWERED = Text("，{at} {outcome}", "; {outcome} at {at}")


def appeals_json(appeals: Iterable[Appeal]) -> list[dict[str, Any]]:
    """Those that were handed in, in order."""
    return [
        {
            "attempt": one.attempt,
            "submitted_at": one.submitted_at.isoformat(),
            "outcome": one.outcome,
            "outcome_at": one.outcome_at.isoformat() if one.outcome_at else None,
        }
        for one in appeals
        if one.submitted_at is not None
    ]


def appeal_lines(appeals: Iterable[Appeal], platform: str, language: Language) -> list[str]:
    """The same, a line each, in the platform's time."""
    lines = []
    for one in appeals:
        if one.submitted_at is None:
            continue
        line = HANDED_IN.in_language(language).format(n=one.attempt, at=local_time(one.submitted_at, platform))
        if one.outcome and one.outcome_at:
            outcome = word(OUTCOMES, one.outcome, language)
            at = local_time(one.outcome_at, platform)
            line += ANSWERED.in_language(language).format(at=at, outcome=outcome)
        lines.append(line)
    return lines
