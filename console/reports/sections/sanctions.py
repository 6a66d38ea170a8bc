"""Measures that hold on a day: which shop is limited in what, until when, and because of which violations."""

from __future__ import annotations

from collections.abc import Iterable

from console.calendar_words import limit_name, state_words
from console.reports.look import OF_A_SHOP, Look
from console.reports.sheet import Row, Sheet, Word
from engine.assessment.agenda import ShopLimit


def sanctions(look: Look, limits: Iterable[ShopLimit]) -> Sheet:
    """The shops that are limited on the day of the report."""
    rows = []
    for found in limits:
        shop, limit = found.shop, found.limit
        called = limit_name(found, look.rules, look.language)
        measure = Word(f"{limit.kind}/{limit.scope}" if limit.scope else limit.kind, called)
        left = (limit.ends - look.day).days + 1
        cells = (
            *look.of_shop(shop.client, shop.platform, shop.id),
            measure,
            limit.starts,
            limit.ends,
            left,
            state_words(found, look.language),
        )
        rows.append(Row(shop.client, cells))
    return Sheet(
        "sanctions",
        look.said("sanctions"),
        look.columns(
            f"{OF_A_SHOP} measure starts ends days_left violations", starts="day", ends="day", days_left="number"
        ),
        tuple(rows),
        look.said("sanctions empty"),
        look.said("sanctions hint"),
    )
