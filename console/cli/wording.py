"""`kaohe notices check` and `variables`: for whoever writes templates and advice of their own."""

from __future__ import annotations

from typing import Annotated

import typer

from console.cli.app import AsJson, Lang, current, lang_of
from console.cli.notices import commands
from console.listing import listing
from console.output import json_lines, say
from console.phrases import heads
from console.sentences import sentence
from console.wording import known_rules
from engine.errors import UnknownNameError
from notifier.events import NO_SUCH_EVENT
from notifier.own_files import EVENTS, look_over
from notifier.variable_words import Said
from notifier.variables import variables


@commands.command()
def check(context: typer.Context) -> None:
    """Every fault of templates, advice sheets and bindings of text messages, your own and the shipped ones."""
    desk = current(context)
    language = desk.settings.language
    found = look_over(desk.templates, desk.sheets, known_rules(desk.settings), shipped=True)
    told = [why.in_language(language) for why in found.faults.values()]
    told += [zh if language == "zh-CN" else en for en, zh in desk.templates.binding_faults()]
    for fault in told:
        say(fault)
    for remark in found.remarks:
        say(sentence("remark", language, what=remark.in_language(language)))
    if told:
        raise typer.Exit(1)
    say(sentence("notices sound", language))


@commands.command("variables")
def variables_(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="An event of docs/notices.md, or `news`.")],
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """What the templates of an event may name: each variable, what it means, and what it says for example."""
    desk = current(context)
    language = lang_of(lang, desk)
    if event not in EVENTS:
        en, zh = NO_SUCH_EVENT
        raise UnknownNameError("event", event, EVENTS, en, zh)
    found = variables(event, language)
    if as_json:
        json_lines(
            {
                "variable": one.name,
                "kind": one.kind,
                "optional": one.optional,
                "meaning": one.meaning.in_language(language),
                "sample": one.sample,
            }
            for one in found
        )
        return
    rows = [
        [
            one.name,
            one.kind_words.in_language(language) + (sentence("may be missing", language) if one.optional else ""),
            one.meaning.in_language(language),
            _shown(one.sample, language),
        ]
        for one in found
    ]
    listing(heads("template_variable kind meaning sample", language), rows, "")


def _shown(said: Said, language: str) -> str:
    if isinstance(said, bool):
        return sentence("said yes" if said else "said no", language)
    if isinstance(said, tuple):
        lines = [part for one in said for part in ([one] if isinstance(one, str) else one)]
        return " / ".join(lines)
    return str(said)
