"""The pages of the rules: those that are kept are those that the rules come to, and they say all that decides."""

from pathlib import Path

import pytest

from console.rule_markdown import INDEX, SHIPPED, all_pages, main, page
from engine.rulebook.book import RuleBook
from engine.rulebook.loader import load

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
SAMPLES = ROOT / "tests" / "rulebook" / "rules"


@pytest.fixture(scope="module")
def pages():
    return all_pages()


def test_the_pages_that_are_kept_are_those_that_the_rules_come_to(pages):
    """Where this fails, `make docs` was forgotten."""
    assert {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()} == pages


def test_every_shipped_rule_has_a_page_and_a_line_in_the_list(pages):
    rules = RuleBook.load([SHIPPED])[0]
    assert set(pages) == {INDEX, *(f"{name}.md" for name in rules)}
    assert all(f"({name}.md)" in pages[INDEX] for name in rules)


@pytest.mark.parametrize("rule", RuleBook.load([SHIPPED])[0].values(), ids=lambda rule: rule.id)
def test_a_page_says_in_both_languages_what_the_rule_says_and_where_it_was_read(rule, pages):
    text = pages[f"{rule.id}.md"]
    chinese, _, english = text.partition("\n## English\n")
    for half, language in ((chinese, "zh-CN"), (english, "en")):
        for version in rule.versions:
            assert version.text.in_language(language) in half
            for claim in version.provenance:
                for said in (claim.says, claim.because, claim.assuming, claim.dispute):
                    assert said is None or said.in_language(language) in half
        for announced in rule.announced:
            assert announced.says.in_language(language) in half
    for source in rule.sources.values():
        assert (source.document or source.url) in english
    for version in rule.versions:
        for case in version.cases:
            assert f"| {case.name} |" in english


def test_what_ended_or_changed_a_rule_stands_before_what_it_says(pages):
    text = pages["kuaishou.reply-rate-3min.md"]
    assert text.index("2022 年 11 月 24 日") < text.index("每个自然月，咨询人数中")
    assert text.index("24 November 2022") < text.index("In a natural month")


def test_a_page_says_figure_days_standard_ladder_and_appeal(pages):
    text = pages["pinduoduo.effective-reply-rate.md"]
    for line in (
        "| 指标 | `effective` / `people` |",
        "| `effective` | 人天（每个买家每天计一次），08:00-23:00，`worst_wait <= 3600` |",
        "| 考核时间 | 周期结束的次日 10:00 |",
        "| 考核门槛 | `people` 不低于100 |",
        "| Standard | at least 50% |",
        "| Measures | liquidated damages CNY 1,000, from the deposit and payments (at the platform's discretion) |",
        "| one more of 1001 complies | people = 1001, effective = 501 |  | 达标 · compliant |",
    ):
        assert line in text.splitlines()
    text = pages["kuaishou.service-attitude.md"]
    assert "| 处罚（严重） | 警告、强制考试、违约金 ¥100–¥300 |" in text
    assert (
        "| Appeal | within 7 days of the notice, once, by the main account only; given up by confirming the notice |"
        in text
    )
    assert "| Assessed | the Tuesday after, 10:00 |" in pages["kuaishou.good-rating.md"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("banded-and-repealed", ["| State | repealed |", "- from 2026-12-01: It will come back [page]"]),
        (
            "banded-and-repealed",
            ["| 周期 | 滚动 7 天 |", "| `seconds` | 会话，`second` 之和 |", "| 指标 | `seconds` |"],
        ),
        ("banded-and-repealed", ["| 违规等级 | 不低于5000: 特别严重；不低于1000.5: 轻微 |"]),
        ("graded-by-platform", ["| Gate | `asked` at least 1 |", "| 考核时间 | 次月 1 日 10:00 |"]),
    ],
)
def test_a_rule_of_another_sort_has_a_page_too(name, lines):
    rule = load(f"{name}.yaml", (SAMPLES / f"{name}.yaml").read_bytes()).rule
    if rule is None:
        pytest.fail(f"{name} is no rule any more")
    assert set(lines) <= set(page(rule).splitlines())


def test_a_bar_in_a_name_does_not_break_a_table():
    text = (SAMPLES / "graded-by-platform.yaml").read_text(encoding="utf-8").replace("one more violates", "a | b")
    rule = load("sample.yaml", text.encode()).rule
    assert "| a \\| b |" in page(rule)


def test_writing_removes_the_page_of_a_rule_that_is_gone(tmp_path):
    (tmp_path / "kuaishou.gone.md").write_text("old")
    main(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in PAGES.iterdir()}
