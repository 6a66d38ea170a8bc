"""`kaohe evidence status`: what evidence is there, what is missing, and by when it must come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from console import streams
from console.cli.app import AsJson, AsOf, current, group
from console.desk import LOCAL_ZONE, instant
from console.evidence_table import calendar_json, calendar_lines, what_must_come
from console.footnotes import missing_words
from console.output import json_lines, say
from console.sentences import sentence
from engine.assessment.evidence_calendar import evidence_calendar
from engine.assessment.lacking import lacking
from engine.calendar.cycles import MONTH, cycle_of, parse_cycle
from engine.calendar.zones import local_day
from engine.errors import UnknownNameError
from engine.ledger.lookup import shops
from engine.rulebook.platforms import platform as known_platform

evidence_commands = group("evidence")


@evidence_commands.command()
def status(
    context: typer.Context,
    month: Annotated[str | None, typer.Option(metavar="MONTH", help="2026-11; the present one by default.")] = None,
    client: Annotated[str | None, typer.Option(help="Only this client's shops.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform's shops.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this owner's shops.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """A calendar of the evidence: for each shop and kind which days are there, missing or awaited, and until when."""
    desk = current(context)
    language = desk.settings.language
    now = instant(as_of, "--as-of")
    wanted = parse_cycle(month, MONTH) if month else cycle_of(MONTH, local_day(now, LOCAL_ZONE))
    if platform is not None:
        known_platform(platform)
    with desk.reading() as session:
        every = shops(session)
        _refuse_unknown("client", client, [s.client for s in every])
        _refuse_unknown("owner", owner, [s.owner for s in every if s.owner])
        rules = list(desk.rulebook.values())
        rows = evidence_calendar(session, desk.lake, rules, wanted, now, desk.settings.waiting, platform)
        of = {(s.platform, s.external_id): s for s in every}
        without = [] if as_json else lacking(session, desk.rulebook, local_day(now, LOCAL_ZONE))
    rows = [r for r in rows if client in {None, r.shop.client} and owner in {None, r.shop.owner}]
    if as_json:
        json_lines(calendar_json(rows))
        return
    without = [
        o
        for o in without
        if (shop := of.get((o.rule.platform, o.shop)))
        and platform in {None, shop.platform}
        and client in {None, shop.client}
        and owner in {None, shop.owner}
    ]
    if not rows:
        say(sentence("no evidence", language, month=wanted.key))
    else:
        say(sentence("evidence of", language, month=wanted.key))
        for line in calendar_lines(rows, language):
            streams.write(line + "\n")
        for line in what_must_come(rows, language):
            say(line)
    if without:
        say(sentence("verdicts lacking", language, n=len(without)))
        for line in missing_words(without, language):
            say(f"  {line}")


def _refuse_unknown(what: str, name: str | None, known: Sequence[str]) -> None:
    if name is not None and name not in known:
        raise UnknownNameError(what, name, known)
