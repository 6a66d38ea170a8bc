"""`kaohe demo`: the whole path on bundled sample shops."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.cli.app import app, current
from console.demo import run_demo
from console.desk import desk


@app.command()
def demo(
    context: typer.Context,
    directory: Annotated[Path, typer.Option("--directory", help="Where the demo's own home is made.")] = Path(
        "demo-data"
    ),
) -> None:
    """Import → tally → assess → record → notices → a summary, in a home of its own; run again, it changes nothing."""
    language = current(context).settings.language
    with desk(str(directory)) as opened:
        run_demo(opened, language)
