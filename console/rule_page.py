"""A rule in words, for `kaohe rules show`: what it says, and what every part of it rests on."""

from __future__ import annotations

from console.explanation import claim_lines
from console.phrases import gate_sentence
from engine.assessment.outcome import standard_words
from engine.assessment.ruling import measures_of
from engine.rulebook.model import Language, Rule, Version
from engine.rulebook.platforms import PLATFORMS
from notifier.words.appeals import appeal_words
from notifier.words.measures import MeasureWords
from notifier.words.vocabulary import SEVERITIES, word


def rule_page(rule: Rule, lang: Language) -> str:
    """The page of a rule, its newest version first."""
    name = PLATFORMS[rule.platform].name.in_language(lang)
    lines = [f"{rule.title.in_language(lang)}", f"{rule.id} · {name} · {rule.zone} · {rule.path}"]
    for version in reversed(rule.versions):
        lines += ["", *_version(rule, version, lang)]
    for announced in rule.announced:
        says = announced.says.in_language(lang)
        lines += [
            "",
            f"已公告，自 {announced.since} 起：{says}"
            if lang == "zh-CN"
            else f"announced from {announced.since}: {says}",
        ]
    return "\n".join(lines)


def _version(rule: Rule, version: Version, lang: Language) -> list[str]:
    zh = lang == "zh-CN"
    lines = [
        f"版本 {version.key} · sha256 {version.sha256[:16]}…"
        if zh
        else f"version {version.key} · sha256 {version.sha256[:16]}…"
    ]
    if version.repealed:
        lines.append("  已废止" if zh else "  repealed")
    if version.text:
        lines.append(f"  {version.text.in_language(lang)}")
    if version.figure:
        lines.append(f"  {'指标' if zh else 'figure'}: {version.figure.numerator} / {version.figure.denominator or 1}")
        lines += [f"    {c.name}: {c.relation}" + (f" WHERE {c.where}" if c.where else "") for c in version.counters]
    lines.append(f"  {'达标线' if zh else 'standard'}: {standard_words(version)}")
    if gate := gate_sentence(version, lang):
        lines.append(f"  {'考核门槛' if zh else 'gate'}: {gate}")
    words = MeasureWords(lang, rule.measures)
    for rung, specs in version.ladder.items():
        name = f"（{word(SEVERITIES, rung, lang)}）" if zh else f" ({word(SEVERITIES, rung, lang)})"
        told = ("、" if zh else ", ").join(words.measure(s) for s in measures_of(specs))
        lines.append(f"  {'处罚' if zh else 'measures'}{name if version.severity else ''}: {told}")
    if version.appeal:
        lines.append(f"  {'申诉' if zh else 'appeal'}: {appeal_words(version.appeal, lang)}")
    for claim in version.provenance:
        lines += claim_lines(rule, claim, lang)
    return lines
