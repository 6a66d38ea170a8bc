"""What became of a month: whether it is closed, and what was corrected since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from console.phrases import PERIOD_STATES, verdict_words
from console.reports.look import OF_A_SHOP, Look
from console.reports.sheet import Column, Row, Sheet, Tone, Word
from engine.ledger.periods import Booked
from engine.ledger.tables import Period
from notifier.words.figures import money_range

_TONES: Mapping[str, Tone] = {"closed": "good", "reopening": "warn", "open": "warn"}


def corrections(look: Look, booked: Iterable[Booked]) -> Sheet:
    """What later evidence changed about the month, and what was booked in it about earlier ones."""
    return Sheet(
        "corrections",
        look.said("corrections"),
        look.columns(f"{OF_A_SHOP} rule cycle month booked_in before after violation"),
        tuple(
            Row(
                b.shop.client,
                (
                    *look.of_shop(b.shop.client, b.shop.platform, b.shop.external_id),
                    look.title(b.correction.rule),
                    b.correction.cycle,
                    b.correction.month,
                    b.correction.booked_in,
                    _stood(b.correction.before, look),
                    _stood(b.correction.after, look),
                    b.correction.violation_id,
                ),
                internal=b.shop.kind != "shop",
            )
            for b in booked
        ),
        look.said("corrections empty"),
        look.said("corrections hint"),
    )


def closing(look: Look, month: str, periods: Iterable[Period]) -> Sheet:
    """In what state the month is; who said so is internal."""
    plain = look.columns("month state changed_at", changed_at="time")
    hidden = tuple(Column(c.key, c.head, internal=True) for c in look.columns("changed_by why"))
    return Sheet(
        "closing",
        look.said("closing"),
        plain + hidden,
        tuple(
            Row(
                None,
                (
                    p.month,
                    Word(p.state, PERIOD_STATES[p.state].in_language(look.language), _TONES.get(p.state, "")),
                    look.local(p.changed_at),
                    p.changed_by,
                    p.why,
                ),
            )
            for p in periods
            if p.month == month
        ),
        look.said("closing empty"),
    )


def _stood(state: Mapping[str, Any], look: Look) -> str:
    """A verdict, its figure and what it may cost, in one cell."""
    if state["verdict"] is None:
        return ""
    told = verdict_words(state["verdict"], False, look.language)
    figure = f" {state['numerator']}/{state['denominator']}" if state["denominator"] is not None else ""
    low, high = state["exposure_fen"]
    return told + figure + (f" {money_range(low, high, look.language)}" if high else "")
