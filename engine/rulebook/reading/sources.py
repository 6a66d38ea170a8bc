"""The sources of a rule, and the citations that name them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Literal, cast

from engine.errors import KaoheError
from engine.rulebook import values
from engine.rulebook.faults import nearest, shown, unknown
from engine.rulebook.model import Source
from engine.rulebook.nodes import Place
from engine.rulebook.reading.texts import read_text

Grade = Literal["A", "B", "C"]
GRADES = ("A", "B", "C")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_URL = re.compile(r"https?://[^\s<>\"']+")
_DOCUMENT = re.compile(r"[^/\\]+")


class Citations:
    """The names of a rule's sources, which of them something cited so far, and the last day on which one was read."""

    def __init__(self, known: Collection[str], read_on: date | None = None) -> None:
        self.read_on = read_on
        self.known = known  # empty where there are no sources, which is a fault of its own
        self.used: set[str] = set()

    def read(self, place: Place) -> tuple[str, ...] | None:
        """One name of a source, or a list of them, each once."""
        names: list[str] = []
        for item in place.one_or_more():
            name = item.text()
            if name is None:
                continue
            if self.known and name not in self.known:
                item.fault(unknown("source", name, self.known))
                self.used.add(nearest(name, self.known) or name)  # what is misspelled is cited all the same
            elif name in names:
                item.fault(f"{shown(name)} is cited twice here")
            else:
                names.append(name)
        self.used.update(names)
        return tuple(names) or None


def read_sources(place: Place) -> dict[str, tuple[Place, Source | None]] | None:
    """The sources by their names; one with a fault is None, so that citing it is no further fault."""
    entries = place.entries()
    if entries is None:
        return None
    found: dict[str, tuple[Place, Source | None]] = {}
    for key, value in entries:
        name = str(key.node.value)
        if not _ID.fullmatch(name):
            key.fault("a source is named with letters, digits, - and _, at most 40")
        found[name] = key, _source(name, value)
    return found


def _source(name: str, place: Place) -> Source | None:
    fields = place.fields(("title", "grade"), ("document", "url", "published", "retrieved"))
    if fields is None:
        return None
    if "document" not in fields and "url" not in fields:
        place.fault("a source needs a document or a url, so that somebody can look it up")
    title = fields.take("title", read_text)
    grade = fields.take("grade", lambda at: at.one_of(GRADES, "grade"))
    document = fields.take("document", lambda at: at.read(_document))
    url = fields.take("url", lambda at: at.read(_url))
    published = fields.take("published", lambda at: at.read(values.day))
    retrieved = fields.take("retrieved", lambda at: at.read(values.day))
    if title is None or grade is None:
        return None
    return Source(name, title, cast("Grade", grade), document, url, published, retrieved)


def _url(text: str) -> str:
    # Pages link to it, so nothing but the two schemes of the web may pass.
    if not _URL.fullmatch(text):
        raise KaoheError(f"{shown(text)} is no address; write it in full, like https://example.com/page")
    return text


def _document(text: str) -> str:
    if not _DOCUMENT.fullmatch(text):
        raise KaoheError(f"{shown(text)} is no name of a document; write the file's name without folders")
    return text
