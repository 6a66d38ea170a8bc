"""`kaohe standards`: what clients' contracts want beyond the platforms' rules, and whether figures meet it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import AsJson, current, group
from console.contract_words import RESULTS, contract_heads, said
from console.desk import Desk, day
from console.listing import listing
from console.names import shop_names
from console.output import json_lines, say
from console.phrases import verdict_words
from engine.errors import KaoheError, UnknownNameError
from engine.ledger import periods, subjects
from engine.rulebook.model import Interval, Rule
from engine.tracker import standards as contracts
from engine.tracker.standards import Agreed, Checked

commands = group("standards")

OfClient = Annotated[str | None, typer.Option(help="Only the shops of this client.")]


@commands.command("set")
def set_(
    context: typer.Context,
    client: str,
    rule: str,
    bound: Annotated[str, typer.Argument(help="What a figure must be: 85%, or with a sign: 'at_least 85%'.")],
    since: Annotated[str, typer.Option(metavar="DATE", help="From the cycles that begin on this day.")],
    until: Annotated[str | None, typer.Option(metavar="DATE", help="To the cycles that begin on this day.")] = None,
    shop: Annotated[str | None, typer.Option(help="For this shop alone; it stands before the client's.")] = None,
    note_: Annotated[str | None, typer.Option("--note", help="Where the contract says so.")] = None,
) -> None:
    """Set a stricter standard over the figures of a rule, for a client's shops or for one of them."""
    desk = current(context)
    first, last, now = day(since, "--since"), day(until, "--until"), datetime.now(UTC)
    assert first is not None
    known = _rule(desk, rule)
    with desk.transaction() as session:
        subject = subjects.shop(session, shop, known.platform) if shop else None
        agreed = contracts.set_standard(
            session, desk.who, known, client, bound, first, now, shop=subject, until=last, note=note_
        )
        told = {"id": str(agreed.standard.id), "client": client, "rule": rule, "bound": agreed.bound}
    say(said("standard set", desk.settings.language, **told, since=first))


@commands.command()
def end(
    context: typer.Context,
    standard: int,
    last: Annotated[str, typer.Option(metavar="DATE", help="The last day on which cycles begin that it is for.")],
    why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")],
) -> None:
    """End a standard; what was checked by it before stays as it was."""
    desk = current(context)
    until = day(last, "--last")
    assert until is not None
    with desk.transaction() as session:
        contracts.end_standard(session, desk.who, standard, until, why, datetime.now(UTC))
    say(said("standard ended", desk.settings.language, id=str(standard), until=until))


@commands.command("list")
def list_(context: typer.Context, client: OfClient = None, as_json: AsJson = False) -> None:
    """Every standard that was ever set, those that have ended among them."""
    desk = current(context)
    language = desk.settings.language
    with desk.reading() as session:
        found = contracts.standards(session, desk.who, client)
    if as_json:
        json_lines(_agreed_json(one) for one in found)
        return
    listing(
        contract_heads("standard_id client rule shop contract since until set_by note", language),
        [
            [
                str(one.standard.id),
                one.standard.client,
                one.standard.rule,
                one.shop.alias or one.shop.external_id if one.shop else "-",
                str(one.bound),
                one.standard.since.isoformat(),
                one.standard.until.isoformat() if one.standard.until else "-",
                one.standard.set_by,
                one.standard.note or "",
            ]
            for one in found
        ],
        said("no standards", language),
    )


@commands.command()
def check(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Cycles that end in this month; the present one by default.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First assessment day.")] = None,
    to: Annotated[str | None, typer.Option(metavar="DATE", help="Last assessment day.")] = None,
    client: OfClient = None,
    as_json: AsJson = False,
) -> None:
    """Recorded figures beside the contracts' standards. What misses one is no violation of the platform's."""
    desk = current(context)
    language = desk.settings.language
    first, last = day(from_, "--from"), day(to, "--to")
    if month is not None and (first or last):
        raise KaoheError("give --month, or --from and --to", zh="--month 和 --from/--to 只写一种")
    wanted = periods.read_month(month) if month else None
    if wanted is None and first is None and last is None:
        wanted = periods.month_of(datetime.now().astimezone().date())
    with desk.reading() as session:
        found = contracts.check(
            session, desk.who, desk.sound_rules, client=client, month=wanted, first=first, last=last
        )
        names = shop_names(session)
    if as_json:
        json_lines(one.as_json() for one in found)
        return
    listing(
        contract_heads("assessed_on client shop rule cycle figure contract result platform_standard verdict", language),
        [
            [
                one.row.assessed_on.isoformat(),
                one.shop.client,
                names.get((one.shop.platform or "", one.shop.external_id), one.shop.external_id),
                one.row.rule,
                one.row.cycle,
                _figure(one),
                str(one.bound),
                RESULTS[one.result].in_language(language),
                str(one.platform_bound),
                verdict_words(one.row.verdict, False, language),
            ]
            for one in found
        ],
        said("no figures", language),
    )
    missed = sum(one.result == "missed" for one in found)
    if missed:
        both = sum(one.result == "missed" and one.row.verdict == "violation" for one in found)
        say(said("missed", language, n=missed, all=len(found), both=both, alone=missed - both))


def _rule(desk: Desk, name: str) -> Rule:
    found = desk.sound_rules.get(name)
    if found is None:
        raise UnknownNameError("rule", name, desk.sound_rules)
    return found


def _figure(one: Checked) -> str:
    row = one.row

    def shown(number: int | None, low: int | None, high: int | None) -> str:
        return "-" if number is None else str(Interval(low, high) if low is not None and high is not None else number)

    if row.denominator is None:
        return "-"
    top = shown(row.numerator, row.numerator_low, row.numerator_high)
    return f"{top}/{shown(row.denominator, row.denominator_low, row.denominator_high)}"


def _agreed_json(one: Agreed) -> dict[str, object]:
    of = one.standard
    return {
        "standard": of.id,
        "client": of.client,
        "rule": of.rule,
        "platform": one.shop.platform if one.shop else None,
        "shop": one.shop.external_id if one.shop else None,
        "contract": str(one.bound),
        "since": of.since.isoformat(),
        "until": of.until.isoformat() if of.until else None,
        "note": of.note,
        "set_at": of.set_at.isoformat(),
        "set_by": of.set_by,
        "ended_at": of.ended_at.isoformat() if of.ended_at else None,
        "ended_by": of.ended_by,
    }
