"""The measures that a file may put on its ladders: those that every file knows, and its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.rulebook.faults import unknown
from engine.rulebook.measures import MEASURES, declared
from engine.rulebook.model import Text
from engine.rulebook.nodes import Place
from engine.rulebook.reading.texts import read_bilingual

OPTIONS = ("scope", "discretionary", "from")  # stand beside a measure, so no measure has such a name
WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Measures:
    """The measures that a file may name, those that every file knows and its own, and which it used."""

    def __init__(self, own: Mapping[str, Text]) -> None:
        self.known = {**MEASURES, **{kind: declared(kind, title) for kind, title in own.items()}}
        self.used: set[str] = set()

    def knows(self, place: Place, kind: str) -> bool:
        """Whether there is such a measure; from then on it is used. It is a fault where there is none."""
        if kind not in self.known:
            names = (*self.known, *OPTIONS)
            place.fault(unknown("measure", kind, names) + " (others are declared in measures:)")
        self.used.add(kind)
        return kind in self.known


def read_measures(place: Place) -> dict[str, tuple[Place, Text]]:
    """The file's own measures: names with their titles."""
    found: dict[str, tuple[Place, Text]] = {}
    for key, value in place.entries() or ():
        kind = str(key.node.value)
        if kind in MEASURES:
            key.fault("every file knows this measure already; leave it out")
        elif kind in OPTIONS or not WORD.fullmatch(kind):
            key.fault("a measure is named in small letters, digits and _, like forced_closing")
        elif (title := read_bilingual(value)) is not None:
            found[kind] = key, title
    return found
