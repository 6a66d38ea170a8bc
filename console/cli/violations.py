"""`kaohe violations list` and `show`, and `kaohe explain`: what is on record, and why it stands there."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlmodel import Session

from console.appeal_words import appeal_lines, appeals_json
from console.cli.app import AsJson, Lang, command, current, group, lang_of
from console.cli.rules import practice_of
from console.contract_words import beside_words
from console.corrections import correction_json, correction_lines
from console.decided import decided, decided_lines
from console.earlier import earlier_json, earlier_lines
from console.explanation import changed_words, explanation_json, explanation_text
from console.local_time import local_time
from console.output import json_lines, say, table
from console.penalty_words import accuracy_json, practice_lines
from console.phrases import TOLD, event_words, heads, journalled_why, told_words
from console.violation_rows import COLUMNS, row_cells, row_json
from engine.assessment.earlier import earlier_verdicts
from engine.assessment.explain import MOST_SESSIONS, without_agents
from engine.assessment.explain import explain as explain_violation
from engine.errors import UnknownNameError
from engine.evidence.lake import Lake
from engine.ledger import journal
from engine.ledger.periods import corrections
from engine.ledger.violation_lists import one
from engine.ledger.violations import BookedAloneError, by
from engine.rulebook.model import Language
from engine.tracker.appeals import appeals_of
from engine.tracker.standards import beside
from notifier.records import records_of

commands = group("violations")


@commands.command()
def show(context: typer.Context, violation: str, as_json: AsJson = False) -> None:
    """One violation, everything that was journalled about it, and the verdicts that were superseded."""
    desk = current(context)
    with desk.reading() as session:
        if _told_by_corrections(session, violation, desk.settings.language, as_json=as_json):
            return
        row = one(session, violation)
        name = row.id
        booked = corrections(session, violation=name)
        entries = journal.entries(session, object_id=name)
        recorded = records_of(session, [name])[name]
        earlier = earlier_verdicts(session, recorded.violation)
        appeals = appeals_of(session, name)
    language = desk.settings.language
    told = recorded.facts(desk.sound_rules, desk.sheets, lang_of(None, desk))
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
        told_row["earlier"] = earlier_json(earlier)
        told_row["appeals"] = appeals_json(appeals)
        told_row["corrections"] = [correction_json(b) for b in booked]
        json_lines([row_json(row) | decided(row) | told_row])
        return
    colon = "：" if language == "zh-CN" else ": "
    for name, cell in zip(heads(COLUMNS, language), row_cells(row, language), strict=True):
        say(f"{name}{colon}{cell}")
    words = told.rule_title, row.version, f"{told.figure} ({told.value})", told.standard or "-", told.consequence
    for name, cell in zip(heads("title version figure standard sanctions", language), words, strict=True):
        say(f"{name}{colon}{cell}")
    if rule_file not in {"same", None}:
        say(changed_words(rule_file, told.language))
    appealed = appeal_lines(appeals, row.platform, language)
    for line in (*decided_lines(row, language), *appealed, *correction_lines(booked, language)):
        say(line)
    say("")
    table(
        heads("at actor event note", language),
        [
            [local_time(e.at, row.platform), e.actor, event_words(e.event, language), _payload(e.payload, language)]
            for e in entries
        ],
    )
    for line in earlier_lines(earlier, row.platform, language):
        say(line)


@command("explain")
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
        if _told_by_corrections(session, violation, lang_of(lang, desk), as_json=as_json):
            return
        found = explain_violation(session, desk.sound_rules, Lake(desk.settings.lake), desk.cache, violation, most)
        found = found if desk.who.internal else without_agents(found)
        name = by(session, violation).id
        record_ = records_of(session, [name])[name]
        booked = corrections(session, violation=name)
        contract = beside(session, desk.who, desk.sound_rules, name)
    used = found.outcome
    told = [one for one in practice_of(desk, used.rule.id) if one.version == used.version.key]
    if as_json:
        apart = {
            "practice": accuracy_json(told[0]) if told else None,
            "contract": contract.as_json() if contract else None,
            "corrections": [correction_json(b) for b in booked],
        }
        json_lines([explanation_json(found) | decided(record_.violation) | apart])
        return
    language = lang_of(lang, desk)
    facts = record_.facts_under(used.rule, used.version.key, desk.sheets, language)
    lines = practice_lines(told, used.version.key, language)
    said = [*decided_lines(record_.violation, language), *correction_lines(booked, language)]
    say(explanation_text(found, facts, said, full=full, practice=lines))
    if contract is not None:
        say("\n" + beside_words(contract.shop.client, contract.bound, contract.result, language))


def _told_by_corrections(session: Session, violation: str, language: Language, *, as_json: bool) -> bool:
    """Tell of a breach that was found once its month was closed, of which nothing else is on record; whether it is."""
    try:
        by(session, violation)
    except BookedAloneError as error:
        if as_json:
            json_lines(correction_json(booked) for booked in error.booked)
            return True
        for line in (error.in_language(language), *correction_lines(error.booked, language)):
            say(line)
        return True
    except UnknownNameError:
        pass  # whoever looks for it next says so
    return False


def _payload(payload: Any, language: Language) -> str:
    if not isinstance(payload, dict):
        return ""
    after = payload.get("after") or {}
    words = [journalled_why(str(payload["why"]), language)] if payload.get("why") else []
    words += [told_words(k, v, language) for k, v in after.items() if k in TOLD and v is not None and v is not False]
    return ("，" if language == "zh-CN" else ", ").join(words)
