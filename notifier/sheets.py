"""Advice sheets: what to do about a shortfall, first things first, as data beside the code.

A sheet is `<rule id>.<language>.yaml` in `notifier/advice/` (or in a directory that is searched before it).
A rule without a sheet gets `fallback.<language>.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import yaml

from engine.errors import KaoheError, suggestion
from engine.rulebook.model import Language

SHIPPED = Path(__file__).parent / "advice"
_KEYS = ("figure", "gap", "first", "causes", "steps", "where", "short")
# What a diagnosis may find first (`engine.assessment.diagnosis.Diagnosis.lead`).
CAUSES = (
    *("roster_gap", "over_capacity", "slow", "untold", "roster_unknown"),
    *("bad_attitude", "unresolved", "unprofessional", "unread", "bot", "hand_over"),
)


class SheetError(KaoheError):
    """An advice sheet that cannot be used: says which file and which key."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a notice says about one rule beside its figures.

    `figure` puts the two counters into a sentence, `{k}` of `{n}`; `gap_one` and `gap_many` put the gap
    into one, `{m}` pieces. Sheets without a gap sentence leave it out. `causes` has what to do first where that cause
    is known; a sentence with `{hours}` is for diagnoses that know the hours. `short` is what text
    messages call the rule.
    """

    figure: str
    first: str
    steps: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    gap_one: str | None = None
    gap_many: str | None = None
    causes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    short: str | None = None

    def first_for(self, cause: str | None, hours: str | None) -> str:
        """What to do first where this cause was found, in these hours; what is always good where it has no sentence."""
        said = self.causes.get(cause or "", self.first)
        return self.first if "{hours}" in said and not hours else said.replace("{hours}", hours or "")

    def figure_words(self, numerator: int | str, denominator: int | str) -> str:
        """The sentence that says how many of how many; of rounded numbers, `635–644` of `1000`."""
        return self.figure.replace("{k}", str(numerator)).replace("{n}", str(denominator))

    def gap_words(self, fewest: int | None, most: int | None = None) -> str | None:
        """The sentence that says how many pieces were missing, or None where nothing can be said."""
        if not fewest or self.gap_many is None:
            return None
        most = fewest if most is None else most
        text = self.gap_one if most == 1 and self.gap_one is not None else self.gap_many
        return text.replace("{m}", str(fewest) if fewest == most else f"{fewest}–{most}")


class Sheets:
    """The sheets of some directories and the shipped ones, each read once."""

    def __init__(self, directories: Sequence[Path] = ()) -> None:
        self._directories = (*directories, SHIPPED)
        self._read: dict[tuple[str, Language], Sheet] = {}

    def sheet(self, rule: str, language: Language) -> Sheet:
        """The sheet of this rule, from the first directory that has one, else the fallback.

        Raises SheetError where the file that is found cannot be read.
        """
        if (rule, language) not in self._read:
            self._read[rule, language] = read_sheet(self._find(rule, language))
        return self._read[rule, language]

    def _find(self, rule: str, language: Language) -> Path:
        names = (f"{rule}.{language}.yaml", f"fallback.{language}.yaml")
        for path in (directory / name for name in names for directory in self._directories):
            if path.is_file():
                return path
        raise SheetError(f"there is no advice in {language}: {SHIPPED / names[1]} is missing")


def read_sheet(path: Path) -> Sheet:
    """Read one sheet. Raises SheetError with the file, the key, and what is expected there."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as why:
        raise SheetError(f"{path}: is not YAML in UTF-8: {why}") from why
    if not isinstance(data, Mapping):
        raise SheetError(f"{path}: must be a mapping with the keys {', '.join(_KEYS)}")
    for key in data:
        if key not in _KEYS:
            raise SheetError(f"{path}: unknown key {key!r}{suggestion(str(key), _KEYS)}")
    gap = data.get("gap", {})
    if isinstance(gap, str):
        gap = {"many": gap}
    if not isinstance(gap, Mapping) or not set(gap) <= {"one", "many"} or (gap and "many" not in gap):
        raise SheetError(f"{path}: gap: must be a sentence, or a mapping of one and many to sentences")
    causes = data.get("causes", {})
    if not isinstance(causes, Mapping) or not set(causes) <= set(CAUSES):
        raise SheetError(f"{path}: causes: must be a mapping of {', '.join(CAUSES)} to sentences")
    return Sheet(
        figure=_sentence(path, "figure", data.get("figure")),
        first=_sentence(path, "first", data.get("first")),
        steps=_sentences(path, "steps", data.get("steps", [])),
        where=_sentences(path, "where", data.get("where", [])),
        gap_one=_sentence(path, "gap.one", gap["one"]) if "one" in gap else None,
        gap_many=_sentence(path, "gap.many", gap["many"]) if "many" in gap else None,
        causes={cause: _sentence(path, f"causes.{cause}", said) for cause, said in causes.items()},
        short=_sentence(path, "short", data["short"]) if "short" in data else None,
    )


def _sentence(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SheetError(f"{path}: {key}: must be a sentence")
    return " ".join(value.split())


def _sentences(path: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SheetError(f"{path}: {key}: must be a list of sentences")
    return tuple(_sentence(path, f"{key}[{n}]", v) for n, v in enumerate(value))
