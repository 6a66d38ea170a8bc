"""A rule as a page for people who look it up: Chinese first, then English. `make docs` writes them all.

`python -m console.rule_markdown DIRECTORY` writes a page for each shipped rule and a list of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from console.rule_words import RuleWords
from engine.assessment.outcome import standard_words
from engine.rulebook.book import load_or_refuse
from engine.rulebook.model import Case, Claim, Language, Rule, Source, Version
from engine.rulebook.platforms import PLATFORMS

SHIPPED = Path(__file__).parents[1] / "rulesets"
INDEX = "README.md"
LANGUAGES: tuple[tuple[Language, str], ...] = (("zh-CN", "中文"), ("en", "English"))
_GENERATED = "<!-- Written by `make docs` from {}; change that file instead. -->"


def main(directory: Path) -> None:
    """Write the pages of the shipped rules into `directory`; pages of rules that are gone are removed."""
    directory.mkdir(parents=True, exist_ok=True)
    pages = all_pages()
    for path in directory.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (directory / name).write_text(text, encoding="utf-8")


def all_pages() -> dict[str, str]:
    """The pages of the shipped rules by the names of their files, and the list of them."""
    rules = list(load_or_refuse([SHIPPED]).values())
    return {INDEX: index(rules)} | {f"{rule.id}.md": page(rule) for rule in rules}


def index(rules: list[Rule]) -> str:
    """The list of the rules."""
    lines = [
        _GENERATED.format("`rulesets/`"),
        "# 规则一览 · The rules",
        "",
        "| 规则 · rule | 平台 · platform | 名称 · title | 达标线 · standard | 假定 · assumed | 争议 · disputed |",
        "|---|---|---|---|---|---|",
    ]
    for rule in rules:
        version, name = rule.versions[-1], PLATFORMS[rule.platform].name
        cells = [
            f"[{rule.id}]({rule.id}.md)",
            f"{name.zh} · {name.en}",
            f"{rule.title.zh} · {rule.title.en}",
            standard_words(version) or "",
            str(len(version.claims("assumed"))),
            str(len(version.disputed())),
        ]
        lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def page(rule: Rule) -> str:
    """The page of one rule, its newest version first in each language; cases and sources serve both."""
    name = PLATFORMS[rule.platform].name
    path = f"rulesets/{rule.platform}/{rule.id.partition('.')[2]}.yaml"
    lines = [
        _GENERATED.format(f"`{path}`"),
        f"# {rule.title.zh} · {rule.title.en}",
        "",
        f"`{rule.id}` · {name.zh} · {name.en} · {rule.zone} · [{path}](../../{path})",
    ]
    for language, heading in LANGUAGES:
        lines += ["", f"## {heading}"]
        for version in reversed(rule.versions):
            lines += _version(RuleWords(rule, version, language))
        lines += _announced(rule, language)
    for version in reversed(rule.versions):
        lines += _cases(rule, version)
    lines += ["", "## 出处 · Sources", "", *(_source(source) for source in rule.sources.values())]
    return "\n".join(lines) + "\n"


def _version(words: RuleWords) -> list[str]:
    version = words.version
    lines = ["", f"### {words.say('版本', 'Version')} {version.key}", ""]
    lines.append(
        words.say(f"适用于首日在 {version.key} 或之后的周期。", f"For cycles that begin on or after {version.key}.")
    )
    warnings = _warnings(words)
    lines += [""] * bool(warnings) + [f"> {line}" if line else ">" for line in warnings]
    if version.text is not None:
        lines += ["", version.text.in_language(words.language)]
    facts = words.facts()
    if facts:
        lines += ["", _row([words.say("项目", "What"), words.say("内容", "As the rule has it")]), "|---|---|"]
        lines += [_row([name, value]) for name, value in facts]
    lines += ["", f"**{words.say('依据', 'Why it says so')}**", ""]
    for claim in words.claims():
        lines += _claim(words, claim)
    return lines


def _warnings(words: RuleWords) -> list[str]:
    """What a reader must know first: that something later ended or changed the rule, and how much of it is open."""
    version = words.version
    force = [claim for claim in version.provenance if claim.name == "effective" and claim.dispute]
    lines = []
    for claim in force:
        assert claim.dispute is not None
        cited = ", ".join(claim.disputed_by)
        lines.append(f"**{words.say('有争议', 'Disputed')}** {claim.dispute.in_language(words.language)} [{cited}]")
    for label, names in (
        (words.say("假定", "Assumed"), version.claims("assumed")),
        (words.say("有争议", "Disputed"), version.disputed()),
    ):
        if names:
            said = words.say("、", ", ").join(words.claim(name) for name in names)
            lines += [""] * bool(lines) + [f"{label}{words.say('：', ': ')}{said}"]
    return lines


def _claim(words: RuleWords, claim: Claim) -> list[str]:
    """A claim as an item of a list, with the reading that it takes and what disputes it below."""
    lang, colon = words.language, words.say("：", ": ")
    sourced = claim.basis == "source"
    basis = words.say("来源", "source") if sourced else words.say("假定", "assumed")
    cited = f" [{', '.join(claim.cite)}]" if claim.cite else ""
    text = claim.says if sourced else claim.because
    review = (
        "" if claim.review_by is None else words.say(f"（{claim.review_by} 前复核）", f" (review by {claim.review_by})")
    )
    said = text.in_language(lang) if text else ""
    lines = [
        f"- **{words.claim(claim.name)}**{words.say('（', ' (')}{basis}{words.say('）', ')')}{colon}{said}{review}"
    ]
    if sourced:
        lines[0] += cited
    elif claim.says is not None:
        lines.append(f"  - {words.say('来源', 'source')}{colon}{claim.says.in_language(lang)}{cited}")
    if claim.assuming is not None:
        lines.append(f"  - {words.say('假定', 'assuming')}{colon}{claim.assuming.in_language(lang)}")
    if claim.disputed_by:
        dispute = claim.dispute.in_language(lang) if claim.dispute else ""
        lines.append(f"  - **{words.say('有争议', 'disputed')}**{colon}{dispute} [{', '.join(claim.disputed_by)}]")
    return lines


def _announced(rule: Rule, language: Language) -> list[str]:
    zh = language == "zh-CN"
    if not rule.announced:
        return []
    since, colon = ("自 {} 起", "：") if zh else ("from {}", ": ")
    lines = ["", "### 已公告，不参与判定" if zh else "### Announced, and never deciding", ""]
    return lines + [
        f"- {since.format(a.since)}{colon}{a.says.in_language(language)} [{', '.join(a.cite)}]" for a in rule.announced
    ]


def _cases(rule: Rule, version: Version) -> list[str]:
    if not version.cases:
        return []
    english, chinese = RuleWords(rule, version, "en"), RuleWords(rule, version, "zh-CN")
    lines = ["", f"## 用例 · Cases ({version.key})", ""]
    lines += [_row(["用例 · case", "给定 · given", "此前 · before", "预期 · expected"]), "|---|---|---|---|"]
    return lines + [
        _row(
            [
                case.name,
                _given(case),
                _before(case),
                f"{chinese.expected(case.expect)} · {english.expected(case.expect)}",
            ]
        )
        for case in version.cases
    ]


def _given(case: Case) -> str:
    return ", ".join(f"{name} = {number}" for name, number in case.given.items())


def _before(case: Case) -> str:
    return ", ".join(f"{past.state} −{past.days_ago} d" for past in case.history)


def _source(source: Source) -> str:
    where = source.document or f"<{source.url}>"
    dates = [
        f"{label} {day}"
        for label, day in (("发布 · published", source.published), ("取阅 · retrieved", source.retrieved))
        if day
    ]
    title = source.title.zh if source.title.zh == source.title.en else f"{source.title.zh} · {source.title.en}"
    return f"- **{source.id}** ({source.grade}) {title}: {', '.join([where, *dates])}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
