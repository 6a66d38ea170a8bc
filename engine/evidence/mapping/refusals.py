"""How a mapping refuses a file or a cell, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.evidence.opened import UnreadableFileError
from engine.evidence.quarantine import RowFault, shown_figure
from engine.rulebook.model import Text

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One cell that keeps its row out: the line, the header above it, what it holds, and the reason."""

    line: int
    header: str
    value: str
    why: str

    def told(self, path: Path, show_values: bool) -> RowFault:
        """The refusal as an import tells it."""
        return RowFault.of(str(path), self.line, self.header, shown_figure(self.value, show_values), self.why)


def unreadable(path: Path, why: Text) -> UnreadableFileError:
    """The error for a file that cannot be taken at all."""
    return UnreadableFileError(path, why.en, why.zh)
