"""Evidence that has not come: which days of which shops, and by when it must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from console.evidence_table import KINDS, STATES
from console.lacking_words import why_no_data
from console.phrases import verdict_words
from console.reports.look import OF_A_SHOP, Look
from console.reports.sheet import Row, Sheet, Todo, Tone, Word
from engine.assessment.evidence_calendar import Row as EvidenceRow
from engine.assessment.evidence_calendar import State
from engine.assessment.outcome import Outcome
from engine.calendar.spans import joined, span_words

IMPORT = 2  # the rank of what must be imported
_TONES: Mapping[str, Tone] = {"missing": "bad", "waiting": "warn"}


def missing(look: Look, evidence: Sequence[EvidenceRow], lacking: Iterable[Outcome]) -> Sheet:
    """The days that are missing, then those that may still come, by deadline; last the verdicts that lack data."""
    rows = [row for of_kind in evidence for row in _rows(look, of_kind)]
    rows.sort(key=lambda found: found[0])
    expected = any(row.expected for row in evidence)
    hint = look.said("missing hint") if expected else look.said("nothing expected")
    return Sheet(
        "missing",
        look.said("missing"),
        look.columns(
            f"{OF_A_SHOP} kind days number_of_days state due_by rule cycle lacks",
            number_of_days="number",
            due_by="time",
        ),
        (*(row for _, row in rows), *(_lacking(look, o) for o in lacking)),
        look.said("missing empty" if expected else "nothing expected"),
        hint,
    )


def _lacking(look: Look, o: Outcome) -> Row:
    """A verdict of the cycle last assessed that lacks data, whether anybody expected it or not."""
    cells = (
        *look.of_shop(o.client, o.rule.platform, o.shop),
        None,
        None,
        None,
        Word(o.verdict, verdict_words(o.verdict, False, look.language), "warn"),
        None,
        Word(o.rule.id, o.rule.title.in_language(look.language)),
        o.cycle,
        why_no_data(o, look.language),
    )
    return Row(o.client, cells)


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
            None,
            None,
            None,
        )
        todo = (
            Todo(IMPORT, at, look.said("do import", shop=named, kind=called, days=days)) if state == "waiting" else None
        )
        key = (state == "waiting", at.timestamp() if at else 0.0, shop.platform or "", shop.external_id, of_kind.kind)
        yield (*key, found[0]), Row(shop.client, cells, todo=todo)
