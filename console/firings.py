"""What fired when a breach was decided, in words: the trace's own names are those of the case rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.rulebook.measures import MEASURES
from engine.rulebook.model import Language
from notifier.words.vocabulary import SEVERITIES, word

_RULES = (  # what `engine.judge.ladder` calls its case rules
    (re.compile(r"breach is a violation"), "未达标即违规"),
    (re.compile(r"waived breach is exempt"), "已豁免，不算违规"),
    (re.compile(r"excluded breach is exempt"), "期间剔除，不算违规"),
    (re.compile(r"severity by band"), "按指标所在区间定等级"),
    (re.compile(r"forecast from violation (\d+) on"), r"第 \1 次起预测的等级"),
    (re.compile(r"severity from violation (\d+) on"), r"第 \1 次起的等级"),
    (re.compile(r"the one rung"), "只有一级处罚"),
    (re.compile(r"rung of the severity"), "等级对应的处罚"),
    (re.compile(r"sanctions of (.+)"), r"\1的处罚"),
)
_FACTS = {
    "breach": "未达标",
    "waiver": "豁免",
    "exclusion": "剔除",
    "band": "区间",
    "history": "已确认次数（含本次）",
    "violation": "违规",
    "exemption": "不算违规",
    "severity": "等级",
    "rung": "处罚级别",
    "sanction": "处罚",
}


def firing_words(firing: Mapping[str, Any], language: Language) -> str:
    """One rule that fired: its name, what it found, what it led to.

    >>> fired = {"rule": "breach is a violation", "matched": {"b": {"kind": "breach"}}, "produced": []}
    >>> fired["produced"].append({"kind": "severity", "name": "serious"})
    >>> firing_words(fired, "zh-CN"), firing_words(fired, "en")
    ('未达标即违规：未达标 → 等级（严重）', 'breach is a violation: breach → severity(name=serious)')
    """
    matched = [_fact(fact, language) for fact in firing["matched"].values()]
    produced = list(dict.fromkeys(_fact(fact, language) for fact in firing["produced"]))
    if language == "en":
        return f"{firing['rule']}: {', '.join(matched)} → {', '.join(produced)}"
    return f"{_rule(firing['rule'])}：{'、'.join(matched)} → {'、'.join(produced)}"


def _rule(name: str) -> str:
    for pattern, words in _RULES:
        if found := pattern.fullmatch(name):
            return found.expand(words).replace(*_severity(found)) if found.re.groups else words
    return name


def _severity(found: re.Match[str]) -> tuple[str, str]:
    return found[1], word(SEVERITIES, found[1], "zh-CN")


def _fact(fact: Mapping[str, Any], language: Language) -> str:
    kind = str(fact.get("kind", fact.get("t", "")))
    rest = {k: v for k, v in fact.items() if k not in {"kind", "t"}}
    if language == "en":
        told = ", ".join(f"{k}={v}" for k, v in rest.items())
        return kind + (f"({told})" if told else "")
    values = [_value(v) for k, v in rest.items() if k != "position"]
    return _FACTS.get(kind, kind) + (f"（{'，'.join(values)}）" if values else "")


def _value(value: Any) -> str:
    text = str(value)
    return MEASURES[text].title.zh if text in MEASURES else word(SEVERITIES, text, "zh-CN")
