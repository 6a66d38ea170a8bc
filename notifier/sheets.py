"""Advice sheets: what to do about a shortfall, first things first, as data beside the code.

A sheet is `<rule id>.<language>.yaml` in `notifier/advice/` (or in a directory that is searched before it).
A rule without a sheet gets `fallback.<language>.yaml`. One that cannot be used is passed over for the next: a notice on
time in kaohe's own words serves an officer better than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from engine.rulebook.model import Language, Text
from notifier.sheet_file import SheetError, sheet_data
from notifier.stamps import Stamp, stamp_of

SHIPPED = Path(__file__).parent / "advice"


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
    """The sheets of some directories (`own`) and the shipped ones, each read once, and again where it has changed."""

    def __init__(self, directories: Sequence[Path] = ()) -> None:
        self.own = tuple(directories)
        self._read: dict[Path, tuple[Stamp, Sheet | SheetError]] = {}

    def sheet(self, rule: str, language: Language) -> Sheet:
        """The sheet of this rule, from the first directory that has a sound one, else the fallback.

        Raises SheetError where a shipped file that is found cannot be read.
        """
        names = (f"{rule}.{language}.yaml", f"fallback.{language}.yaml")
        for directory, name in ((directory, name) for name in names for directory in (*self.own, SHIPPED)):
            found = self._reading(directory / name)
            if isinstance(found, SheetError) and directory == SHIPPED:
                raise found
            if isinstance(found, Sheet):
                return found
        missing = SHIPPED / names[1]
        raise SheetError(missing, [Text("没有这个文件；请重新安装 kaohe", "is missing; install kaohe again")])

    def fault(self, path: Path) -> SheetError | None:
        """Why this file cannot be used, or None."""
        found = self._reading(path)
        return found if isinstance(found, SheetError) else None

    def _reading(self, path: Path) -> Sheet | SheetError | None:
        stamp = stamp_of(path)
        if stamp is None:
            return None
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            try:
                known = stamp, read_sheet(path)
            except SheetError as error:
                known = stamp, error
            self._read[path] = known
        return known[1]


def read_sheet(path: Path) -> Sheet:
    """Read one sheet. Raises SheetError with the file, each faulty key, and what is expected there."""
    data = sheet_data(path)
    gap = data.get("gap", {})
    return Sheet(
        figure=_plain(data["figure"]),
        first=_plain(data["first"]),
        steps=tuple(map(_plain, data.get("steps", ()))),
        where=tuple(map(_plain, data.get("where", ()))),
        gap_one=_plain(gap["one"]) if "one" in gap else None,
        gap_many=_plain(gap["many"]) if "many" in gap else None,
        causes={cause: _plain(said) for cause, said in data.get("causes", {}).items()},
        short=_plain(data["short"]) if "short" in data else None,
    )


def _plain(value: str) -> str:
    return " ".join(value.split())
