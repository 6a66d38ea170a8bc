"""What an import by a mapping has to say: rows that were skipped, numbers that it did not give, verdicts left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.desk import Desk
from console.left_open import LeftOpen, left_open
from console.output import note, say
from console.sentences import sentence
from engine.errors import KaoheError
from engine.evidence.importer import ImportSummary
from engine.evidence.kinds import KINDS
from engine.evidence.mapping.model import MappingFile
from engine.evidence.mapping.opening import Mapped
from engine.evidence.mapping.shelf import mapping as mapping_named
from engine.rulebook.faults import RulebookError
from engine.rulebook.model import Rule
from engine.rulebook.platforms import platform_id

MOST_TOLD = 10


def mapping_of(name: str | None, kind: str | None, platform: str | None) -> MappingFile | None:
    """The mapping that a command names, which knows the kind and the platform."""
    if name is None:
        if kind is None:
            kinds = "|".join(KINDS)
            raise KaoheError(
                f"--kind is missing: say what the files hold ({kinds}), or how to read them with --mapping NAME",
                zh=f"缺少 --kind：请写明文件里是什么（{kinds}），或用 --mapping 写明怎样读",
            )
        return None
    found = mapping_named(name)
    place = platform_id(platform) if platform else None
    for option, said, known in (("--kind", kind, found.kind), ("--platform", place, found.platform)):
        if said not in {None, known}:
            raise KaoheError(
                f"{option} {said} does not fit the mapping {found.id}, which is for {known}; leave it out",
                zh=f"{option} {said} 与映射 {found.id} 不符（它是 {known}）；不用写",
            )
    return found


@dataclass(frozen=True, slots=True)
class ByMapping:
    """What a mapping made of each file, and the verdicts that rounding leaves open; nothing of other imports."""

    files: tuple[tuple[Mapped, tuple[LeftOpen, ...]], ...]

    @classmethod
    def of(cls, summary: ImportSummary, desk: Desk) -> ByMapping:
        """What is to be said after an import."""
        return cls(tuple((one, tuple(left_open(one.counted, rules_of(desk)))) for one in summary.mapped))

    def tell(self, language: str) -> None:
        """Say it."""
        for mapped, opens in self.files:
            again = sentence("repeated headers", language, n=mapped.repeated_headers) if mapped.repeated_headers else ""
            say(sentence("mapped", language, file=mapped.file, mapping=mapped.mapping, rows=mapped.rows) + again)
            for line in _notes(mapped, opens, language):
                note(line)

    def as_json(self, language: str) -> dict[str, Any]:
        """The same for machines."""
        return {"mapped": [_row(mapped, opens, language) for mapped, opens in self.files]} if self.files else {}


def rules_of(desk: Desk) -> Mapping[str, Rule]:
    """The rules that counts may feed; none where they have faults, since evidence does not wait for that."""
    try:
        return desk.rulebook
    except RulebookError:
        return {}


def _notes(mapped: Mapped, opens: Sequence[LeftOpen], language: str) -> Iterator[str]:
    lines: dict[str, list[int]] = {}
    for row in mapped.skipped:
        lines.setdefault(row.word, []).append(row.line)
    if lines:
        rows = "; ".join(sentence("skipped row", language, word=word, lines=_listed(at)) for word, at in lines.items())
        yield sentence("skipped rows", language, rows=rows)
    yield from (found.in_language(language) for found in mapped.notes)
    for one in opens[:MOST_TOLD]:
        low, high = one.shares()
        yield sentence(
            "left open",
            language,
            file=mapped.file,
            who=" ".join(name for name in (one.rule, one.cycle, one.shop or mapped.shop, one.agent) if name),
            low=f"{one.low[0]}/{one.low[1]} ({low})",
            high=f"{one.high[0]}/{one.high[1]} ({high})",
            against=", ".join(words for words in (one.standard, one.gate) if words),
        )
    if len(opens) > MOST_TOLD:
        yield sentence("more left open", language, n=len(opens) - MOST_TOLD)


def _listed(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines[:MOST_TOLD])) + (" …" if len(lines) > MOST_TOLD else "")


def _row(mapped: Mapped, opens: Sequence[LeftOpen], language: str) -> dict[str, Any]:
    return {
        "file": mapped.file,
        "mapping": mapped.mapping,
        "rows": mapped.rows,
        "skipped": [[row.line, row.word] for row in mapped.skipped],
        "repeated_headers": mapped.repeated_headers,
        "notes": [found.in_language(language) for found in mapped.notes],
        "left_open": [
            {
                "rule": one.rule,
                "cycle": one.cycle,
                "shop": one.shop or mapped.shop,
                "agent": one.agent,
                "low": list(one.low),
                "high": list(one.high),
                "standard": one.standard,
                "gate": one.gate,
            }
            for one in opens
        ],
    }
