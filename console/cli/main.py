"""From the command line to an exit code.

0 done · 1 done, with findings · 2 usage, configuration or surroundings · 3 nothing could be done for lack of data ·
4 internal fault.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import typer

from console import streams
from console.cli.tree import tree
from console.cli.usage import usage_message
from console.desk import Desk, desk
from console.output import note, printable
from console.sentences import sentence
from engine.errors import KaoheError, os_words
from engine.rulebook.model import Language


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of `kaohe`."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    streams.prepare()
    language: Language = "en" if os.environ.get("KAOHE_LANGUAGE") == "en" else "zh-CN"  # until the settings are read
    code = 0
    try:
        home, rest = take_home(list(arguments))
        with desk(home, forgiving=rest[:1] == ["doctor"]) as opened:  # it tells all that is wrong with them
            language = opened.settings.language
            code = _invoke(opened, rest)
        streams.flush()
    except KaoheError as error:
        streams.write_error(printable(f"kaohe: {error.in_language(language)}\n"))
        code = error.exit_code
        streams.finish()
    except BrokenPipeError:
        streams.let_go()  # the reader has gone; so may we
    return code


def _invoke(opened: Desk, arguments: Sequence[str]) -> int:
    language = opened.settings.language
    try:
        result = tree(language).main(list(arguments), prog_name="kaohe", standalone_mode=False, obj=opened)
        return int(result or 0)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        note(usage_message(error, language))
        return 2
    except (KeyboardInterrupt, typer.Abort):
        note(f"kaohe: {sentence('interrupted', language)}")
        return 130
    except SystemExit as stop:  # the option parser's answer to a broken pipe; nothing of ours ends that way
        raise BrokenPipeError from stop
    except (KaoheError, BrokenPipeError):
        raise
    except OSError as error:
        if error.errno not in streams.SURROUNDINGS:
            return _internal_fault(opened, error)
        where = f"{error.filename}: " if error.filename else ""
        raise KaoheError(
            f"{where}{error.strerror}; make room or give the rights, and run it again",
            zh=f"{where}{os_words(error)}；请腾出空间或授予权限后再运行",
        ) from error
    except Exception as error:  # noqa: BLE001 — the outermost edge: a fault gets an id and a place in the log
        return _internal_fault(opened, error)


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
        elif word.startswith("--home="):
            home = word.removeprefix("--home=")
        else:
            rest.append(word)
            continue
        if word != "--" and not home:
            raise KaoheError("--home needs a directory", zh="--home 后面要写目录")
    return home, rest


def _internal_fault(opened: Desk, error: Exception) -> int:
    fault, home, language = uuid4().hex[:8], opened.settings.home, opened.settings.language
    lines = "".join(traceback.format_exception(error))
    log = home / "faults.log"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now(UTC).isoformat()} fault {fault}\n{lines}\n")
        note(f"kaohe: {sentence('fault', language, id=fault, kind=type(error).__name__, log=log)}")
    except OSError:
        note(f"kaohe: {sentence('fault unlogged', language, id=fault)}\n{lines}")
    return 4
