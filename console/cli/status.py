"""`kaohe status`: is anything late?"""

from __future__ import annotations

import typer

from console.cli.app import AsJson, AsOf, command, current
from console.desk import instant
from console.output import json_lines, say
from console.status import status_of


@command("status")
def status(context: typer.Context, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """What is due, running or failed, which notices wait, who works; exits 1 when anything is late."""
    desk = current(context)
    now = instant(as_of, "--as-of")
    found = status_of(desk, now, desk.settings.late_after)
    if as_json:
        json_lines([found.as_json()])
    else:
        for line in found.lines(desk.settings.language):
            say(line)
    if found.late:
        raise typer.Exit(1)
