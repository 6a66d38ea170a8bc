"""`kaohe status` and `kaohe config`: is anything late, and where does every setting come from?"""

from __future__ import annotations

import typer

from console.cli.app import AsJson, AsOf, app, current
from console.desk import Desk, instant
from console.output import json_lines, say, table
from console.phrases import heads, phrase
from console.status import status_of


@app.command()
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


@app.command()
def config(context: typer.Context, as_json: AsJson = False) -> None:
    """Every setting, its value and its origin; secrets masked."""
    desk = current(context)
    rows = desk.settings.shown()
    if as_json:
        json_lines(rows)
    else:
        table(
            heads("setting value origin", desk.settings.language),
            [
                [
                    str(r["setting"]),
                    r["value"] or phrase("unset", desk.settings.language),
                    _origin(str(r["origin"]), desk),
                ]
                for r in rows
            ],
        )


def _origin(origin: str, desk: Desk) -> str:
    return "默认" if origin == "default" and desk.settings.language == "zh-CN" else origin
