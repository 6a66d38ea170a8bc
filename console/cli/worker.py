"""`kaohe worker`: assess and send as things fall due."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import app, current
from console.output import say
from console.sentences import sentence
from console.worker import tick, until_told_to_stop, work


@app.command()
def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
) -> None:
    """Assess what falls due and send its notices, until told to stop. Several may run on one ledger."""
    desk = current(context, makes_home=True)
    _ = desk.ledger, desk.rulebook  # what cannot be opened is told before the clock starts
    if once:
        done = tick(desk, datetime.now(UTC))
        say(done.sentence(desk.settings.language))
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("kaohe.worker").info("%s", sentence("worker started", desk.settings.language, owner=desk.owner))
    work(desk, until_told_to_stop)
