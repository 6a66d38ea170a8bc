"""`kaohe demo`: the whole path on bundled sample shops."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.cli.app import command, current
from console.demo import run_demo
from console.desk import desk


@command("demo")
def demo(
    context: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the demo's own home is made; --home, or else ./demo-data, by default."),
    ] = None,
) -> None:
    """Import → tally → assess → record → notices → a summary, in a home of its own; run again, it changes nothing."""
    settings = current(context).settings
    given = settings["home"] if settings.values["home"].origin == "--home" else "demo-data"
    with desk(str(directory or given)) as opened:
        opened.makes_home = opened.own_work = True
        run_demo(opened, settings.language)
