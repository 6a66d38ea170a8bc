"""`kaohe doctor`: is this installation in order, and how is what is not to be mended?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import AsJson, command, current
from console.doctor.examination import examine
from console.output import json_lines, table
from console.phrases import LEVELS, SUBJECTS, heads


@command("doctor")
def doctor(
    context: typer.Context,
    send_none: Annotated[
        bool,
        typer.Option(
            "--send-none",
            help="Connect to the mail server without logging in; ask no other channel's provider.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything that kaohe rests on, and say how to mend what is not in order; exits 1 with findings."""
    desk = current(context)
    language = desk.settings.language
    found = list(examine(desk, lambda: datetime.now(UTC), sends=not send_none))
    if as_json:
        json_lines(f.as_json() for f in found)
    else:
        table(
            heads("state subject_of note", language),
            [
                [LEVELS[f.level].in_language(language), SUBJECTS[f.subject].in_language(language), f.line(language)]
                for f in found
            ],
        )
    if any(f.level in {"warning", "wrong"} for f in found):
        raise typer.Exit(1)
