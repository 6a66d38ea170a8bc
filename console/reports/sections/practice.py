"""How far practice bore the rules out, of all that is known up to now: for the house alone."""

from __future__ import annotations

from collections.abc import Iterable

from console.penalty_words import contradicted_words, of_words
from console.reports.look import Look
from console.reports.sheet import Row, Sheet
from engine.tracker.accuracy import Accuracy


def accuracy(look: Look, found: Iterable[Accuracy]) -> Sheet:
    """A line for each rule and version that the platforms have said anything about: how many of how many."""
    semicolon = "；" if look.language == "zh-CN" else "; "
    return Sheet(
        "accuracy",
        look.said("accuracy"),
        look.columns("rule version borne_out overturned_of ours_only_of foreseen severities amounts contradicted"),
        tuple(
            Row(
                None,
                (
                    look.title(a.rule),
                    a.version,
                    of_words(a.confirmed, a.judged),
                    of_words(a.overturned, a.judged),
                    of_words(a.ours_only, a.judged),
                    of_words(a.confirmed, a.confirmed + a.missed),
                    of_words(*a.severities),
                    of_words(*a.amounts),
                    semicolon.join(contradicted_words(c, look.language) for c in a.contradicted) or None,
                ),
                internal=True,
            )
            for a in found
        ),
        look.said("accuracy empty"),
    )
