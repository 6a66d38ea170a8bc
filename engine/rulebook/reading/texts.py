"""Sentences: one text that serves both languages, or one for each."""

from __future__ import annotations

import re

from engine.rulebook.model import Text
from engine.rulebook.nodes import Place

LANGUAGES = ("zh-CN", "en")
_WIDE = "\u3000-\u9fff\uff00-\uffef"  # Chinese characters and full-width punctuation
_FOLD = re.compile(f"(?<=[{_WIDE}]) (?=[{_WIDE}])")


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
    return None if zh is None or en is None else Text(unfolded(zh), en)


def unfolded(text: str) -> str:
    """Chinese text without the spaces that YAML puts where a sentence goes on in the next line.

    >>> unfolded("机器人的回复不算， 关闭之后的也不算；至少 80% 须回复")
    '机器人的回复不算，关闭之后的也不算；至少 80% 须回复'
    """
    return _FOLD.sub("", text)
