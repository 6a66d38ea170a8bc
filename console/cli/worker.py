"""`kaohe worker`: assess and send as things fall due."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import app, current
from console.output import note, say
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
    desk = current(context)
    _ = desk.ledger  # what cannot be opened is told before the clock starts
    refuse_empty(desk.rulebook, desk.settings.rulesets)
    if once:
        try:
            done = tick(desk, datetime.now(UTC))
        finally:
            with transaction(desk.ledger) as session:
                gone(session, desk.owner)
        say(
            f"{done.assessed.runs} runs, {len(done.assessed.changed)} outcomes changed, "
            f"{done.planned.queued} notices queued, {done.delivered.sent} sent, {done.delivered.failed} failed"
        )
        for rule, why in done.failures.items():
            note(f"kaohe: {rule} was not assessed: {why}")
        if done.failures:
            raise typer.Exit(KaoheError.exit_code)
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("kaohe.worker").info("worker %s has started", desk.owner)
    work(desk, until_told_to_stop)
