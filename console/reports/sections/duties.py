"""What people owe: open duties by when they are due, and those whose proof a second person has yet to check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.duty_words import Told
from console.reports.look import OF_A_SHOP, Look
from console.reports.sections.deadlines import deadline_row
from console.reports.sheet import Cell, Kind, Row, Sheet, Word
from engine.tracker.duty_states import overdue

OWED = 0  # the rank of what is due
KINDS: Mapping[str, Kind] = {"deadline": "time"}


def duties(look: Look, found: Iterable[Told]) -> Sheet:
    """Open duties, the first due one first. Who holds one, and what they were told, is internal."""
    return Sheet(
        "duties",
        look.said("duties"),
        look.columns(f"{OF_A_SHOP} duty kind deadline state holder what violation", **KINDS),
        tuple(Row(told.duty.client, _cells(look, told), internal=told.duty.internal) for told in found),
        look.said("duties empty"),
        look.said("duties hint"),
    )


def due(look: Look, found: Iterable[Told]) -> tuple[Row, ...]:
    """The open duties that are due soon, or were and are still owed, as rows of `deadlines`."""
    rows = []
    for told in found:
        duty = told.duty
        if duty.state != "open":
            continue
        shop = _shop(look, told)
        matter = look.said("do duty", kind=_kind(look, told), shop=f"{shop[3] or duty.client}", duty=told.name)
        rows += deadline_row(
            look,
            duty.client,
            shop,
            duty.due_at,
            matter,
            OWED,
            violation=duty.violation_id,
            internal=duty.internal,
            always=True,
        )
    return tuple(rows)


def _cells(look: Look, told: Told) -> tuple[Cell, ...]:
    duty = told.duty
    late = overdue(duty, look.now)
    platform = told.shop.platform if told.shop else None
    if late:
        state = Word("overdue", look.said("overdue"), "bad")
    elif duty.state == "open":
        state = look.until(duty.due_at, platform=platform)
    else:
        state = Word(duty.state, look.said("to check"), "warn")
    return (
        *_shop(look, told),
        told.name,
        Word(duty.kind, _kind(look, told)),
        look.deadline(duty.due_at, platform),
        state,
        duty.holder,
        duty.what,
        duty.violation_id,
    )


def _kind(look: Look, told: Told) -> str:
    return told.title.in_language(look.language) if told.title else told.duty.kind


def _shop(look: Look, told: Told) -> tuple[Cell, ...]:
    shop = told.shop
    if shop is None:
        return (told.duty.client, None, None, None)
    return look.of_shop(told.duty.client, shop.platform, shop.external_id)
