"""`kaohe sanctions`, `kaohe charges`, `kaohe deposits`: who is limited, what was charged, what is left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from console.cli.app import AsJson, command, current, group
from console.contract_words import contract_heads, said
from console.desk import LOCAL_ZONE, day, instant
from console.listing import listing
from console.local_time import local_time
from console.output import json_lines, note, say
from console.phrases import phrase
from console.yuan import fen
from engine.assessment.booked import Asked
from engine.errors import KaoheError
from engine.ledger import periods, subjects
from engine.ledger.tables import Sanction
from engine.ledger.violation_lists import known_client
from engine.rulebook.platforms import platform as known_platform
from engine.tracker import deposits as kept
from engine.tracker import sanctions as limits
from engine.tracker.charged import charged
from engine.tracker.charges import groups, summed
from notifier.words.figures import money, money_range
from notifier.words.measures import MeasureWords

deposit_commands = group("deposits")

OfClient = Annotated[str | None, typer.Option(help="Only the shops of this client.")]


@command("sanctions")
def sanctions(
    context: typer.Context,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="On this day; today by default.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="From this day.")] = None,
    to: Annotated[str | None, typer.Option(metavar="DATE", help="To this day.")] = None,
    client: OfClient = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    shop: Annotated[str | None, typer.Option(metavar="SHOP", help="Only this shop.")] = None,
    as_json: AsJson = False,
) -> None:
    """Which shops are limited, by what, on a day or in a stretch of days."""
    desk = current(context)
    now = datetime.now(UTC)
    first, last = day(from_, "--from"), day(to, "--to")
    if on is not None and (first or last):
        raise KaoheError("give --on, or --from and --to", zh="--on 和 --from/--to 只写一种")
    if (first is None) != (last is None):
        raise KaoheError("give both --from and --to", zh="--from 和 --to 要一起写")
    today = day(on, "--on") or now.astimezone(ZoneInfo(LOCAL_ZONE)).date()
    first, last = first or today, last or today
    name = known_platform(platform).id if platform else None
    with desk.reading() as session:
        if client is not None:
            known_client(session, client)
        key = subjects.shop(session, shop, name).key if shop else None
        found = limits.active(session, desk.who, Asked(first, last, name, client, key), now)
    language = desk.settings.language
    if as_json:
        json_lines(limits.as_json(limit) | {"days": limits.days_within(limit, first, last)} for limit in found)
        return
    words = MeasureWords(language)
    listing(
        contract_heads("client platform shop kind starts ends violations", language),
        [
            [
                limit.shop.client,
                limit.shop.platform,
                limit.shop.shown(),
                words.measure(Sanction(violation_id="", position=0, kind=limit.limit.kind, scope=limit.limit.scope)),
                limit.limit.starts.isoformat(),
                limit.limit.ends.isoformat(),
                " ".join(sorted(limit.states)),
            ]
            for limit in found
        ],
        said("no sanctions", language),
    )


@command("charges")
def charges(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="What counts in this month; all months by default.")
    ] = None,
    client: OfClient = None,
    by: Annotated[
        list[str] | None, typer.Option(help="client, month, bearer, shop; may be repeated. The first three by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What violations were forecast to cost against what the platforms charged, and who bears it."""
    desk = current(context)
    language = desk.settings.language
    wanted = groups(by or ["client", "month", "bearer"])
    of_month = periods.read_month(month) if month else None
    lake = desk.lake
    with desk.reading() as session:
        found = summed(charged(session, lake, client=client, month=of_month), wanted)
    heads = [head for name in wanted for head in (("platform", "shop") if name == "shop" else (name,))]
    if as_json:
        json_lines(dict(zip(heads, key, strict=True)) | sums.as_json() for key, sums in found.items())
        return
    columns = [*heads, *["violations", "forecast", "open", "charges", "charged", "unmatched", "correction"]]
    listing(
        contract_heads(" ".join(columns), language),
        [
            [
                *(value or "-" for value in key),
                str(sums.violations),
                money_range(*sums.forecast_fen, language),
                money_range(*sums.open_fen, language),
                str(sums.charges),
                money(sums.charged_fen, language),
                money(sums.unmatched_fen, language),
                money_range(*sums.correction_fen, language),
            ]
            for key, sums in found.items()
        ],
        said("no charges", language),
        range(len(heads), len(columns)),
    )


@deposit_commands.command("record")
def record_deposit(
    context: typer.Context,
    shop: str,
    balance: Annotated[str, typer.Option(metavar="YUAN", help="What stands in the deposit.")],
    at: Annotated[str, typer.Option(metavar="TIME", help="When it was read.")],
    why: Annotated[str, typer.Option(help="Where it was read; it stands in the journal.")],
    minimum: Annotated[
        str | None, typer.Option(metavar="YUAN", help="What the platform wants to be there; stays until it is changed.")
    ] = None,
    platform: Annotated[str | None, typer.Option(help="The shop's platform.")] = None,
) -> None:
    """Record what stands in a shop's deposit, as the back office shows it."""
    desk = current(context)
    read_at, now = instant(at, "--at"), datetime.now(UTC)
    amount, least = fen(balance, "--balance"), fen(minimum, "--minimum") if minimum is not None else None
    name = known_platform(platform).id if platform else None
    with desk.transaction() as session:
        subject = subjects.shop(session, shop, name)
        kept.record_deposit(session, desk.who, subject, amount, read_at, why, now, least)
        shown = subject.alias or subject.name or subject.external_id
    language = desk.settings.language
    say(said("deposit recorded", language, shop=shown, balance=money(amount, language)))


@deposit_commands.command("list")
def list_deposits(context: typer.Context, client: OfClient = None, as_json: AsJson = False) -> None:
    """The latest balance of each shop, and what would be left if all that stands were charged."""
    desk = current(context)
    language = desk.settings.language
    lake = desk.lake
    with desk.reading() as session:
        if client is not None:
            known_client(session, client)
        found = kept.deposits(session, desk.who, lake, client)
    if as_json:
        json_lines(one.as_json() for one in found)
        return
    listing(
        contract_heads("client platform shop at balance taken open left minimum falls_short", language),
        [_deposit_cells(one, language) for one in found],
        said("no deposits", language),
        range(4, 9),
    )
    if short := sum(one.falls_short is True for one in found):
        note(said("standing only", language, n=short))


def _deposit_cells(one: kept.Standing, language: Any) -> list[str]:
    shop, deposit = one.shop, one.deposit
    return [
        shop.client,
        shop.platform or "",
        shop.alias or shop.name or shop.external_id,
        local_time(deposit.at, shop.platform),
        money(deposit.balance_fen, language),
        money(one.taken_fen, language),
        money_range(*one.open_fen, language),
        money_range(*one.left_fen, language),
        "-" if deposit.minimum_fen is None else money(deposit.minimum_fen, language),
        "-" if one.falls_short is None else phrase("yes" if one.falls_short else "no", language),
    ]
