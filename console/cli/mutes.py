"""`kaohe mutes`: what nobody is told of for a while, with an end and a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import AsJson, current, group
from console.desk import instant
from console.listing import listing
from console.local_time import local_time
from console.output import json_lines, say
from console.routing_words import MUTE_HEADS, mute_json, mute_row, said
from engine.errors import KaoheError, UnknownNameError
from engine.ledger import subjects
from engine.ledger.database import transaction
from engine.ledger.tables import Mute
from engine.ledger.violation_lists import known_client
from engine.rulebook.platforms import platform as known_platform
from notifier.routing.mutes import all_mutes, end_mute, set_mute
from notifier.routing.rows import routing_of

commands = group("mutes")


@commands.command("set")
def set_(
    context: typer.Context,
    until: Annotated[str, typer.Option(metavar="TIME", help="When it ends.")],
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
    from_: Annotated[str | None, typer.Option("--from", metavar="TIME", help="When it begins; now by default.")] = None,
    client: Annotated[str | None, typer.Option(help="News of this client.")] = None,
    platform: Annotated[str | None, typer.Option(help="News of this platform.")] = None,
    shop: Annotated[str | None, typer.Option(help="News about this shop.")] = None,
    rule: Annotated[str | None, typer.Option(help="News about this rule.")] = None,
    event: Annotated[str | None, typer.Option(help="News of this kind; may be a pattern: warning.*")] = None,
    contact: Annotated[str | None, typer.Option(help="What goes to this contact.")] = None,
) -> None:
    """Let nobody be told of something for a while; what is not told is recorded as muted."""
    desk, now = current(context), datetime.now(UTC)
    platform = known_platform(platform).id if platform else None
    if rule is not None and rule not in desk.sound_rules:
        raise UnknownNameError("rule", rule, desk.sound_rules)
    with transaction(desk.ledger) as session:
        if client is not None:
            known_client(session, client)
        if contact is not None and contact not in (known := routing_of(session).contacts):
            raise UnknownNameError("contact", contact, known)
        mute = Mute(
            client=client,
            platform=platform,
            shop=subjects.shop(session, shop, platform).key if shop else None,
            rule=rule,
            event=event,
            contact=contact,
            starts_at=instant(from_, "--from") if from_ else now,
            ends_at=instant(until, "--until"),
            why=why,
            set_at=now,
            set_by=desk.actor,
        )
        number, ends = set_mute(session, mute, now).id, mute.ends_at
    say(said("mute set", desk.settings.language, name=f"M-{number}", until=local_time(ends)))


@commands.command()
def end(
    context: typer.Context,
    mute: Annotated[str, typer.Argument(help="Its number in `kaohe mutes list`, as M-1.")],
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
) -> None:
    """End a mute before its time; what it has silenced stays so."""
    desk = current(context)
    number = mute.strip().upper().removeprefix("M-")
    if not number.isdecimal():
        raise KaoheError(
            f"{mute!r} is no mute: they are called M-1, M-2, …; `kaohe mutes list` shows them",
            zh=f"{mute!r} 不是静音的编号，应写作 M-1；`kaohe mutes list` 列出全部",
        )
    number = str(int(number))
    with transaction(desk.ledger) as session:
        end_mute(session, int(number), why, desk.actor, datetime.now(UTC))
    say(said("mute ended", desk.settings.language, name=f"M-{number}"))


@commands.command("list")
def list_(
    context: typer.Context,
    over: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_json: AsJson = False,
) -> None:
    """The mutes that hold or are to come, the first to end first."""
    desk = current(context)
    language = desk.settings.language
    with desk.reading() as session:
        found = all_mutes(session, datetime.now(UTC), over=over)
    if as_json:
        json_lines(mute_json(one) for one in found)
        return
    heads = [head.in_language(language) for head in MUTE_HEADS]
    listing(heads, [mute_row(one, language) for one in found], said("mutes none", language))
