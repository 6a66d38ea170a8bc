"""What every command is made with: its place in the tree, its desk, and the options that mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from console.access import need_of
from console.cli.overview import OVERVIEW
from console.cli.tree import known
from console.desk import Desk
from engine.errors import UnknownNameError
from engine.rulebook.model import Language

AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON object a line, all rows, nothing else on standard output.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="Take this as the present time.")]
Lang = Annotated[str | None, typer.Option("--lang", help="zh-CN or en; the setting `language` by default.")]


def group(word: str) -> typer.Typer:
    """The group of commands of this word; its modules add them to it."""
    commands = typer.Typer(name=word, help=OVERVIEW[word].help, no_args_is_help=True, rich_markup_mode=None)
    known[word] = lambda: typer.main.get_group(commands)
    return commands


def command(word: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A function as the command of this word."""
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    known[word] = lambda: typer.main.get_command(alone)
    return alone.command(word)


def current(
    context: typer.Context, *, makes_home: bool = False, own_work: bool = False, checks_clock: bool = True
) -> Desk:
    """The desk that `main` has put up for this command, whose actor may do what the command is for.

    Only one that `makes_home` may begin a new installation; `own_work` is kaohe's, whoever starts it. Nothing is
    written while the clock cannot be right, unless the command looks after that by itself. Raises NotAllowedError for
    an actor who may not do this anywhere.
    """
    found = context.find_object(Desk)
    assert found is not None
    found.makes_home, found.own_work, found.checks_clock = makes_home, own_work, checks_clock
    if found.settings.language == "zh-CN" and not context.params.get("as_json"):
        found.stranger = "内部人员"
    need = need_of(context.command_path.partition(" ")[2])
    if need is not None:
        need.asked_of(found.who)
    return found


def lang_of(lang: str | None, desk: Desk) -> Language:
    """The language that `--lang` asks for, or the setting's."""
    if lang not in {None, "zh-CN", "en"}:
        raise UnknownNameError("language", str(lang), ["zh-CN", "en"])
    return "en" if (lang or desk.settings.language) == "en" else "zh-CN"
