"""Which rule a notice means: named by its id or title, else guessed from words that it shares with titles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from engine.rulebook.model import Rule
from engine.rulebook.platforms import CALLED, PLATFORMS

FEWEST_WORDS = 2  # that a notice and a title must have in common: one alone says nothing
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-z]{3,}")
# In every notice and in most titles, so that nothing can be told by it; platforms' names besides.
_EVERYWHERE = re.compile(
    "|".join((*sorted(CALLED, key=len, reverse=True), "客服", "服务", "店铺", "商家", "考核", "违规"))
)
_PLATFORMS = re.compile(rf"^(?:{'|'.join(PLATFORMS)})\b(?!\.)")
_MARKS = re.compile(r"[\W_]+")
_STOPS = frozenset({*PLATFORMS, "the", "for", "and", "with", "shop", "shops", "customer", "service", "share"})


@dataclass(frozen=True, slots=True)
class Meant:
    """Rules that a notice may mean. `likeness` of a guess: the part of the title's telling words that it has; else 1.

    No rule at all: nothing can be told, and it may be any.
    """

    rules: tuple[str, ...]
    named: bool = False
    likeness: Fraction = Fraction(0)


@dataclass(slots=True)
class Guesser:
    """Guesses among these rules, each text once."""

    rules: Mapping[str, Rule]
    _words: Mapping[str, tuple[frozenset[str], ...]] = field(init=False)
    _called: Mapping[tuple[str, str], str] = field(init=False)
    _known: dict[tuple[str, str | None, str], Meant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        titles = {r.id: (words_of(r.title.zh), words_of(r.title.en)) for r in self.rules.values()}
        self._words = MappingProxyType(titles)
        called: dict[tuple[str, str], set[str]] = defaultdict(set)
        for rule in self.rules.values():
            for name in (rule.id, rule.id.partition(".")[2], rule.title.zh, rule.title.en):
                called[rule.platform, bare(name)].add(rule.id)
        self._called = MappingProxyType({name: ids.pop() for name, ids in called.items() if len(ids) == 1})

    def meant(self, platform: str, rule: str | None, texts: Sequence[str | None]) -> Meant:
        """What a notice of `platform` means that names `rule`, or says `texts`.

        A title is one also without the platform's name before it, as platforms call their own figures.
        """
        said = " ".join(text for text in (rule, *texts) if text)
        key = (platform, rule, said)
        if key not in self._known:
            calls = (self._called.get((platform, bare(text))) for text in (rule, *texts) if text)
            named = next(filter(None, calls), None)
            self._known[key] = Meant((named,), True, Fraction(1)) if named else self._guess(platform, said)
        return self._known[key]

    def _guess(self, platform: str, said: str) -> Meant:
        words = words_of(said)
        likeness = {
            rule: max(shares)
            for rule, titles in self._words.items()
            if self.rules[rule].platform == platform
            and (shares := [Fraction(n, len(own)) for own in titles if (n := len(words & own)) >= FEWEST_WORDS])
        }
        if not likeness:
            return Meant(())
        best = max(likeness.values())
        return Meant(tuple(sorted(rule for rule, like in likeness.items() if like == best)), likeness=best)


def bare(name: str) -> str:
    """A name of a rule without what all have, and however it is spaced.

    >>> bare("快手客服 3 分钟回复率") == bare("3分钟回复率"), bare("Xiaohongshu reply rate")
    (True, 'replyrate')
    """
    return _MARKS.sub("", _EVERYWHERE.sub("", _PLATFORMS.sub("", name.strip().lower())))


def words_of(text: str) -> frozenset[str]:
    """The words that tell one text from another: pairs of Chinese characters, and Latin words.

    >>> sorted(words_of("小红书客服回复率")), sorted(words_of("Xiaohongshu customer-service reply rate"))
    (['回复', '复率'], ['rate', 'reply'])
    """
    rest = _EVERYWHERE.sub(" ", text)
    pairs = {run[n : n + 2] for run in _HAN.findall(rest) for n in range(len(run) - 1)}
    return frozenset({*pairs, *_LATIN.findall(rest.lower())} - _STOPS)
