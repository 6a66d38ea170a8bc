"""`kaohe lake`: whether the lake is the one of this ledger, and how one says that it has moved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.app import current, group
from console.desk import Desk
from console.output import note, say
from console.sentences import sentence
from engine.evidence.lake import Lake
from engine.evidence.lake_identity import check_lake, day_files, identity
from engine.evidence.lake_identity import moved as lake_moved

commands = group("lake")


@commands.command()
def check(context: typer.Context) -> None:
    """Say whether the lake is this ledger's and has all its day files; exits 1 when some are not there."""
    desk = current(context)
    lake = Lake(desk.settings.lake)
    check_lake(desk.ledger, lake)
    total = _complete(desk, lake)
    name = identity(lake)
    if name is None:
        say(sentence("lake new", desk.settings.language, path=lake.root))
    else:
        say(sentence("lake fits", desk.settings.language, path=lake.root, mark=name[:8], n=total))


@commands.command()
def moved(
    context: typer.Context, why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")]
) -> None:
    """From now on the lake that the settings name counts; exits 1 when it lacks day files."""
    desk = current(context)
    lake = Lake(desk.settings.lake)
    found = lake_moved(desk.ledger, lake, datetime.now(UTC), desk.actor, why)
    say(sentence("lake moved", desk.settings.language, path=lake.root, mark=found[:8]))
    _complete(desk, lake)


def _complete(desk: Desk, lake: Lake) -> int:
    """How many day files the ledger counts on; ends with 1 where the lake lacks some."""
    missing: list[Path] = []
    total = 0
    with desk.reading() as session:
        for path, there in day_files(session, lake):
            total += 1
            if not there:
                missing.append(path)
    if missing:
        note(sentence("lake lacks", desk.settings.language, total=total, n=len(missing), example=missing[0]))
        raise typer.Exit(1)
    return total
