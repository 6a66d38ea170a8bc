"""`kaohe shops` and `kaohe people`: who is assessed, for which client, and who works under which sub-account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.app import AsJson, current, group
from console.desk import day
from console.output import json_lines, note, say, table
from console.phrases import heads, phrase
from console.registers import read_people, read_shops
from console.sentences import sentence
from engine.errors import KaoheError
from engine.evidence.quarantine import RowFault
from engine.ledger.database import reading, transaction
from engine.ledger.people import register_people
from engine.ledger.postings import postings
from engine.ledger.subjects import Registered, ShopRow, register_shops, shops

shop_commands = group("shops", "Shops: import a register, add one, list them.")
people_commands = group("people", "People and their sub-accounts: import a register, list them.")


@shop_commands.command("import")
def import_shops(context: typer.Context, file: Path, as_json: AsJson = False) -> None:
    """Register the shops of a CSV: platform, shop, name, alias, client, category?, opened_on?, owner?, contact?."""
    desk = current(context, makes_home=True)
    rows, faults = read_shops(file)
    with transaction(desk.ledger) as session:
        done = register_shops(session, rows, datetime.now(UTC), desk.actor)
    _tell("shops", len(rows), done, faults, as_json, desk.settings.language)


@shop_commands.command()
def add(
    context: typer.Context,
    platform: str,
    shop: str,
    name: Annotated[str | None, typer.Option()] = None,
    alias: Annotated[str | None, typer.Option()] = None,
    client: Annotated[str | None, typer.Option()] = None,
    category: Annotated[str | None, typer.Option()] = None,
    opened_on: Annotated[str | None, typer.Option(metavar="DATE")] = None,
    owner: Annotated[str | None, typer.Option()] = None,
    contact: Annotated[str | None, typer.Option(help="Addresses for notices, separated by ;")] = None,
) -> None:
    """Register one shop, or change what is given."""
    desk = current(context, makes_home=True)
    row = ShopRow(
        platform=platform,
        shop=shop,
        name=name,
        alias=alias,
        client=client,
        category=category,
        opened_on=day(opened_on, "--opened-on"),
        owner=owner,
        contact=contact,
    )
    with transaction(desk.ledger) as session:
        done = register_shops(session, [row], datetime.now(UTC), desk.actor)
    _tell("shops", 1, done, [], False, desk.settings.language)


@shop_commands.command("list")
def list_shops(context: typer.Context, as_json: AsJson = False) -> None:
    """All shops, registered or merely seen in the evidence."""
    desk = current(context)
    with reading(desk.ledger) as session:
        found = shops(session)
    if as_json:
        json_lines(
            {
                "platform": s.platform,
                "shop": s.external_id,
                "name": s.name,
                "alias": s.alias,
                "client": s.client,
                "category": s.category,
                "opened_on": s.opened_on.isoformat() if s.opened_on else None,
                "owner": s.owner,
                "registered": s.registered_at is not None,
                "first_evidence_on": s.first_evidence_on.isoformat() if s.first_evidence_on else None,
            }
            for s in found
        )
        return
    language = desk.settings.language
    if not found:
        say(sentence("nothing there", language))
        return
    table(
        heads("platform shop alias client owner registered", language),
        [
            [
                s.platform or "",
                s.external_id,
                s.alias or s.name or "",
                s.client,
                s.owner or "",
                phrase("yes" if s.registered_at else "no", language),
            ]
            for s in found
        ],
    )


@people_commands.command("import")
def import_people(context: typer.Context, file: Path, as_json: AsJson = False) -> None:
    """Register who works where, from a CSV: person, platform, shop, agent, team?, from?, to?."""
    desk = current(context, makes_home=True)
    rows, faults = read_people(file)
    with transaction(desk.ledger) as session:
        done = register_people(session, rows, datetime.now(UTC), desk.actor)
    _tell("people", len(rows), done, faults, as_json, desk.settings.language)


@people_commands.command("list")
def list_people(context: typer.Context, as_json: AsJson = False) -> None:
    """Who works under which sub-account."""
    desk = current(context)
    with reading(desk.ledger) as session:
        found = postings(session)
    if as_json:
        json_lines(a.as_json() for a in found)
        return
    language = desk.settings.language
    if not found:
        say(sentence("nothing there", language))
        return
    table(
        heads("person platform shop agent team", language),
        [[a.person, a.platform, a.shop, a.agent, a.team or ""] for a in found],
    )


def _tell(what: str, rows: int, done: Registered, faults: list[RowFault], as_json: bool, language: str) -> None:
    if as_json:
        json_lines([{"kind": what, "rows": rows, **done._asdict(), "refused": len(faults)}])
    else:
        say(sentence(f"{what} registered", language, **done._asdict(), refused=len(faults)))
    for fault in faults:
        note(fault.told(language))
    if faults and not rows:
        raise KaoheError("no row could be taken", zh="没有一行可以登记")
    if faults:
        raise typer.Exit(1)
