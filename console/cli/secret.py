"""`kaohe secret`: whether the key that seals buyers' ids is the right one, and how a new one is begun on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.app import current, group
from console.output import say
from console.sentences import sentence
from engine.evidence.secret import fingerprint
from engine.evidence.secret import renew as renew_secret

commands = group("secret")


@commands.command()
def check(context: typer.Context) -> None:
    """Say whether the key is there and is the one that the ledger knows; the key itself is never printed."""
    desk = current(context)
    found = fingerprint(desk.secret)
    say(sentence("key fits", desk.settings.language, path=desk.secret_file, mark=found[:8]))


@commands.command()
def renew(
    context: typer.Context, why: Annotated[str, typer.Option(help="The reason; it stands in the journal.")]
) -> None:
    """Begin a new key, for good: buyers imported before and after cannot be compared any more."""
    desk = current(context)
    found = renew_secret(desk.ledger, desk.secret_file, datetime.now(UTC), desk.actor, why)
    say(sentence("key renewed", desk.settings.language, path=desk.secret_file, mark=found[:8]))
