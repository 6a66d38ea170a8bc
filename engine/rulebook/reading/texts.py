"""Sentences: one text that serves both languages, or one for each."""

from __future__ import annotations

from engine.rulebook.model import Text
from engine.rulebook.nodes import Place

LANGUAGES = ("zh-CN", "en")


def read_text(place: Place) -> Text | None:
    """A plain text, or a mapping of zh-CN and en."""
    if place.is_mapping():
        return read_bilingual(place)
    text = place.text()
    return None if text is None else Text(text, text)


def read_bilingual(place: Place) -> Text | None:
    """A mapping of zh-CN and en: where people of both languages read the sentence."""
    if not place.is_mapping():
        place.fault(f"expected {{zh-CN: …, en: …}}, found {place.found()}")
        return None
    fields = place.fields(LANGUAGES)
    if fields is None:
        return None
    zh, en = (fields.text(language) for language in LANGUAGES)
    return None if zh is None or en is None else Text(zh, en)
