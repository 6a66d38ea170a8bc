"""Verdicts that were superseded, as lines and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.local_time import local_time
from console.phrases import journalled_why, verdict_words
from engine.assessment.earlier import Earlier
from engine.rulebook.model import Language
from notifier.words.vocabulary import SEVERITIES, word


def earlier_lines(found: Sequence[Earlier], platform: str, language: Language) -> list[str]:
    """Under a heading one line for each, the oldest first; nothing where there is none."""
    zh = language == "zh-CN"
    lines = ["此前的结论（已被取代）：" if zh else "Earlier verdicts, superseded since:"] if found else []
    for one in found:
        row = one.assessment
        figure = f"{row.numerator}/{row.denominator}" if row.numerator is not None else "-"
        said = [figure, verdict_words(row.verdict, row.at_risk, language)]
        said += [word(SEVERITIES, row.severity, language)] if row.severity else []
        since, until = local_time(row.recorded_at, platform), local_time(one.superseded_at, platform)
        why = journalled_why(one.why, language) if one.why else ("原因未记录" if zh else "the reason is not on record")
        lines.append(f"  {since}  {'，'.join(said)}（至 {until}：{why}）" if zh else _english(since, said, until, why))
    return lines


def _english(since: str, said: Sequence[str], until: str, why: str) -> str:
    return f"  {since}  {', '.join(said)} (until {until}: {why})"


def earlier_json(found: Sequence[Earlier]) -> list[dict[str, Any]]:
    """The same as data; a figure that was rounded has its ends."""
    ends = ("numerator", "denominator", "numerator_low", "numerator_high", "denominator_low", "denominator_high")
    return [
        {
            **{name: getattr(one.assessment, name) for name in ends if getattr(one.assessment, name) is not None},
            "version": one.assessment.version,
            "verdict": one.assessment.verdict,
            "at_risk": one.assessment.at_risk,
            "severity": one.assessment.severity,
            "missing": one.assessment.missing or [],
            "recorded_at": one.assessment.recorded_at.isoformat(),
            "superseded_at": one.superseded_at.isoformat(),
            "why": one.why,
        }
        for one in found
    ]
