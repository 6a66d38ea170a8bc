"""`kaohe rules`: what the rules say, whether their files are sound, and whether their own cases hold."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from console.cli.app import AsJson, AsOf, Lang, current, group, lang_of
from console.desk import Desk, instant
from console.explanation import announced_json, claim_json
from console.listing import listing
from console.output import json_lines, note, say, table
from console.penalty_words import HEADS, UNJUDGED, accuracy_cells, accuracy_json
from console.phrases import heads, phrase
from console.rule_page import rule_page
from console.rule_words import RuleWords
from console.sentences import sentence
from console.uncovered import uncovered_words
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.judge.cases import CaseResult, run_cases
from engine.judge.coverage import uncovered
from engine.judge.reasoner import Reasoner
from engine.rulebook.book import SUFFIX, check_paths
from engine.rulebook.model import Language, Rule
from engine.tracker.accuracy import Accuracy
from engine.tracker.practice import practice

commands = group("rules")


@commands.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """All rules, with the version that is newest."""
    desk = current(context)
    rules = list(desk.rulebook.values())
    if as_json:
        json_lines(_row(rule) for rule in rules)
        return
    language = desk.settings.language
    table(
        heads("rule title platform subject version assumed disputed", language),
        [
            [
                rule.id,
                rule.title.in_language(language),
                rule.platform,
                rule.subject,
                rule.versions[-1].key,
                str(len(rule.versions[-1].claims("assumed"))),
                str(len(rule.versions[-1].disputed())),
            ]
            for rule in rules
        ],
        [5, 6],
    )


@commands.command()
def show(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="ID")],
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """One rule in words: what it says, where that was read, what is assumed or disputed."""
    desk = current(context)
    found = desk.rulebook.rule(rule)
    told = practice_of(desk, found.id)
    if as_json:
        json_lines([_row(found) | {"practice": [accuracy_json(one) for one in told]}])
    else:
        say(rule_page(found, lang_of(lang, desk), told))


@commands.command()
def accuracy(
    context: typer.Context,
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only this rule.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """How often practice bore each rule out, and which of its assumptions it contradicts."""
    desk = current(context)
    now, language = instant(as_of, "--as-of"), desk.settings.language
    _ = desk.ledger  # so that a home without one is told first
    with desk.reading() as session:
        lake, days = Lake(desk.settings.lake), desk.settings.penalty_days
        found = practice(session, lake, desk.sound_rules, now, days, desk.sound_rules.rule(rule).id if rule else None)
    if as_json:
        json_lines(accuracy_json(one) for one in found)
        return
    names = (
        "rule",
        "version",
        "borne_out",
        "overturned",
        "ours_only",
        "foreseen",
        "severities",
        "amounts",
        "contradicted",
    )
    heads_ = [HEADS[name].in_language(language) if name in HEADS else phrase(name, language) for name in names]
    rows = [accuracy_cells(one, language) for one in found]
    listing(heads_, rows, UNJUDGED.in_language(language), [2, 3, 4, 5, 6, 7])


def practice_of(desk: Desk, rule: str) -> list[Accuracy]:
    """What practice says of a rule; nothing where there is no ledger yet, or none that can be read."""
    try:
        with desk.reading() as session:
            lake, days = Lake(desk.settings.lake), desk.settings.penalty_days
            return practice(session, lake, desk.sound_rules, datetime.now(UTC), days, rule)
    except KaoheError:  # a rule can be read without a ledger; what is wrong with that, other commands say
        return []


@commands.command()
def check(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH…]", help="Files or directories.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every fault of every file as `file:line:column: path: message`; nothing where all is sound."""
    where = paths or list(current(context).settings.rulesets)
    faults = check_paths(where)
    if as_json:
        json_lines(
            {"file": f.path, "line": f.line, "column": f.column, "path": f.where, "message": f.what} for f in faults
        )
    else:
        for fault in faults:
            say(str(fault))
    if faults:
        raise typer.Exit(1)
    if not any(_has_rules(path) for path in where):
        names = [str(path) for path in where]
        raise KaoheError(
            f"there is no rule file in {', '.join(names)}; rule files end in {SUFFIX}",
            zh=f"{'、'.join(names)} 里没有规则文件；规则文件以 {SUFFIX} 结尾",
        )
    note(sentence("rules sound", current(context).settings.language))


def _has_rules(path: Path) -> bool:
    return path.is_file() or any(path.rglob(f"*{SUFFIX}"))


@commands.command()
def test(
    context: typer.Context,
    named: Annotated[list[str] | None, typer.Argument(metavar="[RULE…]", help="Only these rules.")] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Also name what no case reaches.")] = False,
    rule: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this rule; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run the cases that live in the rule files, each through both engines."""
    desk = current(context)
    asked = dict.fromkeys([*(named or ()), *(rule or ())])
    rules = [desk.rulebook.rule(r) for r in asked] if asked else list(desk.rulebook.values())
    findings = 0
    rows: list[dict[str, Any]] = []
    with Reasoner() as reasoner:
        for one in rules:
            results = run_cases(one, reasoner)
            missing = uncovered(one) if coverage else []
            findings += sum(not r.passed for r in results) + len(missing)
            rows += [_case_row(one, r) for r in results]
            rows += [{"rule": one.id, "uncovered": what} for what in missing]
            if not as_json:
                _tell(one, results, missing, desk.settings.language)
                if coverage and not missing:
                    say(sentence("all covered", desk.settings.language))
    if as_json:
        json_lines(rows)
    if findings:
        raise typer.Exit(1)


def _tell(rule: Rule, results: list[CaseResult], missing: list[str], language: str) -> None:
    passed = sum(r.passed for r in results)
    say(sentence("cases", language, rule=rule.id, passed=passed, total=len(results)))
    for result in results:
        if not result.passed:
            say(f"  {rule.path}:{result.case.line}: {result.case.name}: {'; '.join(result.differences)}")
    for what in missing:
        say(sentence("no case", language, what=uncovered_words(what, language)))


def _case_row(rule: Rule, result: CaseResult) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "version": result.version,
        "case": result.case.name,
        "passed": result.passed,
        "differences": list(result.differences),
    }


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "platform": rule.platform,
        "subject": rule.subject,
        "title": {"zh-CN": rule.title.zh, "en": rule.title.en},
        "versions": [
            {
                "version": v.key,
                "sha256": v.sha256,
                "repealed": v.repealed,
                "assumed": list(v.claims("assumed")),
                "disputed": list(v.disputed()),
                "facts": {language: dict(RuleWords(rule, v, language).facts()) for language in get_args(Language)},
                "claims": [claim_json(c) for c in v.provenance],
            }
            for v in rule.versions
        ],
        "announced": [announced_json(a) for a in rule.announced],
        "file": rule.path,
    }
