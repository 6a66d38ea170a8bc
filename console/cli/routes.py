"""`kaohe routes`: who is told of what. A file says it all; what it changes is shown, and what it would lead to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, select

from console.cli.app import AsJson, AsOf, current, group, lang_of
from console.desk import Desk, instant
from console.output import json_lines, note, say
from console.phrases import answer_words
from console.routing_words import difference_lines, said, step_json, step_lines
from engine.errors import UnknownNameError
from engine.ledger import subjects
from engine.ledger.database import reading, transaction
from engine.ledger.masking import masked
from engine.ledger.tables import Subject
from engine.ledger.violations import by
from notifier.events import OPENED, ROUTED
from notifier.records import records_of
from notifier.routing.file import Known, read_routing, written_routing
from notifier.routing.model import News
from notifier.routing.mutes import mutes_at
from notifier.routing.recipients import steps
from notifier.routing.rows import differences, replace_routing, routing_of

commands = group("routes", "Who is told: contacts and routes from one file, and what they lead to.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="Contacts and routes in TOML (docs/notices.md).")]


@commands.command("apply")
def apply_(
    context: typer.Context,
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")] = False,
) -> None:
    """Let notices go by this file from now on: what it does not name is removed. Shows what changes."""
    desk = current(context)
    with reading(desk.ledger) as session:
        wanted = read_routing(file, _known(session, desk))
        found = differences(routing_of(session), wanted)
    if not dry_run:
        with transaction(desk.ledger) as session:
            found = replace_routing(session, wanted, desk.actor, datetime.now(UTC))
    language = desk.settings.language
    for line in difference_lines(*found, language):
        say(line)
    if not any(found):
        say(said("routes same", language))
    elif dry_run:
        note(said("routes dry", language))


@commands.command()
def show(
    context: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="Addresses in full, to be applied elsewhere.")] = False,
) -> None:
    """The contacts and routes by which notices go, as a file that `kaohe routes apply` takes. Addresses are masked."""
    desk = current(context)
    with desk.reading() as session:
        routing = routing_of(session)
    if not routing.contacts and not routing.routes:
        note(said("routes none", desk.settings.language))
        return
    say(written_routing(routing, str if full else masked).rstrip("\n"))


@commands.command()
def preview(
    context: typer.Context,
    violation: Annotated[str | None, typer.Argument(help="Who would be told of this violation.")] = None,
    event: Annotated[str, typer.Option(help="What has happened; violation.opened by default.")] = OPENED.event,
    shop: Annotated[str | None, typer.Option(help="News about this shop.")] = None,
    platform: Annotated[str | None, typer.Option(help="News of this platform.")] = None,
    client: Annotated[str | None, typer.Option(help="News of this client.")] = None,
    rule: Annotated[str | None, typer.Option(help="News about this rule.")] = None,
    severity: Annotated[str | None, typer.Option(help="News of this severity.")] = None,
    file: Annotated[Path | None, typer.Option(help="By this file, before it is applied.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="zh-CN or en; the setting `language` by default.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Who would be told of something, over which channel and when, and why; nothing is sent."""
    desk = current(context)
    if event not in ROUTED:
        raise UnknownNameError("event", event, ROUTED)
    language, now = lang_of(lang, desk), instant(as_of, "--as-of")
    with desk.reading() as session:
        routing = read_routing(file, _known(session, desk)) if file else routing_of(session)
        news, about = _news(session, violation, event, shop, platform, client, rule, severity)
        found = list(steps(news, about, routing, language))
        mutes = mutes_at(session, now)
    if as_json:
        json_lines(row for one in found for row in step_json(one, news, mutes, now))
        return
    for line in step_lines(found, news, routing, mutes, now, language, answer_words):
        say(line)


def _known(session: Session, desk: Desk) -> Known:
    """What conditions may name. A client or shop that is still to come cannot be named yet."""
    rows = session.exec(select(Subject).where(Subject.kind == "shop")).all()
    return Known(
        clients=frozenset({row.client for row in rows}),
        shops=frozenset({row.key for row in rows}),
        rules=frozenset(desk.sound_rules),
    )


def _news(
    session: Session,
    violation: str | None,
    event: str,
    shop: str | None,
    platform: str | None,
    client: str | None,
    rule: str | None,
    severity: str | None,
) -> tuple[News, Subject | None]:
    if violation is not None:
        name = by(session, violation).id
        record = records_of(session, [name])[name]
        return record.news(event), record.shop
    if shop is None:
        return News(event, client, platform, None, rule, severity), None
    about = subjects.shop(session, shop, platform)
    return News(event, about.client, about.platform, about.key, rule, severity), about
