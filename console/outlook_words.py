"""How a shop stands before it is assessed, in one sentence."""

from __future__ import annotations

from console.lacking_words import names_words
from console.phrases import gate_sentence
from console.sentences import sentence
from engine.assessment.outlook import Outlook
from engine.rulebook.model import Language
from notifier.words.vocabulary import COUNTERS, word


def words(o: Outlook, language: Language) -> str:
    """The standing in a sentence: what it is, and the number that mends or breaks it."""
    if o.missing:
        return sentence("not here yet", language, missing=names_words(o.missing, language))
    if o.standing == "below_gate":
        lacks = ("、" if language == "zh-CN" else ", ").join(
            f"{word(COUNTERS, name, language)} {n}" if language == "zh-CN" else f"{n} {word(COUNTERS, name, language)}"
            for name, n in (o.gate_lacks or {}).items()
        )
        return sentence("below gate", language, gate=gate_sentence(o.version, language) or "-", lacks=lacks or "-")
    if o.standing == "behind" and o.running and (o.mends is None or o.mends > o.pending):
        if o.mends is not None:
            return sentence("behind", language, n=o.mends)
        if o.dilutes is not None:
            return sentence("behind, diluted", language, n=o.dilutes)
        return sentence("behind for good", language)
    if o.standing == "behind":
        return sentence("behind, pending", language, n=o.mends or 0, pending=o.pending)
    if o.standing == "holding":
        return (
            sentence("holding", language, n=o.breaks) if o.breaks is not None else sentence("holding still", language)
        )
    return sentence(o.standing, language)
