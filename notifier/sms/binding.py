"""Bindings: for each channel, event and language the provider's template, and what goes into each of its variables.

They stand in a TOML file (setting `sms_bindings`), since each account has its own approved templates. Without one the
shipped sample serves, so that a preview shows how a message would read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.rulebook.model import Text
from notifier.template_fault import TemplateFaultError

SAMPLE = Path(__file__).parent / "sample.toml"
LONGEST_MESSAGE = 70  # characters, sign and brackets included: one more, and it is sent and paid as two
_NAMED = re.compile(r"\$\{(?P<name>[^{}]*)\}")
_NUMBERED = re.compile(r"\{(?P<name>\d+)\}", re.ASCII)
_SUBJECT = re.compile(r"(?P<code>\S+) 【(?P<sign>[^【】]+)】")
NUMBERED = frozenset({"tencent-sms"})  # its variables are {1}, {2}, …; elsewhere they are ${name}


class BindingError(TemplateFaultError):
    """A file of bindings, or one binding, that cannot be used; the faults also in Chinese."""

    def __init__(self, name: str, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(name, [Text(zh, en) for en, zh in faults])
        self.pairs = [(f"{name}:{en}", f"{name}:{zh}") for en, zh in faults]


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its name in the provider's text, the fact that it says, and its greatest length in characters."""

    name: str
    fact: str
    longest: int


@dataclass(frozen=True, slots=True)
class Binding:
    """One approved text: `code` and `sign` as the provider knows them, `text` with its placeholders."""

    channel: str
    event: str
    language: str
    code: str
    sign: str
    text: str
    variables: tuple[Variable, ...] = ()

    @property
    def id(self) -> str:
        """What names this binding in a notice."""
        return f"{self.event}.{self.channel}.{self.language}"

    @property
    def subject(self) -> str:
        """The provider's template and sign, as a notice keeps them."""
        return f"{self.code} 【{self.sign}】"

    @property
    def placeholder(self) -> re.Pattern[str]:
        """How a variable is written in the text."""
        return _NUMBERED if self.channel in NUMBERED else _NAMED

    def read(self, values: dict[str, str]) -> str:
        """The message as it is read, the sign first."""
        return f"【{self.sign}】" + self.placeholder.sub(lambda m: values.get(m["name"], m[0]), self.text)

    @property
    def longest(self) -> int:
        """How many characters the message has at most."""
        return len(self.read({v.name: "字" * v.longest for v in self.variables}))


def approved(subject: str) -> tuple[str, str] | None:
    """The provider's template and sign of a notice's subject.

    >>> approved("SMS_154950909 【示例科技】")
    ('SMS_154950909', '示例科技')
    """
    found = _SUBJECT.fullmatch(subject)
    return (found["code"], found["sign"]) if found else None


class Bindings:
    """The bindings of one file, read when the first is asked for."""

    def __init__(self, path: Path = SAMPLE) -> None:
        self.path = path

    @cached_property
    def all(self) -> tuple[Binding, ...]:
        """Every binding of the file. Raises BindingError where it cannot be read or is no list of bindings."""
        where = str(self.path)
        try:
            document = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise BindingError(where, [(f"1: cannot be read: {why}", f"1: 读不了：{why}")]) from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BindingError(where, [(f"1: is no TOML: {error}", f"1: 不是 TOML：{error}")]) from error
        found = document.get("binding")
        if not isinstance(found, list) or document.keys() != {"binding"}:
            fault = ("1: holds [[binding]] tables and nothing else", "1: 只能有 [[binding]] 表，没有别的")
            raise BindingError(where, [fault])
        read = [_binding(one, number) for number, one in enumerate(found, 1)]
        faults = [fault for one in read if isinstance(one, list) for fault in one]
        if faults:
            raise BindingError(where, faults)
        return tuple(one for one in read if isinstance(one, Binding))

    def find(self, channel: str, event: str, language: str, general: str | None = None) -> Binding:
        """The binding of these three, else that of `general` news. Raises BindingError naming what to add."""
        for name in (event, general) if general else (event,):
            for one in self.all:
                if (one.channel, one.event, one.language) == (channel, name, language):
                    return one
        en = f"1: no binding for {channel}, {event}, {language}: add a [[binding]] with these three"
        raise BindingError(
            str(self.path), [(en, f"1: 没有 {channel}、{event}、{language} 的绑定：请加一个写明这三项的 [[binding]]")]
        )


_KEYS = {"channel", "event", "language", "code", "sign", "text"}


def _binding(given: Any, number: int) -> Binding | list[tuple[str, str]]:
    """The binding that a table holds, or all that is wrong with its shape."""
    if not isinstance(given, dict):
        return [(f"binding {number}: is no table", f"第 {number} 个绑定：不是表")]
    faults = _shape(given, _KEYS, {"variables"}, f"binding {number}", f"第 {number} 个绑定")
    variables = given.get("variables", [])
    if not isinstance(variables, list) or not all(isinstance(v, dict) for v in variables):
        faults.append(
            (f"binding {number}: variables is a list of tables", f"第 {number} 个绑定：variables 要写成表的列表")
        )
        variables = []
    made = []
    for place, one in enumerate(variables, 1):
        en, zh = f"binding {number}, variable {place}", f"第 {number} 个绑定的第 {place} 个变量"
        faults += _shape(one, {"fact"}, {"name", "longest"}, en, zh)
        longest = one.get("longest")
        if not isinstance(longest, int) or isinstance(longest, bool) or longest < 1:
            faults.append((f"{en}: longest is a whole number from 1", f"{zh}：longest 要写不小于 1 的整数"))
            longest = 1
        usual = str(place) if given.get("channel") in NUMBERED else str(one.get("fact"))
        made.append(Variable(str(one.get("name", usual)), str(one.get("fact")), longest))
    return faults or Binding(**{key: str(given[key]) for key in _KEYS}, variables=tuple(made))


def _shape(given: dict[str, Any], needed: set[str], free: set[str], en: str, zh: str) -> list[tuple[str, str]]:
    """What is missing in a table, unknown, or no text; `free` may be left out, and is looked at elsewhere."""
    found = [(f"{en}: {key} is missing", f"{zh}：缺少 {key}") for key in sorted(needed - given.keys())]
    found += [(f"{en}: unknown key {key}", f"{zh}：没有 {key} 这个键") for key in sorted(given.keys() - needed - free)]
    words = sorted((needed | {"name"}) & given.keys())
    bad = [key for key in words if not isinstance(given[key], str) or not given[key].strip()]
    return found + [(f"{en}: {key} is a text", f"{zh}：{key} 要写文字") for key in bad]
