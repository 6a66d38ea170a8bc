"""The tree of commands, of which only those are imported that somebody types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version as installed_version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from console.cli.help import in_language
from console.cli.overview import OVERVIEW
from console.output import say
from engine.rulebook.model import Language

known: dict[str, Callable[[], Any]] = {}  # what makes the command of a word, once its modules are imported


class Kaohe(TyperGroup):
    """`kaohe` itself; its help is written without importing a command."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """A line for each word."""
        commands: Any = self.commands
        lines = [TyperCommand(name, help=word.help) for name, word in OVERVIEW.items()]
        TyperGroup(commands=[in_language(one, commands.language) for one in lines]).format_commands(ctx, formatter)


class Words(Mapping[str, Any]):
    """The commands by word, in `language`, each made when it is asked for."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._made: dict[str, Any] = {}

    def __getitem__(self, word: str) -> Any:
        if word not in self._made:
            for module in OVERVIEW[word].modules:
                import_module(f"console.cli.{module}")
            self._made[word] = in_language(known[word](), self.language)
        return self._made[word]

    def __iter__(self) -> Iterator[str]:
        return iter(OVERVIEW)

    def __len__(self) -> int:
        return len(OVERVIEW)


_top = typer.Typer(
    name="kaohe",
    cls=Kaohe,
    help="考核: assesses customer service by each platform's rules, keeps the proof, and warns in time.",
    epilog="--home DIR stands before or after any command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _tell_version(asked: bool) -> None:
    if asked:
        say(f"kaohe {installed_version('kaohe')}")
        raise typer.Exit


@_top.callback()
def _options(
    _home: Annotated[
        str | None,
        typer.Option("--home", metavar="DIR", help="The installation's directory; before or after any command."),
    ] = None,  # taken by `main` wherever it stands; here it is only told
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version, and end.")
    ] = False,
) -> None:
    """What stands before any command."""


@cache
def tree(language: Language) -> Any:
    """`kaohe` and all its commands (of the option parser), with their help in `language`."""
    top: Any = in_language(typer.main.get_command(_top), language)
    top.commands = Words(language)
    return top
