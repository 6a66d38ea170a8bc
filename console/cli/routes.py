"""`kaohe routes`: who is told of what. A file says it all; what it changes is shown, and what it would lead to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, select

from console.answers import answer_words
from console.cli.app import AsJson, AsOf, current, group, lang_of
from console.desk import Desk, instant
from console.output import json_lines, note, say
from console.routing_words import difference_lines, said, step_lines, steps_json
from console.unreachable import contact_lines, recipient_lines
from console.violation_rows import known_rule, known_severities, known_severity
from engine.errors import KaoheError, UnknownNameError
from engine.ledger import subjects
from engine.ledger.actors import Permission
from engine.ledger.database import reading, transaction
from engine.ledger.masking import masked
from engine.ledger.tables import Subject
from engine.ledger.violation_lists import known_client
from engine.ledger.violations import by
from engine.rulebook.platforms import platform as known_platform
from notifier.events import NO_SUCH_EVENT, OPENED, ROUTED
from notifier.records import records_of
from notifier.routing.file import Known, read_routing
from notifier.routing.model import News
from notifier.routing.mutes import mutes_at
from notifier.routing.recipients import in_all, steps
from notifier.routing.rows import differences, replace_routing, routing_of
from notifier.routing.written import written_routing

commands = group("routes")

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
    for line in contact_lines(wanted, desk.settings, language):
        note(line)
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
    if full:
        desk.who.must(Permission.REGISTER, None)
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
    event: Annotated[str, typer.Option(help="What has happened: an event of docs/notices.md.")] = OPENED.event,
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
        raise UnknownNameError("event", event, ROUTED, *NO_SUCH_EVENT)
    named = {"--shop": shop, "--platform": platform, "--client": client, "--rule": rule, "--severity": severity}
    _not_both(violation, named)
    language, now = lang_of(lang, desk), instant(as_of, "--as-of")
    with desk.reading() as session:
        routing = read_routing(file, _known(session, desk)) if file else routing_of(session)
        if violation is not None:
            news, about = _news_of(session, violation, event)
        else:
            news, about = _news(session, desk, event, shop, platform, client, rule, severity)
        found = list(steps(news, about, routing, desk.settings.notice_language))
        mutes = mutes_at(session, now)
    if as_json:
        json_lines(steps_json(found, news, mutes, now))
        return
    for line in recipient_lines(in_all(found).values(), desk.settings, language):
        note(line)
    for line in step_lines(found, news, routing, mutes, now, language, answer_words):
        say(line)


def _known(session: Session, desk: Desk) -> Known:
    """What conditions may name. A client or shop that is still to come cannot be named yet."""
    shops = dict(session.exec(select(Subject.key, Subject.client).where(Subject.kind == "shop")).all())
    return Known(set(shops.values()), shops, set(desk.sound_rules), known_severities(session, desk))


def _not_both(violation: str | None, named: Mapping[str, str | None]) -> None:
    given = ", ".join(option for option, value in named.items() if value is not None)
    if violation is not None and given:
        raise KaoheError(
            f"a violation says by itself what it is about: leave out {given}",
            zh=f"违规本身已说明是谁的什么事：请去掉 {given}",
        )


def _news_of(session: Session, violation: str, event: str) -> tuple[News, Subject | None]:
    name = by(session, violation).id
    record = records_of(session, [name])[name]
    return record.news(event), record.shop


def _news(
    session: Session,
    desk: Desk,
    event: str,
    shop: str | None,
    platform: str | None,
    client: str | None,
    rule: str | None,
    severity: str | None,
) -> tuple[News, Subject | None]:
    platform = known_platform(platform).id if platform else None
    rule = known_rule(session, desk, rule) if rule is not None else None
    severity = known_severity(session, desk, severity)
    if client is not None:
        known_client(session, client)
    if shop is None:
        return News(event, client, platform, None, rule, severity), None
    about = subjects.shop(session, shop, platform)
    if client not in (None, about.client):
        raise KaoheError(
            f"{about.key} is a shop of {about.client}, and not of {client}",
            zh=f"{about.key} 是客户 {about.client} 的店铺，不是 {client} 的",
        )
    return News(event, about.client, about.platform, about.key, rule, severity), about
