"""The tree of commands, and the options that mean the same everywhere."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from console.access import need_of
from console.desk import Desk
from console.output import say
from console.watch.clocks import refuse_to_write_by_wrong_clock
from engine.errors import UnknownNameError
from engine.rulebook.model import Language

app = typer.Typer(
    name="kaohe",
    help="考核: assesses customer service by each platform's rules, keeps the proof, and warns in time.",
    epilog="--home DIR stands before or after any command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON object a line, all rows, nothing else on standard output.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="Take this as the present time.")]
Lang = Annotated[str | None, typer.Option("--lang", help="zh-CN or en; the setting `language` by default.")]


def _tell_version(asked: bool) -> None:
    if asked:
        say(f"kaohe {installed_version('kaohe')}")
        raise typer.Exit


@app.callback()
def options(
    _home: Annotated[
        str | None,
        typer.Option("--home", metavar="DIR", help="The installation's directory; before or after any command."),
    ] = None,  # taken by `main` wherever it stands; here it is only told
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version, and end.")
    ] = False,
) -> None:
    """What stands before any command."""


def group(name: str, help_: str) -> typer.Typer:
    """A group of commands below `kaohe`."""
    commands = typer.Typer(help=help_, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(commands, name=name)
    return commands


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
    found.makes_home, found.own_work = makes_home, own_work
    if found.settings.language == "zh-CN" and not context.params.get("as_json"):
        found.stranger = "内部人员"
    found.on_opening = refuse_to_write_by_wrong_clock if checks_clock else None
    need = need_of(context.command_path.partition(" ")[2])
    if need is not None:
        need.asked_of(found.who)
    return found


def lang_of(lang: str | None, desk: Desk) -> Language:
    """The language that `--lang` asks for, or the setting's."""
    if lang not in {None, "zh-CN", "en"}:
        raise UnknownNameError("language", str(lang), ["zh-CN", "en"])
    return "en" if (lang or desk.settings.language) == "en" else "zh-CN"
