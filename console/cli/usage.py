"""What is wrong with a command line, said so that it can be mended: what is near, and where the help is.

The option parser has English words only, so they are made anew from its data, in either language.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

import typer

from engine.errors import suggestion
from engine.rulebook.model import Language

NO_COMMAND = re.compile(r"No such command '(.*)'\.", re.DOTALL)
NO_VALUE = re.compile(r"Option '(.*)' requires an argument\.")
TOO_MUCH = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", re.DOTALL)
NO_NUMBER = re.compile(r".*\bvalid integer\b", re.DOTALL)


def usage_message(error: typer.TyperException, language: Language) -> str:
    """One or two lines: what is wrong, and the command that shows the help. A bare `kaohe` gets the help itself."""
    kind, data = type(error).__name__, vars(error)
    if kind == "NoArgsIsHelpError":
        return error.format_message()
    zh = language == "zh-CN"
    context = data.get("ctx")
    command = context.command_path if context else "kaohe"
    hint = f"用法：{command} --help" if zh else f"usage: {command} --help"
    return f"kaohe: {_what(error, kind, data, language)}\n{hint}"


def _what(error: typer.TyperException, kind: str, data: dict[str, Any], language: Language) -> str:
    zh = language == "zh-CN"
    if kind == "NoSuchOption":
        near = _near(data["option_name"], data["possibilities"] or [], language)
        return (f"没有选项 {data['option_name']}" if zh else f"no option {data['option_name']}") + near
    if kind == "MissingParameter":
        return f"缺少 {_named(data, language)}" if zh else f"{_parameter(data)} is missing"
    words = error.format_message()
    value = str(data.get("message", words))
    if found := NO_COMMAND.match(words):
        known = getattr(data["ctx"].command, "commands", {})
        return (f"没有命令 {found[1]!r}" if zh else f"no command {found[1]!r}") + suggestion(found[1], known, language)
    if found := NO_VALUE.match(words):
        return f"选项 {found[1]} 后面要有值" if zh else f"option {found[1]} needs a value"
    if found := TOO_MUCH.match(words):
        return f"多出来的参数：{found[1]}" if zh else f"more than the command takes: {found[1]}"
    if NO_NUMBER.match(value):
        return f"{_named(data, language)} 要写整数" if zh else f"{_parameter(data)} must be a whole number"
    if kind == "BadParameter":
        return f"{_parameter(data)} 的值不对：{value}" if zh else f"{_parameter(data)}: {value}"
    return words[:1].lower() + words[1:].rstrip(".")


def _near(typed: str, options: Iterable[str], language: Language) -> str:
    """Options near what was typed; the dashes, which all of them have, make none of them near.

    >>> _near("--lang", ["--mapping", "--json"], "en"), _near("--jsno", ["--mapping", "--json"], "en")
    ('', "; did you mean '--json'?")
    """
    names = [option.removeprefix("--") for option in options]
    close = difflib.get_close_matches(typed.removeprefix("--"), names, n=3, cutoff=0.6)
    return suggestion(typed, [f"--{name}" for name in close], language) if close else ""


ARGUMENTS = {"VIOLATION": "违规编号", "NOTICE": "通知编号", "STATE": "状态", "RULE": "规则编号", "FILE": "文件"}


def _named(data: dict[str, Any], language: Language) -> str:
    """The option or argument, an argument also by what it is."""
    typed = _parameter(data)
    known = ARGUMENTS.get(typed.strip("[]…")) if language == "zh-CN" else None
    return f"{known} {typed}" if known else typed


def _parameter(data: dict[str, Any]) -> str:
    """The option or argument as it is typed: `--kind`, `FILE…`."""
    parameter = data.get("param")
    if parameter is None:
        return str(data.get("param_hint") or "")
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper())
