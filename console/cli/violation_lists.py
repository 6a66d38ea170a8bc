"""`kaohe violations list`: what is on record, all of it for programs, page by page for people."""

from __future__ import annotations

from typing import Annotated

import typer

from console.cli.app import AsJson, current
from console.cli.violations import commands
from console.desk import Desk, day
from console.layout import Table
from console.listing import listing, page_size, refuse_pages_of_json
from console.names import ShopNames, shop_names
from console.output import json_lines, note
from console.phrases import heads
from console.sentences import sentence
from console.violation_rows import COLUMNS, known_rule, known_severity, row_cells, row_json
from engine.calendar.cycles import parse_cycle
from engine.ledger import subjects
from engine.ledger.states import state_of
from engine.ledger.violation_lists import Listed, Wanted, every, newest
from engine.rulebook.model import Language
from engine.rulebook.platforms import platform as known_platform

MOST = 1_000_000_000  # rows where nothing bounds them


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
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many rows; 50 by default on a terminal.")
    ] = None,
    after: Annotated[
        str | None, typer.Option(metavar="VIOLATION", help="What comes after this one: the next page.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Violations, the newest assessment day first; with --json all of them, the oldest first."""
    desk = current(context)
    refuse_pages_of_json(limit, after, as_json=as_json)
    name = known_platform(platform).id if platform else None
    with desk.reading() as session:
        subject = subjects.shop(session, shop, name) if shop else None
        wanted = Wanted(
            client=client,
            platform=subject.platform if subject else name,
            shop=subject.external_id if subject else None,
            rule=known_rule(session, desk, rule) if rule else None,
            state=state_of(state) if state else None,
            severity=known_severity(session, desk, severity),
            cycle=parse_cycle(cycle) if cycle else None,
            first=day(from_, "--from"),
            last=day(to, "--to"),
        )
        if as_json:
            json_lines(row_json(row) for row in every(session, wanted))
            return
        page = newest(session, wanted, limit or page_size() or MOST, after)
        names = shop_names(session)
    language = desk.settings.language
    _tell(desk, page.rows, names)
    if page.more:
        more = {"n": page.more, "last": page.rows[-1].id}
        note(sentence("more, at least" if page.at_least else "more", language, **more))


def _tell(desk: Desk, found: tuple[Listed, ...], names: ShopNames) -> None:
    language = desk.settings.language
    columns = heads(COLUMNS, language)
    # What is looked for first comes first; the rule's title names its platform.
    order = [9, 3, 4, 5, 6, 7, 8, 0, 1]
    named = [_named(desk, names, row, row_cells(row, language), language) for row in found]
    short = Table([columns[n] for n in order], [[cells[n] for n in order] for cells in named], [6])
    listing(columns, named, sentence("no violations", language), [8], short)


def _named(desk: Desk, names: ShopNames, row: Listed, cells: list[str], language: Language) -> list[str]:
    """The cells of a violation with its shop and rule by the names that people know."""
    rule = desk.sound_rules.get(row.rule)
    shop = names.get((row.platform, row.shop or ""), cells[3])
    return [*cells[:3], shop, rule.title.in_language(language) if rule else row.rule, *cells[5:]]
