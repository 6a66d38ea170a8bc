"""A rule in words, for `kaohe rules show`: what it says, and what every part of it rests on."""

from __future__ import annotations

from console.explanation import claim_lines
from engine.assessment.outcome import gate_words, standard_words
from engine.rulebook.model import Language, Rule, SanctionSpec, Version
from engine.rulebook.platforms import PLATFORMS
from notifier.words.figures import percent


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
    if gate_words(version):
        lines.append(f"  {'考核门槛' if zh else 'gate'}: {gate_words(version)}")
    for rung, sanctions in version.ladder.items():
        lines.append(f"  {'处罚' if zh else 'measures'} ({rung}): " + ", ".join(_sanction(s) for s in sanctions))
    for claim in version.provenance:
        lines += claim_lines(rule, claim, lang)
    return lines


def _sanction(spec: SanctionSpec) -> str:
    words = [spec.kind]
    if spec.days:
        low, high = spec.days
        words.append(f"{low}..{high} days" if low != high else f"{low} day{'' if low == 1 else 's'}")
    if spec.amount_fen:
        low, high = spec.amount_fen
        words.append(f"{low // 100}..{high // 100} CNY" if low != high else f"{low // 100} CNY")
    if spec.points is not None:
        words.append(str(spec.points))
    if spec.share is not None:
        words.append(percent(spec.share.numerator, spec.share.denominator, "up"))
    if spec.accounts:
        words.append(f"from {', '.join(spec.accounts)}")
    if spec.discretionary:
        words.append("may")
    return " ".join(words)
