"""`kaohe period`: months that are paid are closed; what comes to light later is booked where it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import AsJson, AsOf, current, group
from console.corrections import correction_cells, correction_heads, correction_json
from console.listing import listing
from console.local_time import local_time
from console.output import json_lines, say
from console.phrases import PERIOD_STATES, heads
from console.sentences import sentence
from engine.assessment.closing import close_month
from engine.errors import KaoheError
from engine.ledger import periods

commands = group("period")


@commands.command()
def close(
    context: typer.Context,
    month: str,
    why: Annotated[str | None, typer.Option("--why", help="A remark for the journal.")] = None,
    as_of: AsOf = None,
) -> None:
    """Close a month: later evidence about it becomes a correction in the month in which it comes."""
    desk = current(context)
    rules = list(desk.rulebook.values())
    close_month(desk.place, rules, periods.read_month(month), why, desk.actor, desk.writes_at(as_of))
    say(sentence("month closed", desk.settings.language, month=month))


@commands.command()
def reopen(
    context: typer.Context,
    month: str,
    why: Annotated[str | None, typer.Option("--why", help="Why it must be opened again: asks a second person.")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Agree to what somebody else has asked for.")] = False,
) -> None:
    """Open a closed month again: one person asks and says why, another one approves."""
    desk = current(context)
    periods.read_month(month)
    if approve == (why is not None):
        raise KaoheError(
            "give --why to ask for it, or --approve to agree to what somebody else has asked for",
            zh="申请时写 --why，批准别人的申请时写 --approve；两者只写一个",
        )
    now = datetime.now(UTC)
    with desk.transaction() as session:
        if why is not None:
            periods.ask_to_reopen(session, month, why, desk.actor, now)
        else:
            periods.reopen(session, month, desk.actor, now, desk.who.names)
    said = "month reopened" if approve else "reopening asked"
    say(sentence(said, desk.settings.language, month=month))


@commands.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """All months that were ever closed, and what was booked about them since."""
    desk = current(context)
    language = desk.settings.language
    with desk.reading() as session:
        found = periods.periods(session)
        counts = {p.month: len(periods.corrections(session, about=p.month)) for p in found}
    if as_json:
        json_lines(
            {
                "month": p.month,
                "state": p.state,
                "changed_at": p.changed_at.isoformat(),
                "changed_by": p.changed_by,
                "why": p.why,
                "corrections": counts[p.month],
            }
            for p in found
        )
        return
    listing(
        heads("month state actor at corrections note", language),
        [
            [
                p.month,
                PERIOD_STATES[p.state].in_language(language),
                p.changed_by,
                local_time(p.changed_at),
                str(counts[p.month]),
                p.why or "",
            ]
            for p in found
        ],
        sentence("no periods", language),
        [4],
    )


@commands.command()
def show(context: typer.Context, month: str, as_json: AsJson = False) -> None:
    """The corrections about a month, and those that were booked in it."""
    desk = current(context)
    language = desk.settings.language
    periods.read_month(month)
    with desk.reading() as session:
        found = periods.corrections(session, about=month)
        found += [b for b in periods.corrections(session, booked_in=month) if b.correction.month != month]
    if as_json:
        json_lines(correction_json(booked) for booked in found)
        return
    rows = [correction_cells(booked, language) for booked in found]
    listing(correction_heads(language), rows, sentence("no corrections", language, month=month))
