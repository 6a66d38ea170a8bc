"""`kaohe shops` and `kaohe people`: who is assessed, for which client, and who works under which sub-account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli.app import AsJson, current, group
from console.desk import Desk, day
from console.expecting import KINDS, expected_json, expected_words, wish_of
from console.listing import listing
from console.output import json_lines, note, say
from console.phrases import heads, phrase
from console.planning import plan
from console.registers import Register, read_people, read_shops
from console.sentences import sentence
from console.unreachable import shop_lines
from engine.errors import KaoheError, near_names
from engine.ledger.actors import NotAllowedError, Permission
from engine.ledger.database import transaction
from engine.ledger.expectations import expected_of
from engine.ledger.masking import masked, masked_contact
from engine.ledger.people import register_people
from engine.ledger.postings import postings
from engine.ledger.presence import DEFAULT_CLIENT, present
from engine.ledger.registration import Moved, unregister_shop
from engine.ledger.rosters import misfits
from engine.ledger.subjects import Registered, ShopRow, register_shops, shop_key, shops
from engine.ledger.subjects import shop as known_shop
from engine.rulebook.model import Language, Text
from engine.rulebook.platforms import platform as known_platform
from engine.rulebook.platforms import platform_id
from engine.tracker.waived import shop_left
from notifier.channels.robots import named_channels
from notifier.routing.recipients import contact_faults

shop_commands = group("shops")
people_commands = group("people")


@shop_commands.command("import")
def import_shops(context: typer.Context, file: Path, as_json: AsJson = False) -> None:
    """Register the shops of a CSV: platform, shop, name?, alias?, client?, category?, opened_on?, owner?, contact?."""
    desk = current(context, makes_home=True)
    register = read_shops(file)
    rows = [row for _, row in register.rows]
    clients, done = _register(desk, rows)
    _note_clients(clients, rows, desk.settings.language)
    _note_unreachable(desk, rows)
    _plan(desk, done)
    _tell("shops", len(register.rows), done, register, as_json, desk.settings.language)


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
    expects: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help=f"Evidence to wait for: {', '.join(KINDS)}; may be repeated."),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day of --expects; today by default.")
    ] = None,
    expects_until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day of --expects: nothing is waited for after it.")
    ] = None,
) -> None:
    """Register one shop, or change what is given."""
    desk = current(context, makes_home=True)
    wish = wish_of(expects or (), day(from_, "--from"), day(expects_until, "--expects-until"))
    for address, reason in contact_faults(contact or ""):
        raise KaoheError(
            f"--contact {masked(address)!r}: {reason.en}; write addresses like zhang@example.com",
            zh=f"--contact {masked(address)!r}：{reason.zh}；地址写成 zhang@example.com 这样",
        )
    row = ShopRow(
        platform=platform_id(platform),
        shop=shop,
        name=name,
        alias=alias,
        client=client,
        category=category,
        opened_on=day(opened_on, "--opened-on"),
        owner=owner,
        contact=contact,
        expects=wish,
    )
    clients, done = _register(desk, [row])
    _note_clients(clients, [row], desk.settings.language)
    _note_unreachable(desk, [row])
    _plan(desk, done)
    _tell("shops", 1, done, None, False, desk.settings.language)


@shop_commands.command()
def unregister(
    context: typer.Context,
    platform: str,
    shop: str,
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
) -> None:
    """Take back that a shop is registered, and what was said of it. Its evidence and violations stay."""
    desk = current(context)
    with desk.reading() as session:
        subject = known_shop(session, shop, known_platform(platform).id)
        name = f"{subject.platform}/{subject.external_id}"
    desk.who.must(Permission.REGISTER, subject.client, subject.key)
    with transaction(desk.ledger) as session:  # its violations leave the client, and so the actor's sight, with it
        now = datetime.now(UTC)
        unregister_shop(session, subject, why, now, desk.actor, _moved(desk, now))
    say(sentence("shop unregistered", desk.settings.language, shop=name))


@shop_commands.command("list")
def list_shops(context: typer.Context, as_json: AsJson = False) -> None:
    """All shops, registered or merely seen in the evidence."""
    desk, named = current(context), named_channels()
    with desk.reading() as session:
        found = shops(session)
        expected = expected_of(session, [s.id for s in found if s.id is not None])
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
                "contact": masked_contact(s.contact, named) if s.contact else None,
                "registered": s.registered_at is not None,
                "first_evidence_on": s.first_evidence_on.isoformat() if s.first_evidence_on else None,
                "expects": expected_json(expected.get(s.id or 0, {})),
            }
            for s in found
        )
        return
    language = desk.settings.language
    listing(
        heads("platform shop alias client opened_on owner contact registered expects", language),
        [
            [
                s.platform or "",
                s.external_id,
                s.alias or s.name or "",
                s.client,
                s.opened_on.isoformat() if s.opened_on else "",
                s.owner or "",
                masked_contact(s.contact, named) if s.contact else "",
                phrase("yes" if s.registered_at else "no", language),
                expected_words(expected.get(s.id or 0, {})),
            ]
            for s in found
        ],
        sentence("no shops", language),
    )


@people_commands.command("import")
def import_people(context: typer.Context, file: Path, as_json: AsJson = False) -> None:
    """Register who works where, from a CSV: person, platform, shop, agent, team?, from?, to?."""
    desk = current(context, makes_home=True)
    register = read_people(file)
    with desk.reading() as session:
        rows = [row for _, row in register.rows]
        places = [Text(f"第 {line} 行", f"line {line}") for line, _ in register.rows]
        wrong = misfits(session, rows, places)
        unfit = {misfit.row for misfit in wrong}
        sound = [row for index, row in enumerate(rows) if index not in unfit]
        for row in sound:
            owner = known_shop(session, row.shop, row.platform)
            desk.who.must(Permission.REGISTER, owner.client, owner.key)
    with transaction(desk.ledger) as session:  # people work for several clients, and are looked for among all
        done = register_people(session, sound, datetime.now(UTC), desk.actor)
    faults = [register.fault(register.rows[m.row][0], m.column, m.reason) for m in wrong]
    told = replace(register, faults=tuple(sorted([*register.faults, *faults])))
    _tell("people", len(sound), done, told, as_json, desk.settings.language)


@people_commands.command("list")
def list_people(context: typer.Context, as_json: AsJson = False) -> None:
    """Who works under which sub-account."""
    desk = current(context)
    with desk.reading() as session:
        found = postings(session)
    if as_json:
        json_lines(a.as_json() for a in found)
        return
    language = desk.settings.language
    listing(
        heads("person platform shop agent team from to", language),
        [[a.person, a.platform, a.shop, a.agent, a.team or "", _day(a.starts_on), _day(a.ends_on)] for a in found],
        sentence("nobody assigned", language),
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else "-"


def _register(desk: Desk, rows: Sequence[ShopRow]) -> tuple[set[str], Registered]:
    """Register shops of which the actor may say so, each for the client that it has and for the one that it gets.

    Also answers the clients that the actor knew before. Raises NotAllowedError, with nothing changed.
    """
    with desk.reading() as session:
        clients = {s.client for s in shops(session)}
    with transaction(desk.ledger) as session:  # a new shop is nobody's until it is registered
        known = present(session, {shop_key(row.platform, row.shop) for row in rows})
        for row in rows:
            key = shop_key(row.platform, row.shop)
            there = known[key].client if key in known else None
            for client in {there or row.client or DEFAULT_CLIENT, row.client or there or DEFAULT_CLIENT}:
                if not desk.who.may(Permission.REGISTER, client, key):
                    raise NotAllowedError(desk.actor, Permission.REGISTER, f"{row.platform}/{row.shop}")
        now = datetime.now(UTC)
        return clients, register_shops(session, rows, now, desk.actor, _moved(desk, now))


def _moved(desk: Desk, now: datetime) -> Moved:
    """What follows for a shop that changes its client: the waivers of the former one are none of it any more."""
    return partial(shop_left, rulebook=desk.sound_rules, now=now)


def _note_clients(known: set[str], rows: Sequence[ShopRow], language: Language) -> None:
    """Say of which new clients the names are near those of others: a slip of the pen makes a client of its own."""
    for client in sorted({row.client for row in rows if row.client} - known):
        if near := near_names(client, known - {DEFAULT_CLIENT}):
            words = (" 或 " if language == "zh-CN" else " or ").join(near)
            note(sentence("new client near", language, client=client, near=words))


def _note_unreachable(desk: Desk, rows: Sequence[ShopRow]) -> None:
    """Say which addresses nothing can be sent to from here."""
    contacts = ((f"{row.platform}/{row.shop}", row.contact) for row in rows if row.contact)
    for line in shop_lines(contacts, desk.settings, desk.settings.language):
        note(line)


def _plan(desk: Desk, done: Registered) -> None:
    """Queue the notices that a new contact or client leads to, as the worker would at its next look."""
    language = desk.settings.language
    if done.new or done.changed:
        try:
            planned = plan(desk, desk.sound_rules, datetime.now(UTC))
        except KaoheError as error:
            note(sentence("notices wait", language, why=error.in_language(language)))
        else:
            if planned.queued and desk.who.scope.everything:  # all that waits is queued, everybody's
                note(sentence("notices queued", language, n=planned.queued))


def _tell(
    what: str, rows: int, done: Registered, register: Register[Any] | None, as_json: bool, language: Language
) -> None:
    faults = register.faults if register else ()
    refused = len({fault.line for fault in faults})
    if as_json:
        json_lines([{"kind": what, "rows": rows, **done._asdict(), "refused": refused}])
    else:
        say(sentence(f"{what} registered", language, **done._asdict(), refused=refused))
    for remark in register.notes if register else ():
        note(remark.in_language(language))
    for fault in faults:
        note(fault.told(language))
    if faults:
        raise typer.Exit(1)
