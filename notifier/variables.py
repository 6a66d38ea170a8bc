"""The variables of each event's templates: what they mean, what they say for example, and sample facts made of them."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.rulebook.model import Text
from notifier.brief_facts import BriefFacts
from notifier.digest_facts import DigestFacts
from notifier.facts import NoticeFacts
from notifier.gathered import GatheredFacts
from notifier.render import Facts, facts_of_event
from notifier.variable_words import COMMON, OF_DIGEST, OF_GATHERED, OF_NEWS, OF_VIOLATION, Said, Word

_WORDS: Mapping[type[Any], Mapping[str, Word]] = {
    NoticeFacts: COMMON | OF_VIOLATION,
    BriefFacts: COMMON | OF_NEWS,
    GatheredFacts: COMMON | OF_GATHERED,
    DigestFacts: COMMON | OF_DIGEST,
}
_KINDS = {  # by the type of a field
    str: ("text", Text("文字", "text")),
    int: ("number", Text("整数", "whole number")),
    bool: ("yes_no", Text("是/否", "yes or no")),
    tuple[str, ...]: ("list", Text("文字的列表", "list of texts")),
    tuple[tuple[str, ...], ...]: ("tables", Text("表格的列表", "list of tables")),
}


class Variable(NamedTuple):
    """One variable. `kind` is text, number, yes_no, list or tables; one that is `optional` may have nothing to say."""

    name: str
    kind: str
    kind_words: Text
    optional: bool
    meaning: Text
    sample: Said


def variables(event: str, language: str) -> list[Variable]:
    """The variables of this event's templates (`news`: of all that have no template of their own), in their order."""
    facts = facts_of_event(event)
    types = typing.get_type_hints(facts)
    found = []
    for field in dataclasses.fields(facts):
        kind, optional = _plain(types[field.name])
        word = _WORDS[facts][field.name]
        said = word.en if language == "en" else word.zh
        if field.name == "event" and event != "news":
            said = event
        many = kind not in (str, int, bool)
        found.append(Variable(field.name, *_KINDS[kind], optional or many, word.meaning, said))
    return found


def sample(event: str, language: str, *, bare: bool = False) -> Facts:
    """Facts of this event in which everything has something to say; if `bare`, only what always has."""
    values: dict[str, Any] = {}
    for one in variables(event, language):
        nothing: Said | None = () if one.kind in ("list", "tables") else None
        values[one.name] = nothing if bare and one.optional else one.sample
    return facts_of_event(event)(**values)


def _plain(hint: Any) -> tuple[Any, bool]:
    """The type of a field without `None`, and whether it may be None."""
    parts = typing.get_args(hint)
    if type(None) in parts:
        return next(part for part in parts if part is not type(None)), True
    return (str if typing.get_origin(hint) is typing.Literal else hint), False
