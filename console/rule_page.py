"""A rule in words, for `kaohe rules show`: what it says, and what every part of it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from console.explanation import claim_lines
from console.penalty_words import practice_lines
from console.rule_words import RuleWords
from engine.rulebook.model import Language, Rule, Version
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.accuracy import Accuracy


def rule_page(rule: Rule, lang: Language, practice: Sequence[Accuracy] = ()) -> str:
    """The page of a rule, its newest version first; `practice` is what the platform's decisions say of it."""
    name = PLATFORMS[rule.platform].name.in_language(lang)
    lines = [f"{rule.title.in_language(lang)}", f"{rule.id} · {name} · {rule.zone} · {rule.path}"]
    for version in reversed(rule.versions):
        lines += ["", *_version(rule, version, lang)]
        lines += [f"  {line}" for line in practice_lines(practice, version.key, lang)]
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
    colon = "：" if zh else ": "
    words = RuleWords(rule, version, lang)
    if version.figure:  # that it is repealed was said
        facts = words.facts()
        lines += [f"  {name}{colon}{value}".replace("`", "") for name, value in facts]
    for claim in words.claims():
        lines += claim_lines(rule, claim, lang)
    return lines
