"""What a variable of a short message may say: the fields of a notice's facts, and a few words shortened from them."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any

from engine.rulebook.model import Language, Text
from notifier.brief_facts import BriefFacts
from notifier.digest_facts import DigestFacts
from notifier.events import GATHERED, LATE, OPENED, ROUTED
from notifier.facts import UNNAMED, NoticeFacts
from notifier.gathered import GatheredFacts

TRIAL = "trial"
NEWS = "news"  # what tells every event that has no binding of its own
NOTHING = Text("无", "none")  # a provider refuses a variable that is empty
_YEAR = re.compile(r"\d{4}年| \d{4}\b")
_ASIDE = re.compile(r"（[^（）]*）| ?\([^()]*\)")
_YUAN = re.compile(r" ?¥([\d,.]+)(?:–¥([\d,.]+))?")


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """What a trial may say in a variable."""

    language: Language
    trial: str


Facts = NoticeFacts | DigestFacts | TrialFacts | BriefFacts | GatheredFacts


def trial_facts(language: Language) -> TrialFacts:
    """The facts of a trial."""
    return TrialFacts(language, Text("试发", "trial").in_language(language))


def without_year(words: str | None) -> str | None:
    """A day or a time without its year, which a short message has no room for.

    >>> without_year("2026年3月12日"), without_year("12 March 2026")
    ('3月12日', '12 March')
    """
    return words and _YEAR.sub("", words)


def measure_short(measures: tuple[str, ...], language: Language) -> str | None:
    """The measure that weighs most, without days and asides, and how many there are; None where there are none.

    Money weighs more than days, and days more than words. Providers take no ¥.

    >>> measure_short(("警告", "违约金 ¥500–¥1,000（平台可酌情决定）"), "zh-CN")
    '违约金500–1000元等2项'
    >>> measure_short(("public-domain traffic limit for 3 days (10–12 March 2026)",), "en")
    'public-domain traffic limit for 3 days'
    """
    if not measures:
        return None
    plain = [_ASIDE.sub("", measure) for measure in measures]
    most = max(plain, key=lambda one: ("¥" in one or "CNY" in one, any(c.isdigit() for c in one)))
    if language != "zh-CN":
        return f"{most} and {len(plain) - 1} more" if len(plain) > 1 else most
    most = _in_yuan(most)
    return f"{most}等{len(plain)}项" if len(plain) > 1 else most


def _in_yuan(words: str) -> str:
    """Amounts without ¥, which providers do not take, and without blanks."""
    return _YUAN.sub(lambda m: "–".join(part.replace(",", "") for part in m.groups() if part) + "元", words)


def _when(facts: NoticeFacts) -> str:
    """Until when, or what to do where no day is known: a piece of a sentence in every case."""
    zh, until = facts.language == "zh-CN", without_year(facts.until)
    if until:
        return f"至{until}" if zh else f"until {until}"
    if facts.settled:
        return "无需处理" if zh else "nothing to do"
    return "请尽快处理" if zh else "please act"


def _short_of(facts: NoticeFacts) -> str:
    """How many pieces were missing, or that the standard was missed."""
    zh = facts.language == "zh-CN"
    if not facts.gap:
        return "未达标" if zh else "missed"
    return f"差{facts.gap}个" if zh else f"short of {facts.gap}"


def _some_rule(facts: BriefFacts) -> str:
    return "考核指标" if facts.language == "zh-CN" else "an indicator"


def _rule_value(facts: BriefFacts) -> str:
    """The rule and its figure, as far as they are known."""
    named = facts.rule_short or _some_rule(facts)
    return f"{named} {facts.value}" if facts.value else named


def _why_together(facts: GatheredFacts) -> str:
    """Why they are told together."""
    zh = facts.language == "zh-CN"
    if facts.morning:
        return "免打扰时段内" if zh else "in your quiet hours"
    if facts.at_cap:
        return "短信已达上限" if zh else "cap is reached"
    return "同时到达" if zh else "at once"


OF_NOTICE: Mapping[str, Callable[[NoticeFacts], str | None]] = {
    "who": lambda facts: facts.shop if facts.agent in {None, UNNAMED.in_language(facts.language)} else facts.agent,
    "count": lambda facts: f"{facts.numerator}/{facts.denominator}",
    "until_short": lambda facts: without_year(facts.until),
    "deadline_short": lambda facts: without_year(facts.appeal_until or facts.until),
    "status_short": lambda facts: _ASIDE.sub("", facts.status).partition(",")[0],
    "consequence_short": lambda facts: measure_short(facts.sanctions, facts.language) or facts.consequence,
    "when": _when,
    "short_of": _short_of,
}
OF_BRIEF: Mapping[str, Callable[[BriefFacts], str | None]] = {
    "short": lambda facts: _in_yuan(facts.short) if facts.language == "zh-CN" else facts.short,
    "until_short": lambda facts: without_year(facts.until),
    "rule_short": lambda facts: facts.rule_short or _some_rule(facts),
    "rule_value": _rule_value,
}
OF_GATHERED: Mapping[str, Callable[[GatheredFacts], str | None]] = {"why": _why_together}
_DERIVED: Mapping[type[Any], Mapping[str, Callable[[Any], str | None]]] = MappingProxyType(
    {NoticeFacts: OF_NOTICE, BriefFacts: OF_BRIEF, GatheredFacts: OF_GATHERED}
)
_KINDS: Mapping[str, type[Facts]] = MappingProxyType(
    {OPENED.event: NoticeFacts, LATE.event: DigestFacts, GATHERED.event: GatheredFacts, TRIAL: TrialFacts}
)


@cache
def events() -> tuple[str, ...]:
    """The events that a binding may be for."""
    return (*_KINDS, *(event for event in ROUTED if event not in _KINDS), NEWS)


def is_news(event: str) -> bool:
    """Whether a binding for news in general serves this event as well."""
    return event in ROUTED and event not in _KINDS


@cache
def names(event: str) -> frozenset[str]:
    """What a variable of this event's messages may say: texts and whole numbers, never lists."""
    kind = _KINDS.get(event, BriefFacts)
    types = typing.get_type_hints(kind)
    plain = {f.name for f in fields(kind) if types[f.name] in (str, str | None, int, int | None)}
    return frozenset(plain | _DERIVED.get(kind, {}).keys())


def value(facts: Facts, name: str) -> str:
    """What this fact says, and a word for nothing where it says nothing."""
    derived = _DERIVED.get(type(facts), {}).get(name)
    found = derived(facts) if derived else getattr(facts, name)
    return NOTHING.in_language(facts.language) if found is None or found == "" else str(found)
