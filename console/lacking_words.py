"""Why there is no verdict: which evidence is missing, in words, and what would serve."""

from __future__ import annotations

from collections.abc import Iterable

from console.evidence_table import KINDS
from console.sentences import sentence
from engine.assessment.outcome import Outcome
from engine.assessment.waiting import names_days
from engine.measure.presence import kinds_of
from engine.rulebook.model import Language, Version

SERVES = {"sessions": ("sessions", "messages")}  # sessions are derived from messages


def names_words(missing: Iterable[str], language: Language) -> str:
    """What is said to be missing: kinds of evidence in words, with their days; counters by their names.

    >>> names_words(["messages 2026-03-04..2026-03-05", "replied"], "zh-CN")
    '消息 2026-03-04..2026-03-05、replied'
    """
    told = []
    for what in missing:
        kind, blank, days = what.partition(" ")
        told.append((KINDS[kind].in_language(language) if kind in KINDS else kind) + blank + days)
    return ("、" if language == "zh-CN" else ", ").join(told)


def serving(version: Version) -> tuple[str, ...]:
    """The kinds of evidence of which any one makes a figure of this version; counted elsewhere it can always be."""
    found = [kind for read in kinds_of(version) for kind in SERVES.get(read, (read,))]
    return tuple(dict.fromkeys([*found, "counts"]))


def why_no_data(o: Outcome, language: Language) -> str:
    """What an outcome without data lacks, and what to import."""
    figure = o.version.figure
    if names_days(o.missing):
        return sentence("lacks days", language, names=names_words(o.missing, language))
    if figure and o.numerator is not None and o.denominator is not None and o.numerator > o.denominator:
        names = {"part": figure.numerator, "whole": figure.denominator, "n": o.numerator, "of": o.denominator}
        return sentence("part above whole", language, **names)
    kinds = serving(o.version)
    serve = {
        "kinds": ("、" if language == "zh-CN" else " or ").join(KINDS[k].in_language(language) for k in kinds),
        "options": "|".join(kinds),
    }
    counters = [name for name in o.missing if name not in KINDS]
    if counters:
        return sentence("lacks counters", language, names=names_words(counters, language), **serve)
    return sentence("lacks kinds", language, **serve)
