"""`kaohe config`: where does every setting come from?"""

from __future__ import annotations

import typer

from console.cli.app import AsJson, command, current
from console.desk import Desk
from console.output import json_lines, table
from console.phrases import heads, phrase


@command("config")
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
