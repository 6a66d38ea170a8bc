"""`kaohe notices`: what was said to whom, and what the provider answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from console.answers import answer_words
from console.cli.app import AsJson, Lang, current, group, lang_of
from console.desk import Desk
from console.listing import listing, page_size, refuse_pages_of_json
from console.names import shop_names, shop_words
from console.notice_audit import audit_json, audit_lines, steps_of
from console.notice_pages import Wanted, every, newest
from console.notice_rows import answer_of, json_row, rows_of, state_words, table_of
from console.output import json_lines, note, say
from console.phrases import heads, phrase
from console.planning import plan
from console.sentences import sentence
from console.wording import wording_complaints, wording_faults
from console.worker import channel_complaints, delivered_words
from engine.errors import KaoheError
from engine.ledger.actors import Permission
from engine.ledger.masking import masked
from engine.ledger.whose import whose_notice
from engine.rulebook.model import Language
from engine.settings import Setting
from notifier.channels.contract import Channel, Patchy
from notifier.channels.email.channel import folder_of
from notifier.channels.registry import channels_of, kind, kinds
from notifier.deliver import deliver_due
from notifier.preview import preview as preview_notice
from notifier.retry import known_notice
from notifier.retry import retry as retry_notice
from notifier.trial import trial
from notifier.writing import text_of

commands = group("notices")

Number = Annotated[int, typer.Argument(help="Its number in `kaohe notices list`.")]


@commands.command("list")
def list_(
    context: typer.Context,
    within: Annotated[
        int | None, typer.Option("--within", metavar="NOTICE", help="Only those that this message tells together.")
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="queued, sent, failed, delivered, …, or as the list calls it.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many rows; 50 by default on a terminal.")
    ] = None,
    after: Annotated[
        int | None, typer.Option(metavar="NOTICE", help="What comes after this one: the next page.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Notices, the newest first; with --json all of them, the oldest first. Addresses are masked."""
    desk, now = current(context), datetime.now(UTC)
    refuse_pages_of_json(limit, after, as_json=as_json)
    wanted = Wanted(state, within)
    with desk.reading() as session:
        if as_json:
            names = shop_names(session)
            for part in every(session, wanted):
                known = rows_of(session, part, now, names)
                json_lines(json_row(n, known) for n in part)
            return
        found, older = newest(session, wanted, limit or (page_size() if within is None else None), after)
        rows = rows_of(session, found, now, shop_names(session))
    language = desk.settings.language
    columns, lines = table_of(found, rows, language)
    listing(columns, lines, sentence("no notices" if wanted == Wanted() else "no such notices", language))
    if older:
        note(sentence("more", language, n=older, last=found[-1].id))


@commands.command()
def show(context: typer.Context, notice: Number, as_json: AsJson = False) -> None:
    """One notice as it was written, and what became of it; one that is not written yet, as it would be now."""
    desk = current(context)
    with desk.reading() as session:
        found = known_notice(session, notice)
        rows = rows_of(session, [found], datetime.now(UTC), shop_names(session))
        steps = steps_of(session, found)
    subject, body = found.subject, found.body
    if not body and (text := text_of(desk.ledger, found, desk.drafter(desk.sound_rules), datetime.now(UTC))):
        subject, body = text.subject, text.body
    if as_json:
        json_lines([json_row(found, rows) | audit_json(found, steps) | {"subject": subject, "body": body}])
        return
    language = desk.settings.language
    parts = [state_words(found, rows, language), found.channel, masked(found.recipient), answer_of(found, language)]
    say(" · ".join(part for part in parts if part))
    for line in audit_lines(found, steps, language):
        say(f"  {line}")
    if body:
        say(f"\n{subject}\n\n{body}")


@commands.command()
def preview(
    context: typer.Context,
    violation: Annotated[str, typer.Argument(help="Its number in `kaohe violations list`.")],
    channel: Annotated[
        str, typer.Option(help="As this channel would carry it; `kaohe notices channels` lists them.")
    ] = "email",
    lang: Lang = None,
) -> None:
    """The notice that a violation has, whatever its age; nothing is sent."""
    desk = current(context)
    language, scope = lang_of(lang, desk), desk.who.scope
    for line in wording_complaints(wording_faults(desk), language):
        note(line)
    rendered = preview_notice(
        desk.ledger, desk.sound_rules, violation, channel, language, desk.templates, desk.sheets, scope
    )
    say(f"{rendered.subject}\n\n{rendered.body}")


@commands.command()
def retry(context: typer.Context, notice: Number) -> None:
    """Queue a failed notice again."""
    desk = current(context)
    with desk.reading() as session:
        known = known_notice(session, notice)
        desk.who.must(Permission.HANDLE, *whose_notice(session, known))
    queued = retry_notice(desk.ledger, notice, datetime.now(UTC), desk.actor)
    numbers = ", ".join(map(str, queued))
    say(sentence("queued again" if queued else "nothing queued", desk.settings.language, numbers=numbers))


@commands.command("channels")
def channels_(
    context: typer.Context,
    channel: Annotated[str | None, typer.Argument(help="Its settings, and whether each is set.")] = None,
    as_json: AsJson = False,
) -> None:
    """The channels that there are, and which of them are set up; of one, its settings."""
    desk = current(context)
    language, (ready, faults) = desk.settings.language, channels_of(desk.settings)
    told = [kind(channel)] if channel else list(kinds().values())
    if as_json:
        json_lines(
            {
                "channel": k.name,
                "set_up": k.name in ready,
                "folder": str(folder) if (folder := folder_of(ready.get(k.name))) else None,
                "fault": "; ".join(str(why) for n, why in faults.items() if n.partition(":")[0] == k.name) or None,
                "settings": [s.name for s in k.settings],
            }
            for k in told
        )
        return
    if channel:
        of_it = [[s.name, s.variable, _origin(desk, s, language)] for s in told[0].settings]
        listing(heads("setting variable set_up", language), of_it, "")
    else:
        ways = [[k.name, k.title.in_language(language), _way(ready.get(k.name), language)] for k in told]
        listing(heads("channel title set_up", language), ways, "")
    for folder in filter(None, (folder_of(ready.get(k.name)) for k in told)):
        note(sentence("to a folder", language, path=folder))
    for line in channel_complaints(_about(channel, faults), language):
        note(line)


def _about(channel: str | None, faults: Mapping[str, KaoheError]) -> dict[str, KaoheError]:
    """What is wrong with this channel, or with any where none is named; `wecom:ops` is an address of wecom."""
    return {name: why for name, why in faults.items() if channel in (None, name.partition(":")[0])}


def _origin(desk: Desk, setting: Setting, language: Language) -> str:
    """Whether a setting is set here; of others, the value that it has anyway."""
    known = desk.settings.values[setting.name]
    if known.origin != "default":
        return phrase("yes", language)
    if not known.value:
        return phrase("no", language)
    return sentence("by default", language, value=known.value)


def _way(channel: Channel | None, language: Language) -> str:
    """Whether a channel is set up, and where to if it sends nothing."""
    return phrase("files" if folder_of(channel) else "yes" if channel else "no", language)


@commands.command("test")
def test_(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="Its name in `kaohe notices channels`.")],
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Where it goes: an address of that channel.")],
    lang: Lang = None,
) -> None:
    """Send one message that says that it is a trial, now; nothing is recorded of it."""
    desk = current(context)
    language = lang_of(lang, desk)
    address = kind(channel).address(to)
    if address.fault:
        raise KaoheError(f"{to!r} {address.fault.en}", zh=f"{to!r}：{address.fault.zh}")
    built = kind(channel).build(desk.settings)
    if built is None:
        names = ", ".join(s.name for s in kind(channel).settings)
        raise KaoheError(
            f"{channel} is not set up here; its settings: {names} (docs/notices.md)",
            zh=f"这里没有设置 {channel}；相关设置项：{names}（见 docs/notices.md）",
        )
    if isinstance(built, Patchy) and (fault := built.fault_of(address.text)):
        raise fault
    letter = trial(channel, address.text, language, desk.templates)
    outcome = built.send(letter, datetime.now(UTC))
    folder = folder_of(built)
    if folder and outcome.kind == "accepted":
        say(sentence("nothing sent", language, path=folder / outcome.answer.removeprefix("written to ")))
        return
    say(masked(answer_words(f"{outcome.kind}: {outcome.answer}", language)))
    if outcome.kind != "accepted":
        raise typer.Exit(1)


@commands.command()
def send(context: typer.Context) -> None:
    """Write and send what is due now, as the worker does."""
    desk = current(context)
    now = datetime.now(UTC)
    planned = plan(desk, desk.sound_rules, now)
    drafter, most = desk.drafter(desk.sound_rules), int(desk.settings["single_notices"])
    channels, faults = channels_of(desk.settings)
    done = deliver_due(desk.ledger, channels, now, desk.owner, drafter=drafter, most_single=most)
    language = desk.settings.language
    wording = wording_faults(desk)
    for line in [*channel_complaints(faults, language), *wording_complaints(wording, language)]:
        note(line)
    say(delivered_words(planned, done, language))
    if planned.silent_shops:
        with desk.reading() as session:
            known = shop_names(session)
        names = ", ".join(sorted(shop_words(key, language, known) for key in planned.silent_shops))
        note(sentence("silent shops", language, names=names))
    if done.failed:
        note(sentence("notices failed", language))
    if done.failed or faults or wording:
        raise typer.Exit(1)
