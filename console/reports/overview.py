"""The first sheet of a report: how much stands in each section, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass

from console.reports.sheet import Report, Sheet, Todo, Tone, Word
from console.reports.words import word_of

MOST_OF_A_RANK = 6
_TONES: tuple[Tone, ...] = ("bad", "warn", "good", "quiet")


@dataclass(frozen=True, slots=True)
class Count:
    """A section in one line, in the worst tone of its rows."""

    key: str
    title: str
    rows: int
    shops: int
    hint: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands on the first sheet."""

    notes: tuple[str, ...]
    count_heads: tuple[str, ...]
    counts: tuple[Count, ...]
    first_title: str
    first_heads: tuple[str, ...]
    todos: tuple[Todo, ...]
    nothing_first: str


def overview(report: Report) -> Overview:
    """The overview of a report, of all that it holds itself and nothing else."""
    language = report.language
    return Overview(
        notes=report.notes,
        count_heads=tuple(word_of(name, language) for name in ("section", "count", "shops", "advice")),
        counts=tuple(_count(sheet) for sheet in report.sheets),
        first_title=word_of("first", language),
        first_heads=(word_of("by", language), word_of("what", language)),
        todos=tuple(report.todos(MOST_OF_A_RANK)),
        nothing_first=word_of("nothing first", language),
    )


def _count(sheet: Sheet) -> Count:
    places = [n for n, column in enumerate(sheet.columns) if column.key in {"platform", "shop"}]
    shops = {tuple(row.cells[n] for n in places) for row in sheet.rows} if places else set()
    tones = {cell.tone for row in sheet.rows for cell in row.cells if isinstance(cell, Word)}
    tone: Tone = next((t for t in _TONES if t in tones), "")
    return Count(sheet.key, sheet.title, len(sheet.rows), len(shops), sheet.hint if sheet.rows else sheet.empty, tone)
