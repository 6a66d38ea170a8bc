"""What a variable of a short message may say: the fields of a notice's facts, and a few words shortened from them."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache

from engine.rulebook.model import Language, Text
from notifier.digest_facts import DigestFacts
from notifier.events import LATE, OPENED
from notifier.facts import NoticeFacts

TRIAL = "trial"
NOTHING = Text("无", "none")  # a provider refuses a variable that is empty
_YEAR = re.compile(r"\d{4}年| \d{4}\b")


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """What a trial may say in a variable."""

    language: Language
    trial: str


Facts = NoticeFacts | DigestFacts | TrialFacts


def trial_facts(language: Language) -> TrialFacts:
    """The facts of a trial."""
    return TrialFacts(language, Text("试发", "trial").in_language(language))


def without_year(words: str | None) -> str | None:
    """A day or a time without its year, which a short message has no room for.

    >>> without_year("2026年3月12日"), without_year("12 March 2026")
    ('3月12日', '12 March')
    """
    return words and _YEAR.sub("", words)


DERIVED: Mapping[str, Callable[[NoticeFacts], str | None]] = {
    "who": lambda facts: facts.agent or facts.shop,
    "count": lambda facts: f"{facts.numerator}/{facts.denominator}",
    "until_short": lambda facts: without_year(facts.until),
    "deadline_short": lambda facts: without_year(facts.appeal_until or facts.until),
}


def events() -> tuple[str, ...]:
    """The events that a binding may be for."""
    return (OPENED.event, LATE.event, TRIAL)


@cache
def names(event: str) -> frozenset[str]:
    """What a variable of this event's messages may say: texts and whole numbers, never lists."""
    kind: type[Facts] = {LATE.event: DigestFacts, TRIAL: TrialFacts}.get(event, NoticeFacts)
    types = typing.get_type_hints(kind)
    plain = {f.name for f in fields(kind) if types[f.name] in (str, str | None, int, int | None)}
    return frozenset(plain | (DERIVED.keys() if kind is NoticeFacts else set()))


def value(facts: Facts, name: str) -> str:
    """What this fact says, and a word for nothing where it says nothing."""
    derived = DERIVED.get(name) if isinstance(facts, NoticeFacts) else None
    found = derived(facts) if derived and isinstance(facts, NoticeFacts) else getattr(facts, name)
    return NOTHING.in_language(facts.language) if found is None or found == "" else str(found)
