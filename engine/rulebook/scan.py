"""From the bytes of a rule file to YAML's node tree, in bounded time and memory, and constructing nothing.

Rule files may come from anybody, so what YAML allows beyond mappings, lists and text is refused while its
events are read: anchors, aliases, tags, directives, several documents, deep nesting. Scalars stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from engine.rulebook.faults import Fault, shown

MAX_BYTES = 1_000_000
MAX_DEPTH = 16
MAX_NODES = 20_000
MAX_FAULTS = 200
LONGEST_SAID = 200
FILE = "(file)"  # stands where a fault has no way through the file: it is the file's own

# Escapes in double quotes can write what terminals obey: controls, changes of direction, half characters.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class StopReadingError(Exception):
    """Raised where the rest of a file is not worth reading; its last fault says why."""


class Refused(yaml.ScalarNode):
    """Stands where an alias or an unsafe text stood: that is the fault, and nothing else is worth saying of it."""


@dataclass(frozen=True, slots=True)
class File:
    """One rule file while it is read: its text, and the faults found so far."""

    path: str
    text: str
    faults: list[Fault]

    def fault(self, line: int, column: int, where: str, what: str) -> None:
        """Note a fault; `line` and `column` count from 0. Raises StopReadingError after MAX_FAULTS."""
        self.faults.append(Fault(self.path, line + 1, column + 1, where, what))
        if len(self.faults) >= MAX_FAULTS:
            what = f"{MAX_FAULTS} faults are shown; the rest of the file was not read"
            self.faults.append(Fault(self.path, line + 1, column + 1, FILE, what))
            raise StopReadingError

    def fault_at(self, mark: Any, what: str) -> None:
        """Note a fault of the file itself, at a mark of YAML's (or at its start, where there is none)."""
        self.fault(mark.line if mark else 0, mark.column if mark else 0, FILE, what)


def decoded(path: str, data: bytes) -> str | Fault:
    """The text of the file, or why it is none. A byte-order mark is dropped."""
    if len(data) > MAX_BYTES:
        return Fault(path, 1, 1, FILE, f"longer than {MAX_BYTES} bytes; no rule needs that")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start)
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1)
        what = f"not UTF-8: byte 0x{data[error.start]:02x}; save the file as UTF-8"
        return Fault(path, line + 1, column + 1, FILE, what)


def composed(file: File) -> yaml.Node | None:
    """The tree of the file's one document, or None where there is none; `file` has the faults.

    Raises StopReadingError, as `File.fault` does.
    """
    loader: _Loader | None = None
    try:
        loader = _Loader(file)
        return loader.document()
    except yaml.reader.ReaderError as error:
        before = file.text[: error.position]
        column = error.position - (before.rfind("\n") + 1)
        what = f"holds the character U+{error.character:04X}, which YAML does not allow"
        file.fault(before.count("\n"), column, FILE, what)
    except yaml.MarkedYAMLError as error:
        said = ", ".join(part for part in (error.context, error.problem) if part)
        file.fault_at(error.problem_mark or error.context_mark, f"not YAML: {said[:LONGEST_SAID]}")
    except (ValueError, OverflowError):
        # PyYAML passes on what int() and chr() raise for an escape or a version number out of range.
        file.fault_at(loader.get_mark() if loader else None, "not YAML: number out of range")
    finally:
        if loader is not None:
            loader.dispose()
    return None


# The stubs give these two no types.
_next: Callable[[yaml.BaseLoader], Any] = yaml.BaseLoader.get_event
_ahead: Callable[[yaml.BaseLoader], Any] = yaml.BaseLoader.peek_event


class _Loader(yaml.BaseLoader):
    """Composes nodes whose scalars are all text; refuses what a rule file may not hold as it comes by."""

    def __init__(self, file: File) -> None:
        super().__init__(file.text)
        self.file = file
        self.depth = 0
        self.nodes = 0

    def document(self) -> yaml.Node | None:
        """The one document of the stream."""
        _next(self)  # the start of the stream
        if self.check_event(yaml.StreamEndEvent):
            self.file.fault(0, 0, FILE, "the file is empty")
            return None
        start = _next(self)
        if start.version or start.tags:
            self._refuse(start, "directives (lines that begin with %) are refused")
        root = self.compose_node(None, 0)
        _next(self)  # the end of the document
        if not self.check_event(yaml.StreamEndEvent):
            self._refuse(_ahead(self), "a second document: a file holds one rule")
        return root

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = _ahead(self)
        self.nodes += 1
        if self.nodes > MAX_NODES or self.depth >= MAX_DEPTH:
            many, deep = f"holds more than {MAX_NODES} values", f"nested more than {MAX_DEPTH} deep"
            self._refuse(event, many if self.nodes > MAX_NODES else deep)
            raise StopReadingError
        if self._unreadable(event):
            _next(self)
            return Refused("", "", event.start_mark, event.end_mark)
        self._check(event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _unreadable(self, event: Any) -> bool:
        if self.check_event(yaml.AliasEvent):
            self._refuse(event, f"the alias {shown('*' + event.anchor)} is refused: write the values out")
        elif self.check_event(yaml.ScalarEvent) and (unsafe := _UNSAFE.search(event.value)):
            self._refuse(event, f"holds the character U+{ord(unsafe.group()):04X}, which no text needs")
        else:
            return False
        return True

    def _check(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(event, f"the anchor {shown('&' + event.anchor)} is refused: write the values out")
            event.anchor = None
        if event.tag is not None:
            self._refuse(event, f"the tag {shown(event.tag)} is refused: values are read as text")
            event.tag = None

    def _refuse(self, event: Any, what: str) -> None:
        self.file.fault_at(event.start_mark, what)
