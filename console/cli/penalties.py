"""`kaohe penalties`: what the platforms decided, and which of our violations it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlmodel import Session

from console.cli.app import AsJson, AsOf, current, group
from console.decided import doubts_about
from console.desk import KAOHE, Desk, instant
from console.listing import listing
from console.names import shop_names
from console.output import json_lines, note, say
from console.penalty_words import (
    HEADS,
    LINKED,
    NONE,
    NOTHING,
    OURS_NONE,
    RESULTS,
    STILL_SAYS,
    UNLINKED,
    match_cells,
    match_json,
    penalty_cells,
    penalty_json,
    penalty_lines,
)
from console.phrases import phrase
from engine.calendar.cycles import MONTH, parse_cycle
from engine.errors import UnknownNameError
from engine.evidence.lake import Lake
from engine.ledger import subjects
from engine.ledger.states import STATES
from engine.ledger.violation_lists import known_client
from engine.rulebook.platforms import platform as known_platform
from engine.tracker.lookout import look_after
from engine.tracker.matches import (
    Compared,
    compare,
    confirm,
    link,
    notice_of,
    one_penalty,
    ours_none,
    sides,
    still_say,
    unlink,
)
from engine.tracker.own_verdict import with_verdicts
from engine.tracker.penalties import Penalty, seen_penalties, shops_seen
from notifier.records import records_of
from notifier.words.vocabulary import word

commands = group("penalties")

Client = Annotated[str | None, typer.Option(help="Only the shops of this client.")]
PlatformOption = Annotated[str | None, typer.Option(help="Only this platform.")]
Shop = Annotated[str | None, typer.Option(help="Only this shop.")]
Month = Annotated[
    str | None,
    typer.Option(
        metavar="MONTH",
        help="Only those of this month: of the notice, or of the assessment day of what only we have.",
    ),
]
Reference = Annotated[str, typer.Argument(help="The number of the platform's penalty.")]
Why = Annotated[str, typer.Option(help="The reason; it stands in the journal.")]


@commands.command("list")
def list_(
    context: typer.Context,
    client: Client = None,
    platform: PlatformOption = None,
    shop: Shop = None,
    month: Month = None,
    as_json: AsJson = False,
) -> None:
    """All penalties, by the time of their notices."""
    desk, lake = _desk(context)
    wanted = parse_cycle(month, MONTH) if month else None
    bounds = (wanted.first, wanted.last) if wanted else (None, None)
    with desk.reading() as session:
        where = _where(session, client, platform, shop)
        found = seen_penalties(session, lake, **where, first=bounds[0], last=bounds[1])
        clients = {place: subject.client for place, subject in shops_seen(session, **where).items()}
        names = shop_names(session)
    if as_json:
        json_lines(penalty_json(p, clients[p.platform, p.shop]) for p in found)
        return
    language = desk.settings.language
    heads = ["reference", "noticed_at", "status", "shop", "kind", "severity", "measure", "amount", "appeal_until"]
    rows = [penalty_cells(p, names.get((p.platform, p.shop), p.shop), language) for p in found]
    listing(_heads(heads, desk), rows, NONE.in_language(language), [7])


@commands.command()
def show(
    context: typer.Context,
    reference: Reference,
    platform: PlatformOption = None,
    shop: Shop = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """One penalty, and the violation that it belongs to."""
    desk, lake = _desk(context)
    with desk.reading() as session:
        penalty = _one(session, lake, reference, platform, shop)
        line = _compared(session, desk, lake, penalty, instant(as_of, "--as-of"))
        names = shop_names(session)
    if as_json:
        json_lines([penalty_json(penalty, line.client) | {"match": match_json(line)}])
        return
    name = names.get((penalty.platform, penalty.shop), penalty.shop)
    for said in penalty_lines(penalty, line, name, desk.settings.language):
        say(said)


@commands.command()
def match(
    context: typer.Context,
    client: Client = None,
    platform: PlatformOption = None,
    shop: Shop = None,
    month: Month = None,
    result: Annotated[
        str | None, typer.Option(help="Only those with this result: matched, differing, ours_only, theirs_only.")
    ] = None,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Only those that a person has to look at.")] = False,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Compare penalties and violations: matched, differing, theirs only, ours only. It changes nothing."""
    desk, lake = _desk(context)
    wanted = parse_cycle(month, MONTH) if month else None
    if result is not None and result not in RESULTS:
        raise UnknownNameError("result", result, RESULTS, zh="、".join(RESULTS))
    with desk.reading() as session:
        of = sides(session, lake, **_where(session, client, platform, shop))
        lines = compare(of, desk.sound_rules, instant(as_of, "--as-of"), desk.settings.penalty_days)
        lines = with_verdicts(session, of, lines)
        names = shop_names(session)
    lines = [
        line
        for line in lines
        if (wanted is None or line.day in wanted)
        and result in {None, line.match.result}
        and (line.match.doubts or not doubtful)
    ]
    if as_json:
        json_lines(match_json(line) for line in lines)
        return
    language = desk.settings.language
    rows = [match_cells(line, names.get((line.platform, line.shop), line.shop), language) for line in lines]
    heads = ["reference", "result", "violation", "shop", "rule", "cycle", "check"]
    listing(_heads(heads, desk), rows, NOTHING.in_language(language))


@commands.command("link")
def link_(
    context: typer.Context,
    reference: Reference,
    violation: Annotated[str, typer.Argument(help="Our violation.")],
    why: Why,
    platform: PlatformOption = None,
    shop: Shop = None,
) -> None:
    """Say to which violation a penalty belongs."""
    with _deciding(context, reference, platform, shop) as (desk, session, penalty):
        link(session, desk.who, penalty, violation, why, datetime.now(UTC))
    words = LINKED.in_language(desk.settings.language)
    say(words.format(reference=penalty.reference, violation=violation.strip().upper()))


@commands.command("unlink")
def unlink_(
    context: typer.Context, reference: Reference, why: Why, platform: PlatformOption = None, shop: Shop = None
) -> None:
    """Take back what somebody said about a penalty; matching decides again."""
    with _deciding(context, reference, platform, shop) as (desk, session, penalty):
        unlink(session, desk.who, penalty, why, datetime.now(UTC))
    say(UNLINKED.in_language(desk.settings.language).format(reference=penalty.reference))


@commands.command("ours-none")
def ours_none_(
    context: typer.Context, reference: Reference, why: Why, platform: PlatformOption = None, shop: Shop = None
) -> None:
    """Say that a penalty belongs to none of our violations."""
    with _deciding(context, reference, platform, shop) as (desk, session, penalty):
        ours_none(session, desk.who, penalty, why, datetime.now(UTC))
    say(OURS_NONE.in_language(desk.settings.language).format(reference=penalty.reference))


@commands.command("confirm")
def confirm_(
    context: typer.Context,
    reference: Reference,
    why: Why,
    platform: PlatformOption = None,
    shop: Shop = None,
    forfeit: Annotated[
        bool, typer.Option("--forfeit-appeal", help="Confirm although that gives up an appeal that can still be made.")
    ] = False,
) -> None:
    """Record what the notice says on the violation that it belongs to: state, severity, amount, number and deadline."""
    desk, lake = _desk(context)
    language, now = desk.settings.language, datetime.now(UTC)
    with desk.transaction() as session:
        penalty = _one(session, lake, reference, platform, shop)
        found = _compared(session, desk, lake, penalty, now).match
        violation = confirm(session, desk.sound_rules, desk.who, penalty, found, why, now, forfeits_appeal=forfeit)
        recorded = records_of(session, [violation.id])[violation.id]
    look_after(desk.ledger, desk.sound_rules, now, KAOHE, lake=lambda: desk.lake)
    for doubt in doubts_about(recorded, desk.sound_rules, notice_of(penalty), language):
        note(doubt)
    say(f"{violation.id}{'：' if language == 'zh-CN' else ': '}{word(STATES, violation.state, language)}")


def _desk(context: typer.Context) -> tuple[Desk, Lake]:
    desk = current(context)
    _ = desk.ledger  # so that a home without one is told before a lake without one
    return desk, Lake(desk.settings.lake)


@contextmanager
def _deciding(
    context: typer.Context, reference: str, platform: str | None, shop: str | None
) -> Iterator[tuple[Desk, Session, Penalty]]:
    """The penalty that somebody says something about, in the transaction that records it."""
    desk, lake = _desk(context)
    with desk.transaction() as session:
        penalty = _one(session, lake, reference, platform, shop)
        yield desk, session, penalty
        still = still_say(session, penalty)
    words = STILL_SAYS.in_language(desk.settings.language)
    for violation in still:
        note(words.format(reference=penalty.reference, violation=violation))


def _where(session: Session, client: str | None, platform: str | None, shop: str | None) -> dict[str, str | None]:
    """The filters by the ids of what they name."""
    if client is not None:
        known_client(session, client)
    name = known_platform(platform).id if platform else None
    subject = subjects.shop(session, shop, name) if shop else None
    return {
        "client": client,
        "platform": subject.platform if subject else name,
        "shop": subject.external_id if subject else None,
    }


def _one(session: Session, lake: Lake, reference: str, platform: str | None, shop: str | None) -> Penalty:
    where = _where(session, None, platform, shop)
    return one_penalty(session, lake, reference, where["platform"], where["shop"])


def _compared(session: Session, desk: Desk, lake: Lake, penalty: Penalty, now: datetime) -> Compared:
    """What a penalty is matched with, among all that is known of its shop."""
    of = sides(session, lake, platform=penalty.platform, shop=penalty.shop)
    lines = compare(of, desk.sound_rules, now, desk.settings.penalty_days)
    return with_verdicts(session, of, (line for line in lines if line.penalty == penalty))[0]


def _heads(names: list[str], desk: Desk) -> list[str]:
    language = desk.settings.language
    return [HEADS[name].in_language(language) if name in HEADS else phrase(name, language) for name in names]
