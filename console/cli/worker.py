"""`kaohe worker`: assess and send as things fall due."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import app, current
from console.output import note, say
from console.overdue import overdue_lines
from console.sentences import sentence
from console.worker import tick, until_told_to_stop, work
from engine.errors import KaoheError
from engine.ledger.database import transaction
from engine.ledger.workers import gone
from engine.rulebook.book import refuse_empty


@app.command()
def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
) -> None:
    """Assess what falls due and send its notices, until told to stop. Several may run on one ledger."""
    desk = current(context, makes_home=True)
    language = desk.settings.language
    _ = desk.ledger  # what cannot be opened is told before the clock starts
    refuse_empty(desk.rulebook, desk.settings.rulesets)
    if once:
        try:
            done = tick(desk, datetime.now(UTC))
        finally:
            with transaction(desk.ledger) as session:
                gone(session, desk.owner)
        say(done.sentence(language))
        for line in overdue_lines(done.assessed.missing, language):
            note(line)
        for rule, why in done.failures.items():
            note("kaohe: " + sentence("not assessed", language, rule=rule, why=why.in_language(language)))
        if done.failures:
            raise typer.Exit(KaoheError.exit_code)
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("kaohe.worker").info("%s", sentence("worker started", language, owner=desk.owner))
    work(desk, until_told_to_stop)
