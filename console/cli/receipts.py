"""`kaohe notices receipts` and `callbacks`: what became of messages behind their providers, asked for and told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import current
from console.cli.notices import commands
from console.output import note, say
from console.sentences import sentence
from console.watch.callback_server import listening, serve
from console.worker import ask_receipts, receipt_complaints


@commands.command()
def receipts(context: typer.Context) -> None:
    """Ask the providers now which messages of the last three days arrived, as the worker does from time to time."""
    desk = current(context)
    done = ask_receipts(desk, datetime.now(UTC), everything=True)
    language = desk.settings.language
    for line in receipt_complaints(done, language):
        note(line)
    say(sentence("receipts asked", language, asked=done.asked, changed=done.changed))
    if done.faults:
        raise typer.Exit(1)


@commands.command()
def callbacks(
    context: typer.Context,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The address of this host that a proxy sends calls on to.")
    ] = "127.0.0.1:8025",
) -> None:
    """Take what providers report of delivery by themselves, until told to stop; for a proxy that speaks TLS."""
    desk = current(context, own_work=True)
    server = listening(desk, listen)
    note(sentence("callbacks at", desk.settings.language, listen=listen))
    serve(server)
