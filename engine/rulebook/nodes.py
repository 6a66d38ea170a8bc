"""Walking a rule file's tree: each place knows its way, its position, and how to say what is wrong with it.

A reader is a function of a `Place` that returns a value, or None after noting a fault. A file with any fault
makes no rule, so readers go on after one and find the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeVar

import yaml

from engine.errors import KaoheError
from engine.rulebook.faults import near, nearest, shown, step, unknown
from engine.rulebook.scan import FILE, File, Refused

T = TypeVar("T")

NOTHING = frozenset({"", "~", "null", "Null", "NULL"})  # what YAML calls null, where it is not quoted


@dataclass(frozen=True, slots=True)
class Place:
    """One node of a file, and the way to it (`versions.2021-01-01.cycle`; list items count from 1)."""

    file: File
    node: yaml.Node
    where: str

    @property
    def line(self) -> int:
        """The line on which the node starts, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def position(self) -> tuple[int, int]:
        """Line and column at which the node starts, from 1."""
        return self.line, int(self.node.start_mark.column) + 1

    @property
    def written(self) -> str:
        """The text here as it was written; nothing where no text stands here."""
        return str(self.node.value) if isinstance(self.node, yaml.ScalarNode) else ""

    @property
    def empty(self) -> bool:
        """Whether nothing was written here."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.style is None and self.node.value in NOTHING

    def fault(self, what: str, offset: int = 0) -> None:
        """Note what is wrong here; `offset` counts characters into a text, where that can be told."""
        if isinstance(self.node, Refused):
            return
        mark = self.node.start_mark
        self.file.fault(mark.line, mark.column + self._shift(offset), self.where or FILE, what)

    def text(self) -> str | None:
        """The text written here, without blanks around it."""
        if isinstance(self.node, yaml.ScalarNode) and not self.empty:
            if value := str(self.node.value).strip():
                return value
            self.fault("expected text, found only blanks")
        else:
            self.fault(f"expected text, found {self.found()}")
        return None

    def read(self, parse: Callable[[str], T]) -> T | None:
        """What `parse` makes of the text here; the KaoheError that it raises becomes a fault."""
        text = self.text()
        if text is None:
            return None
        try:
            return parse(text)
        except KaoheError as error:
            self.fault(str(error))
            return None

    def one_of(self, known: Collection[str], what: str) -> str | None:
        """The text here, which must be one of the `known` names of a `what`."""
        text = self.text()
        if text is not None and text not in known:
            self.fault(unknown(what, text, known))
            return None
        return text

    def entries(self, *, may_be_empty: bool = False) -> Iterator[tuple[Place, Place]] | None:
        """The keys of a mapping with their values, each key once; a reader of free keys starts here."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fault(f"expected a mapping (key: value), found {self.found()}")
            return None
        if not self.node.value and not may_be_empty:
            self.fault("the mapping is empty")
        return self._entries(self.node)

    def peek(self) -> dict[str, tuple[Place, Place]]:
        """The keys of a mapping with their values, for a look ahead: nothing here is noted as a fault."""
        if not isinstance(self.node, yaml.MappingNode):
            return {}
        found: dict[str, tuple[Place, Place]] = {}
        for key, value in self.node.value:
            if isinstance(key, yaml.ScalarNode) and not isinstance(key, Refused):
                where = self.below(str(key.value)).where
                found.setdefault(str(key.value), (Place(self.file, key, where), Place(self.file, value, where)))
        return found

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> Fields | None:
        """The values of a mapping with known keys. Unknown, doubled and missing keys are faults.

        A misspelled key is a fault too, but its value is read as if the key were right: one slip, one fault.
        """
        entries = self.entries(may_be_empty=True)
        if entries is None:
            return None
        known = (*required, *optional)
        present = self.peek()
        found: dict[str, Place] = {}
        for key, value in entries:
            name = str(key.node.value)
            if name in known:
                found[name] = value
                continue
            key.fault("unknown key" + near(name, known))
            meant = nearest(name, known)
            if meant is not None and meant not in present:
                found.setdefault(meant, value)
        for name in required:
            if name not in found:
                self.below(name).fault("missing; this key is required here")
        return Fields(self, found)

    def items(self) -> list[Place] | None:
        """The items of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fault(f"expected a list, found {self.found()}")
            return None
        return [Place(self.file, n, f"{self.where}[{i}]") for i, n in enumerate(self.node.value, start=1)]

    def one_or_more(self) -> list[Place]:
        """The items of a list, or the one text that stands in its stead."""
        if isinstance(self.node, yaml.ScalarNode) and not self.empty:
            return [self]
        items = self.items() or []
        if not items and isinstance(self.node, yaml.SequenceNode):
            self.fault("the list is empty")
        return items

    def is_mapping(self) -> bool:
        """Whether a mapping stands here."""
        return isinstance(self.node, yaml.MappingNode)

    def below(self, key: str) -> Place:
        """This node under the way of one of its keys: where a missing key is told."""
        return Place(self.file, self.node, f"{self.where}.{step(key)}" if self.where else step(key))

    def found(self) -> str:
        """What stands here, in words."""
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        return "nothing" if self.empty else shown(str(self.node.value))

    def _entries(self, node: yaml.MappingNode) -> Iterator[tuple[Place, Place]]:
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = Place(self.file, key_node, self.where)
            if not isinstance(key_node, yaml.ScalarNode) or key.empty:
                key.fault(f"a key must be text, found {key.found()}")
                continue
            name = str(key_node.value)
            key = Place(self.file, key_node, self.below(name).where)
            if name == "<<" and key_node.style is None:
                key.fault("merge keys are refused: write the values out")
            elif name in lines:
                key.fault(f"given twice; first on line {lines[name]}")
            else:
                lines[name] = key.line
                yield key, Place(self.file, value_node, key.where)

    def _shift(self, offset: int) -> int:
        """How many columns right of the node's start the character `offset` of its text stands.

        0 where the text was written with escapes or on more than one line.
        """
        start, end = self.node.start_mark.index, self.node.end_mark.index
        quote = 1 if getattr(self.node, "style", None) in ("'", '"') else 0
        written = self.file.text[start + quote : end - quote]
        if offset == 0 or written != self.node.value:
            return 0
        return quote + offset + len(written) - len(written.lstrip())


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of a mapping by key; keys that are missing were noted already, where they are required."""

    place: Place
    found: dict[str, Place]

    def __contains__(self, key: str) -> bool:
        return key in self.found

    def __getitem__(self, key: str) -> Place:
        return self.found[key]

    def take(self, key: str, read: Callable[[Place], T | None]) -> T | None:
        """What `read` makes of the key's value; None where the key is not given."""
        return read(self.found[key]) if key in self.found else None

    def text(self, key: str) -> str | None:
        """The text of the key's value; None where the key is not given."""
        return self.take(key, Place.text)
