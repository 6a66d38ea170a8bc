"""`kaohe outlook`: where every shop stands before the platform looks, and how many it takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from console.cli.app import AsJson, AsOf, command, current
from console.desk import instant
from console.footnotes import dispute_words
from console.layout import Table
from console.listing import listing
from console.local_time import local_time
from console.names import shop_names
from console.outlook_words import words
from console.output import json_lines, say
from console.phrases import heads, step_words
from console.progress import progress
from console.sentences import sentence
from engine.assessment.look_ahead import warned
from engine.assessment.outcome import ranges_json, standard_words
from engine.assessment.outlook import Outlook, outlook
from engine.ledger import subjects
from engine.measure.tallies import TallyCache
from engine.rulebook.book import refuse_empty

COLUMNS = "due_at platform client shop rule cycle figure standard standing"
ACTS = ("behind", "lost", "unknown")  # the standings that ask somebody to do something


@command("outlook")
def outlook_(
    context: typer.Context,
    as_of: AsOf = None,
    rule: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this rule; may be repeated.")] = None,
    shop: Annotated[
        list[str] | None, typer.Option(metavar="SHOP", help="Print only this shop; may be repeated.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Leave out who is safe or holding.")] = False,
    as_json: AsJson = False,
) -> None:
    """Where each shop stands in the cycles not assessed yet: safe, lost, or how many mend or break it."""
    desk = current(context)
    now = instant(as_of, "--as-of")
    refuse_empty(desk.rulebook, desk.settings.rulesets)
    rules = [desk.rulebook.rule(r) for r in rule] if rule else list(desk.rulebook.values())
    language = desk.settings.language
    with desk.reading() as session, progress(step_words(language)) as report:
        wanted = [subjects.shop(session, name) for name in shop or ()]
        found = outlook(session, desk.lake, TallyCache(desk.cache), rules, now, report)
        told = {(o.rule.id, o.shop, o.cycle.key): event for o, event in zip(found, warned(session, found), strict=True)}
        names = shop_names(session)
        seen = {(s.platform, s.external_id) for s in subjects.shops(session)}
    if not desk.who.scope.everything:  # figures are measured of whole files, which hold everybody's
        found = [o for o in found if (o.rule.platform, o.shop) in seen]
    if wanted:
        shops = {(s.platform, s.external_id) for s in wanted}
        found = [o for o in found if (o.rule.platform, o.shop) in shops]
    if short:
        found = [o for o in found if o.standing in ACTS]
    if as_json:
        json_lines(_row(o) | {"warned": told[o.rule.id, o.shop, o.cycle.key]} for o in found)
        return
    rows = [
        [
            local_time(o.due_at, o.rule.platform),
            o.rule.platform,
            o.client,
            o.shop,
            o.rule.title.in_language(language),
            o.cycle.key,
            o.figure_words(),
            standard_words(o.version) or "-",
            words(o, language),
        ]
        for o in found
    ]
    columns = heads(COLUMNS, language)
    called = [names.get((o.rule.platform, o.shop), o.shop) for o in found]
    order = [0, 3, 4, 6, 7, 5, 2, 8]  # what is looked for first; the rule's title names its platform
    cells = [[[*row[:3], name, *row[4:]][n] for n in order] for row, name in zip(rows, called, strict=True)]
    on_a_terminal = Table([columns[n] for n in order], cells, [3])
    listing(columns, rows, sentence("no open cycles", language), [6], on_a_terminal)
    for line in dispute_words([(o.rule, o.version) for o in found], language):
        say(line)


def _row(o: Outlook) -> dict[str, Any]:
    row = {
        "rule": o.rule.id,
        "version": o.version.key,
        "platform": o.rule.platform,
        "client": o.client,
        "shop": o.shop,
        "cycle": o.cycle.key,
        "cycle_start": o.cycle.first.isoformat(),
        "cycle_end": o.cycle.last.isoformat(),
        "due_at": o.due_at.isoformat(),
        "running": o.running,
        "numerator": o.numerator,
        "denominator": o.denominator,
        "standard": standard_words(o.version),
        "standing": o.standing,
        "mends": o.mends,
        "breaks": o.breaks,
        "pending": o.pending,
        "gate_lacks": dict(o.gate_lacks) if o.gate_lacks else None,
        "dilutes": o.dilutes,
    } | ranges_json(o.numerator_range, o.denominator_range)
    return row | ({"missing": list(o.missing)} if o.missing else {})
