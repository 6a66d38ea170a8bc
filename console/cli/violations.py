"""`kaohe violations list` and `show`, and `kaohe explain`: what is on record, and why it stands there."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlmodel import Session, select

from console.cli.app import AsJson, Lang, app, current, group, lang_of
from console.decided import decided, decided_lines
from console.desk import Desk, day
from console.explanation import changed_words, explanation_json, explanation_text
from console.layout import Table
from console.listing import listing
from console.local_time import local_time
from console.names import ShopNames, shop_names
from console.notice_typed import known_severity
from console.output import json_lines, say, table
from console.phrases import TOLD, event_words, heads, journalled_why, told_words
from console.sentences import sentence
from engine.assessment.explain import MOST_SESSIONS
from engine.assessment.explain import explain as explain_violation
from engine.calendar.cycles import parse_cycle
from engine.errors import UnknownNameError
from engine.evidence.lake import Lake
from engine.ledger import journal, subjects
from engine.ledger.states import state_of
from engine.ledger.tables import Violation
from engine.ledger.violations import Listed, by, find
from engine.rulebook.model import Language
from engine.rulebook.platforms import platform as known_platform
from notifier.records import records_of
from notifier.sheets import Sheets
from notifier.words.figures import money_range
from notifier.words.vocabulary import SEVERITIES, STATES, word

COLUMNS = "violation client platform shop rule cycle state severity exposure assessed_on"

commands = group("violations", "Violations on record: list, show, record what was decided.")


@commands.command("list")
def list_(
    context: typer.Context,
    client: Annotated[str | None, typer.Option()] = None,
    platform: Annotated[str | None, typer.Option()] = None,
    shop: Annotated[str | None, typer.Option()] = None,
    rule: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option()] = None,
    severity: Annotated[str | None, typer.Option()] = None,
    cycle: Annotated[str | None, typer.Option(help="2026-W10, 2026-03, 2026-03-02 …")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First assessment day.")] = None,
    to: Annotated[str | None, typer.Option(metavar="DATE", help="Last assessment day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Violations, by assessment day."""
    desk = current(context)
    wanted = parse_cycle(cycle).key if cycle else None
    name = known_platform(platform).id if platform else None
    with desk.reading() as session:
        subject = subjects.shop(session, shop, name) if shop else None
        found = find(
            session,
            client=client,
            platform=subject.platform if subject else name,
            shop=subject.external_id if subject else None,
            rule=_rule(session, desk, rule) if rule else None,
            state=state_of(state) if state else None,
            severity=known_severity(session, desk.sound_rules, severity),
            first=day(from_, "--from"),
            last=day(to, "--to"),
        )
        found = [row for row in found if wanted in {None, row.cycle}]
        names = shop_names(session)
    if as_json:
        json_lines(_row(row) for row in found)
        return
    language = desk.settings.language
    empty = sentence("no violations", language)
    columns, rows = heads(COLUMNS, language), [_cells(row, language) for row in found]
    # What is looked for first comes first; the rule's title names its platform.
    order = [9, 3, 4, 5, 6, 7, 8, 0, 1]
    short = [
        [_named(desk, names, row, cells, language)[n] for n in order] for row, cells in zip(found, rows, strict=True)
    ]
    listing(columns, rows, empty, [8], Table([columns[n] for n in order], short, [6]))


@commands.command()
def show(context: typer.Context, violation: str, as_json: AsJson = False) -> None:
    """One violation and everything that was journalled about it."""
    desk = current(context)
    with desk.reading() as session:
        name = by(session, violation).id
        (row,) = (r for r in find(session) if r.id == name)
        entries = journal.entries(session, object_id=name)
        recorded = records_of(session, [name])[name]
    language = desk.settings.language
    told = recorded.facts(desk.sound_rules, Sheets(), lang_of(None, desk))
    rule_file = recorded.file_today(desk.sound_rules)
    if as_json:
        history = [
            {
                "at": e.at.isoformat(),
                "actor": e.actor,
                "event": e.event,
                "payload": e.payload,
            }
            for e in entries
        ]
        told_row = {"version": row.version, "rule_file": rule_file, "journal": history}
        json_lines([_row(row) | decided(row) | told_row])
        return
    colon = "：" if language == "zh-CN" else ": "
    for name, cell in zip(heads(COLUMNS, language), _cells(row, language), strict=True):
        say(f"{name}{colon}{cell}")
    words = told.rule_title, row.version, f"{told.figure} ({told.value})", told.standard or "-", told.consequence
    for name, cell in zip(heads("title version figure standard sanctions", language), words, strict=True):
        say(f"{name}{colon}{cell}")
    if rule_file not in {"same", None}:
        say(changed_words(rule_file, told.language))
    for line in decided_lines(row, language):
        say(line)
    say("")
    table(
        heads("at actor event note", language),
        [
            [local_time(e.at, row.platform), e.actor, event_words(e.event, language), _payload(e.payload, language)]
            for e in entries
        ],
    )


@app.command()
def explain(
    context: typer.Context,
    violation: str,
    lang: Lang = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also every day's count, every day file, and all that tells against it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Why a violation stands there: figure, standard, ladder, counts, the rule's text and its basis, evidence."""
    desk = current(context)
    most = None if full else MOST_SESSIONS
    with desk.reading() as session:
        found = explain_violation(session, desk.sound_rules, Lake(desk.settings.lake), desk.cache, violation, most)
        name = by(session, violation).id
        record_ = records_of(session, [name])[name]
    if as_json:
        json_lines([explanation_json(found) | decided(record_.violation)])
        return
    language = lang_of(lang, desk)
    used = found.outcome
    facts = record_.facts_under(used.rule, used.version.key, Sheets(), language)
    say(explanation_text(found, facts, decided_lines(record_.violation, language), full=full))


def _rule(session: Session, desk: Desk, name: str) -> str:
    """The id of a rule that there is, or was: what is on record can be asked for whatever became of the file."""
    known = {*desk.sound_rules, *session.exec(select(Violation.rule).distinct())}
    if name not in known:
        raise UnknownNameError("rule", name, known)
    return name


def _row(row: Listed) -> dict[str, Any]:
    return {
        "violation": row.id,
        "rule": row.rule,
        "platform": row.platform,
        "client": row.client,
        "shop": row.shop,
        "agent": row.agent,
        "cycle": row.cycle,
        "state": row.state,
        "severity": row.severity,
        "exposure_fen": list(row.exposure_fen),
        "assessed_on": row.assessed_on.isoformat(),
    }


def _cells(row: Listed, lang: Language) -> list[str]:
    return [
        row.id,
        row.client,
        row.platform,
        row.shop or row.person or "",
        row.rule,
        row.cycle,
        word(STATES, row.state, lang),
        word(SEVERITIES, row.severity, lang) if row.severity else "-",
        money_range(*row.exposure_fen, lang),
        row.assessed_on.isoformat(),
    ]


def _named(desk: Desk, names: ShopNames, row: Listed, cells: list[str], language: Language) -> list[str]:
    """The cells of a violation with its shop and rule by the names that people know."""
    rule = desk.sound_rules.get(row.rule)
    shop = names.get((row.platform, row.shop or ""), cells[3])
    return [*cells[:3], shop, rule.title.in_language(language) if rule else row.rule, *cells[5:]]


def _payload(payload: Any, language: Language) -> str:
    if not isinstance(payload, dict):
        return ""
    after = payload.get("after") or {}
    words = [journalled_why(str(payload["why"]), language)] if payload.get("why") else []
    words += [told_words(k, v, language) for k, v in after.items() if k in TOLD and v is not None and v is not False]
    return ("，" if language == "zh-CN" else ", ").join(words)
