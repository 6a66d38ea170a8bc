"""What a rule's claims rest on, as notices say it: what is assumed, and what is disputed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.rulebook.model import Claim, Language, Rule, Version
from notifier.words.lines import one_line
from notifier.words.vocabulary import CLAIMS, word


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """What is assumed and what is disputed, a sentence each. `in_force`: the rule itself is, by this announcement.

    `names` are those of the claims that are assumed, in the same order, and `titles` what they are called.
    """

    assumed: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    in_force: str | None = None
    names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


def claim_words(
    rule: Rule | None, version: Version | None, language: Language, unsaid: Collection[str] = ()
) -> ClaimWords:
    """What to say of the claims of a version, but for those that are `unsaid`; nothing where its text is lost."""
    claims: Sequence[Claim] = [c for c in version.provenance if c.name not in unsaid] if version else []
    disputed = [(c, _disputed(rule, c, language)) for c in claims if rule and c.disputed_by]
    assumed = [(c.name, words) for c in claims if (words := _assumed(c, language))]
    return ClaimWords(
        assumed=tuple(words for _, words in assumed),
        disputed=tuple(words for _, words in disputed),
        in_force=next((words for c, words in disputed if c.name == "effective"), None),
        names=tuple(name for name, _ in assumed),
        titles=tuple(one_line(word(CLAIMS, name, language)) for name, _ in assumed),
    )


def _labelled(claim: Claim, text: str, language: Language) -> str:
    label = word(CLAIMS, claim.name, language)
    if not text:
        return one_line(label)
    return one_line(f"{label}：{text}" if language == "zh-CN" else f"{label}: {text}")


def _assumed(claim: Claim, language: Language) -> str | None:
    """Why a claim is assumed; of a sourced one, the reading that it takes where its source is silent."""
    if claim.basis == "assumed":
        return _labelled(claim, claim.because.in_language(language) if claim.because else "", language)
    return _labelled(claim, claim.assuming.in_language(language), language) if claim.assuming else None


def _disputed(rule: Rule | None, claim: Claim, language: Language) -> str:
    if claim.dispute:
        return _labelled(claim, claim.dispute.in_language(language), language)
    sources = rule.sources if rule else {}
    titles = [sources[s].title.in_language(language) for s in claim.disputed_by if s in sources]
    return _labelled(claim, ("、" if language == "zh-CN" else ", ").join(titles), language)
