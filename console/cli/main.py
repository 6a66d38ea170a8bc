"""From the command line to an exit code.

0 done · 1 done, with findings · 2 usage or configuration · 3 nothing could be done for lack of data · 4 internal fault.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import typer

from console.cli import assess, demo, evidence, journal, notices, rules, secret, status, subjects, violations, worker
from console.cli.app import app
from console.desk import Desk, desk
from console.output import note
from engine.errors import KaoheError

COMMANDS = (assess, demo, evidence, journal, notices, rules, secret, status, subjects, violations, worker)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of `kaohe`."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    try:
        home, rest = take_home(list(arguments))
        with desk(home) as opened:
            return _invoke(opened, rest)
    except KaoheError as error:
        note(f"kaohe: {error}")
        return error.exit_code


def _invoke(opened: Desk, arguments: Sequence[str]) -> int:
    try:
        result = typer.main.get_command(app).main(list(arguments), prog_name="kaohe", standalone_mode=False, obj=opened)
        return int(result or 0)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        note(f"kaohe: {error.format_message()}")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        note("kaohe: interrupted; what was begun is undone or finished by the next run")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; so may we
        return 0
    except KaoheError:
        raise
    except Exception as error:  # noqa: BLE001 — the outermost edge: a fault gets an id and a place in the log
        return _internal_fault(opened.settings.home, error)


def take_home(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Take `--home DIR` out of the arguments, wherever it stands.

    >>> take_home(["assess", "--home", "x", "--json"])
    ('x', ['assess', '--json'])
    """
    home, rest = None, []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--home":
            home = next(words, None)
            if home is None:
                raise KaoheError("--home needs a directory")
        elif word.startswith("--home="):
            home = word.removeprefix("--home=")
        else:
            rest.append(word)
    return home, rest


def _internal_fault(home: Path, error: Exception) -> int:
    fault = uuid4().hex[:8]
    lines = "".join(traceback.format_exception(error))
    log = home / "faults.log"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now(UTC).isoformat()} fault {fault}\n{lines}\n")
        note(f"kaohe: internal fault {fault} ({type(error).__name__}); the details are in {log}")
    except OSError:
        note(f"kaohe: internal fault {fault}\n{lines}")
    return 4
