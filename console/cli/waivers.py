"""`kaohe waivers`: what one person asks to let off, and another agrees to."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import Session

from console.cli.app import AsJson, AsOf, current, group
from console.desk import Desk, day
from console.listing import listing
from console.output import json_lines, say
from console.waiver_words import HEADS, said, told
from engine.ledger import subjects
from engine.rulebook.platforms import platform as known_platform
from engine.tracker import waivers
from engine.tracker.waiver_scope import Asked

Client = Annotated[str | None, typer.Option(help="All shops that this client has now.")]
Shop = Annotated[str | None, typer.Option(help="This shop alone.")]
Platform = Annotated[str | None, typer.Option(help="The shop's platform.")]
Rules = Annotated[list[str] | None, typer.Option("--rule", metavar="ID", help="A rule to waive; may be repeated.")]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day of the waiver.")]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day of the waiver; it must have one.")]
OfViolation = Annotated[str | None, typer.Option("--violation", help="This violation alone.")]
Why = Annotated[str, typer.Option(help="The reason; it stands in the journal.")]

commands = group("waivers")


@commands.command()
def request(
    context: typer.Context,
    why: Why,
    client: Client = None,
    shop: Shop = None,
    platform: Platform = None,
    rule: Rules = None,
    from_: From = None,
    to: To = None,
    violation: OfViolation = None,
    as_of: AsOf = None,
) -> None:
    """Ask for a waiver: cycles that lie wholly within its days are exempt once somebody else has approved it."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        asked = _asked(session, client, shop, platform, rule, from_, to, violation)
        found = told(session, [waivers.request(session, desk.sound_rules, asked, why, desk.who, now)])
    _say("requested", [one.name for one in found], desk)


@commands.command()
def edit(
    context: typer.Context,
    waiver: str,
    why: Why,
    client: Client = None,
    shop: Shop = None,
    platform: Platform = None,
    rule: Rules = None,
    from_: From = None,
    to: To = None,
    violation: OfViolation = None,
    as_of: AsOf = None,
) -> None:
    """Put another request in the place of one that waits; who edits it cannot approve it."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        asked = _asked(session, client, shop, platform, rule, from_, to, violation)
        found = told(session, [waivers.edit(session, desk.sound_rules, waiver, asked, why, desk.who, now)])
    _say("edited", [one.name for one in found], desk)


@commands.command()
def approve(
    context: typer.Context,
    waiver: list[str],
    why: Annotated[str | None, typer.Option("--why", help="A remark for the journal.")] = None,
    as_of: AsOf = None,
) -> None:
    """Agree to waivers that others have asked for, all or none; violations in their scope are waived."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        found = told(session, waivers.approve(session, desk.sound_rules, waiver, desk.who, now, why))
    _say("approved", [one.name for one in found], desk)


@commands.command()
def reject(context: typer.Context, waiver: str, why: Why, as_of: AsOf = None) -> None:
    """Refuse a waiver."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        found = told(session, [waivers.reject(session, waiver, why, desk.who, now)])
    _say("rejected", [one.name for one in found], desk)


@commands.command()
def revoke(context: typer.Context, waiver: str, why: Why, as_of: AsOf = None) -> None:
    """Take back a request or an approval; what only this waiver has let off stands again."""
    desk = current(context)
    now = desk.writes_at(as_of)
    with desk.transaction() as session:
        found = told(session, [waivers.revoke(session, desk.sound_rules, waiver, why, desk.who, now)])
    _say("revoked", [one.name for one in found], desk)


@commands.command("list")
def list_(
    context: typer.Context,
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None,
    state: Annotated[str | None, typer.Option(help="requested, approved, rejected, revoked or expired.")] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Only those that cover this day.")] = None,
    as_json: AsJson = False,
) -> None:
    """All waivers, oldest first."""
    desk = current(context)
    with desk.reading() as session:
        found = told(session, waivers.find(session, client, state, day(on, "--on")))
    if as_json:
        json_lines(one.as_json() for one in found)
        return
    language = desk.settings.language
    heads = [head.in_language(language) for head in HEADS]
    listing(heads, [one.cells(language) for one in found], said("none", "", language))


@commands.command()
def show(context: typer.Context, waiver: str, as_json: AsJson = False) -> None:
    """One waiver: its shops, who wrote it, who decided it."""
    desk = current(context)
    with desk.reading() as session:
        (found,) = told(session, [waivers.by(session, waiver)])
    if as_json:
        json_lines([found.as_json()])
        return
    for line in found.lines(desk.settings.language):
        say(line)


def _asked(
    session: Session,
    client: str | None,
    shop: str | None,
    platform: str | None,
    rules: list[str] | None,
    first: str | None,
    last: str | None,
    violation: str | None,
) -> Asked:
    """What the options ask for."""
    name = known_platform(platform).id if platform else None
    return Asked(
        client=client,
        shop=subjects.shop(session, shop, name) if shop else None,
        rules=tuple(rules or ()),
        first=day(first, "--from"),
        last=day(last, "--to"),
        violation=violation,
    )


def _say(what: str, names: list[str], desk: Desk) -> None:
    for name in names:
        say(said(what, name, desk.settings.language))
