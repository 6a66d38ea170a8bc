"""Corrections of closed months, as lists, lines and JSON tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.phrases import heads, verdict_words
from console.sentences import sentence
from engine.ledger.periods import Booked
from engine.rulebook.model import Language
from notifier.words.figures import money_range
from notifier.words.vocabulary import STATES, word

COLUMNS = "month booked_in rule client shop cycle before after violation"


def correction_heads(language: Language) -> list[str]:
    """The heads of a list of corrections."""
    return heads(COLUMNS, language)


def correction_cells(booked: Booked, language: Language) -> list[str]:
    """A correction as a row under these."""
    correction, shop = booked
    before, after = _states(booked, language)
    called = shop.alias or shop.external_id
    return [
        correction.month,
        correction.booked_in,
        correction.rule,
        shop.client,
        called,
        correction.cycle,
        before,
        after,
        correction.violation_id or "",
    ]


def correction_json(booked: Booked) -> dict[str, Any]:
    """A correction as `--json` prints it."""
    correction, shop = booked
    return {
        "rule": correction.rule,
        "platform": shop.platform,
        "client": shop.client,
        "shop": shop.external_id,
        "cycle": correction.cycle,
        "month": correction.month,
        "booked_in": correction.booked_in,
        "violation": correction.violation_id,
        "before": correction.before,
        "after": correction.after,
        "recorded_at": correction.recorded_at.isoformat(),
    }


def correction_lines(found: Sequence[Booked], language: Language) -> list[str]:
    """What was booked about one violation, a line each; none where its month is open."""
    lines = []
    for booked in found:
        before, after = _states(booked, language)
        c = booked.correction
        lines.append(sentence("correction", language, month=c.month, booked_in=c.booked_in, before=before, after=after))
    return lines


def _states(booked: Booked, language: Language) -> tuple[str, str]:
    before, after = booked.correction.before, booked.correction.after
    costs = any(state["exposure_fen"][1] for state in (before, after))
    return _state(before, language, costs=costs), _state(after, language, costs=costs)


def _state(state: Mapping[str, Any], language: Language, *, costs: bool) -> str:
    """A verdict, its figure and, where one of the two states `costs` anything, what it may cost, in one cell."""
    if state["verdict"] is None:
        return "-"
    words = verdict_words(state["verdict"], False, language)
    figure = f" {state['numerator']}/{state['denominator']}" if state["denominator"] is not None else ""
    low, high = state["exposure_fen"]
    let_off = f" {word(STATES, state['let_off'], language)}" if "let_off" in state else ""
    return words + figure + (f" {money_range(low, high, language)}" if costs else "") + let_off
