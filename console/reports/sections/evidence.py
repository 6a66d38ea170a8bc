"""Evidence that has not come: which days of which shops, and by when it must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from console.evidence_table import KINDS, STATES
from console.reports.look import OF_A_SHOP, Look
from console.reports.sheet import Row, Sheet, Todo, Tone, Word
from engine.assessment.evidence_calendar import Row as EvidenceRow
from engine.assessment.evidence_calendar import State
from engine.calendar.spans import joined, span_words

IMPORT = 2  # the rank of what must be imported
_TONES: Mapping[str, Tone] = {"missing": "bad", "waiting": "warn"}


def missing(look: Look, evidence: Iterable[EvidenceRow]) -> Sheet:
    """The days that are missing, then those that may still come, by deadline."""
    rows = [row for of_kind in evidence for row in _rows(look, of_kind)]
    rows.sort(key=lambda found: found[0])
    return Sheet(
        "missing",
        look.said("missing"),
        look.columns(f"{OF_A_SHOP} kind days number_of_days state due_by", number_of_days="number", due_by="time"),
        tuple(row for _, row in rows),
        look.said("missing empty"),
        look.said("missing hint"),
    )


def _rows(look: Look, of_kind: EvidenceRow) -> Iterator[tuple[tuple[object, ...], Row]]:
    wanted: dict[tuple[State, datetime | None], list[date]] = {}
    for day in of_kind.days:
        if day.state in _TONES and day.day < look.day:  # a day that is not over cannot be there yet
            wanted.setdefault((day.state, day.due_by), []).append(day.day)
    shop, kind = of_kind.shop, KINDS.get(of_kind.kind)
    called = kind.in_language(look.language) if kind else of_kind.kind
    for (state, by), found in wanted.items():
        days = " ".join(map(span_words, joined((day, day) for day in found)))
        at = look.local(by, shop.platform)
        named = look.shop(shop.platform, shop.external_id)
        cells = (
            *look.of_shop(shop.client, shop.platform, shop.external_id),
            Word(of_kind.kind, called),
            days,
            len(found),
            Word(state, STATES[state].in_language(look.language), _TONES[state]),
            at,
        )
        todo = (
            Todo(IMPORT, at, look.said("do import", shop=named, kind=called, days=days)) if state == "waiting" else None
        )
        key = (state == "waiting", at.timestamp() if at else 0.0, shop.platform or "", shop.external_id, of_kind.kind)
        yield (*key, found[0]), Row(shop.client, cells, todo=todo)
