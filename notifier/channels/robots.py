"""The file of chat robots and web hooks: their keys and secrets, so that these stand nowhere else.

A contact names an entry (`wecom:ops` is `[wecom.ops]`), and an entry is all that the ledger, the journal and messages
ever hold of it. No message repeats a value of this file.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, get_type_hints
from urllib.parse import urlsplit

from engine.errors import KaoheError, os_words, suggestion
from engine.rulebook.model import Text
from engine.settings import Setting
from notifier.channels.contract import Letter
from notifier.channels.http import DEADLINE_S
from notifier.channels.kind import Address, Form, Kind, Setup
from notifier.channels.outcome import Outcome
from notifier.channels.registry import kinds

ROBOTS_FILE = Setting(
    "robots_file", "", "a file of chat robots and web hooks with their keys, readable by its owner alone"
)
NO_NAME = Text(
    "不是机器人的名字：小写字母或数字开头，只用小写字母、数字、- 和 _，最多 64 个字符",
    "is no name of a robot: small letters, digits, - and _, at most 64, the first a letter or a digit",
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MOBILE = re.compile(r"\+?[0-9][0-9-]{4,18}[0-9]")
_TYPES: Mapping[object, Text] = {
    str: Text(
        "要写非空的文字，只用可见的 ASCII 字符、不含空格", "must be text of visible ASCII characters, without blanks"
    ),
    bool: Text("要写 true 或 false", "must be true or false"),
    tuple[str, ...]: Text(
        '要写手机号的列表，如 ["13800001234"]', 'must be a list of mobile numbers like ["13800001234"]'
    ),
}


class Entry(Protocol):
    """One entry of the file: a frozen dataclass of texts, flags and lists of mobile numbers."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def fault(self) -> Text | None:
        """What is wrong with it as a whole; without any of its values."""
        ...

    def secrets(self) -> Collection[str]:
        """What no answer may repeat."""
        ...


E = TypeVar("E", bound=Entry)
Carry = Callable[[E, Letter, datetime, float], Outcome]


@dataclass(frozen=True, slots=True)
class Robots(Generic[E]):
    """The sound entries of one kind, by name, and the file in which they stand.

    `faults`: what is wrong with others (`wecom:ops`), and with what stands there of no kind (`wechat`).
    """

    kind: str
    file: Path
    entries: Mapping[str, E]
    faults: Mapping[str, KaoheError] = field(default_factory=dict)

    def missing(self, name: str) -> KaoheError:
        """Why nothing can be sent to a name that has no sound entry."""
        return self.faults.get(f"{self.kind}:{name}") or KaoheError(
            f"{self.file} has no [{self.kind}.{name}]: add it there, with its keys",
            zh=f"{self.file} 里没有 [{self.kind}.{name}]；请在那里补上这一节及其密钥",
        )


@dataclass(frozen=True, slots=True)
class RobotChannel(Generic[E]):
    """A channel whose addresses are entries of the file; `carry` takes one letter to one of them, within a time."""

    robots: Robots[E]
    carry: Carry[E]
    deadline_s: float = DEADLINE_S

    def send(self, letter: Letter, now: datetime) -> Outcome:
        """Send the letter once; no answer repeats a secret."""
        robot = self.robots.entries.get(letter.recipient)
        if robot is None:
            return Outcome.of("misconfigured", str(self.robots.missing(letter.recipient)))
        return concealed(self.carry(robot, letter, now, self.deadline_s), robot)

    def faults(self) -> Mapping[str, KaoheError]:
        """What is wrong with entries of the file, by address; only letters to them wait."""
        return self.robots.faults

    def fault_of(self, recipient: str) -> KaoheError | None:
        """Why nothing can be sent to the entry of this name; None where it can."""
        return None if recipient in self.robots.entries else self.robots.missing(recipient)

    def settle(self, letter: Letter, since: datetime) -> Outcome | None:  # noqa: ARG002  the contract's signature
        """None: neither a robot nor a web hook can be asked whether it has a message."""
        return None


def robot_kind(name: str, title: Text, shape: type[E], carry: Carry[E], form: Form = "chat") -> Kind:
    """The kind of channel whose entries have this shape."""

    def build(setup: Setup) -> RobotChannel[E] | None:
        robots = robots_of(setup, name, shape)
        return RobotChannel(robots, carry) if robots else None

    return Kind(name, title, form, read_name, build, faults=(NO_NAME,), settings=(ROBOTS_FILE,))


def named_channels() -> frozenset[str]:
    """The channels whose addresses are names of entries, which tell nothing of anybody."""
    return frozenset(kind.name for kind in kinds().values() if ROBOTS_FILE in kind.settings)


def read_name(text: str) -> Address:
    """An address as the name of an entry, in small letters."""
    name = text.strip().lower()
    return Address(name) if _NAME.fullmatch(name) else Address(text, NO_NAME)


def robots_of(setup: Setup, kind: str, shape: type[E]) -> Robots[E] | None:
    """The entries of this kind; None where there is no file, or none in it.

    Raises KaoheError where the file cannot be read, or something is wrong with it and nothing in it is sound.
    """
    given = setup.value(ROBOTS_FILE.name)
    if not given:
        return None
    file = Path(given).expanduser().absolute()
    document = _document(file)
    known = sorted(named_channels())
    wrong = {name: _misplaced(name, tables, known) for name, tables in document.items()}
    if kind not in document and not all(wrong.values()):
        return None  # what is wrong there is told by those that are in it
    faults = {name: [fault] for name, fault in wrong.items() if fault}
    entries: dict[str, E] = {}
    for name, table in {} if wrong.get(kind) else document.get(kind, {}).items():
        read = _entry(kind, name, shape, table)
        if isinstance(read, list):
            faults[f"{kind}:{name}"] = read
        else:
            entries[name] = read
    if faults and not entries:
        raise _told(file, [fault for found in faults.values() for fault in found])
    return (
        Robots(kind, file, entries, {name: _told(file, found) for name, found in faults.items()}) if entries else None
    )


def _told(file: Path, faults: Sequence[Text]) -> KaoheError:
    en, zh = "; ".join(fault.en for fault in faults), "；".join(fault.zh for fault in faults)
    return KaoheError(f"{file}: {en}", zh=f"{file}：{zh}")


def concealed(outcome: Outcome, entry: Entry) -> Outcome:
    """The outcome without anything of the entry that its answer may repeat."""
    answer = outcome.answer
    for secret in sorted(entry.secrets(), key=len, reverse=True):
        answer = answer.replace(secret, "****")
    return dataclasses.replace(outcome, answer=answer)


def base_fault(base: str) -> Text | None:
    """What is wrong with an address of a provider. Keys would travel unencrypted over http, but to this very host."""
    parts = address_parts(base)
    if parts and (parts[0] == "https" or parts[1] in {"localhost", "127.0.0.1", "::1"}):
        return None
    return Text("base 要写 https:// 开头的地址", "base must be an address that begins with https://")


def address_parts(url: str) -> tuple[str, str] | None:
    """The scheme and the host of a web address; None where it is none, or has a user in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    sound = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    return (parts.scheme, parts.hostname or "") if sound else None


def whole_address(key: str, value: str) -> Text | None:
    """The fault of a key that was given as the provider shows it: inside an address."""
    if "/" not in value:
        return None
    return Text(
        f"{key} 只写地址末尾的那一串，不写整个地址", f"{key} is the last part of the address alone, not all of it"
    )


def _document(file: Path) -> Mapping[str, Any]:
    """What stands in the file, by kind."""
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise KaoheError(
                    f"{file} holds secrets and may be read or written by others than its owner; run chmod 600 {file}",
                    zh=f"{file} 里有机密，却不只有其所有者能读写；请执行 chmod 600 {file}",
                )
            return tomllib.load(stream)
    except OSError as error:
        raise KaoheError(
            f"robots_file {file} cannot be read: {error.strerror}", zh=f"robots_file {file} 读不了：{os_words(error)}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KaoheError(f"{file}: {error}", zh=f"{file} 不是正确的 TOML：{error}") from None


def _misplaced(kind: str, tables: object, known: Collection[str]) -> Text | None:
    """Why this may not stand at the top of the file, if so."""
    if kind not in known:
        return Text(
            f"没有 [{kind}] 这种机器人{suggestion(kind, known, 'zh-CN')}",
            f"[{kind}] is no kind of robot{suggestion(kind, known)}",
        )
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        return Text(
            f"每个机器人的各项之上要写 [{kind}.名字]，名字即联系方式 {kind}:名字 里的名字",
            f"write [{kind}.NAME] above the keys of each robot, NAME as in {kind}:NAME",
        )
    return None


def _entry(kind: str, name: str, shape: type[E], table: Mapping[str, Any]) -> E | list[Text]:
    """One entry, or all that is wrong with it: unknown, missing and wrong keys."""
    found: list[Text] = []

    def wrong(what: Text, key: str = "") -> None:
        where = f"[{kind}.{name}] {key}".strip()
        found.append(Text(f"{where} {what.zh}", f"{where} {what.en}"))

    if not _NAME.fullmatch(name):
        wrong(NO_NAME)
    types = get_type_hints(shape)
    fields = {f.name: f.default is dataclasses.MISSING for f in dataclasses.fields(shape)}
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    for key, value in values.items():
        if key not in fields:
            wrong(
                Text(f"不是这里的项{suggestion(key, fields, 'zh-CN')}", f"is no key of it{suggestion(key, fields)}"),
                key,
            )
        elif not _fits(value, types[key]):
            wrong(_TYPES[types[key]], key)
    for key, needed in fields.items():
        if needed and key not in table:
            wrong(Text("没有写，而它必不可少", "is missing, and cannot be done without"), key)
    if found:
        return found
    entry = shape(**values)
    if fault := entry.fault():
        wrong(fault)
    return found or entry


def _fits(value: object, wanted: object) -> bool:
    if isinstance(value, tuple):
        return wanted == tuple[str, ...] and all(isinstance(v, str) and _MOBILE.fullmatch(v) for v in value)
    if isinstance(value, str):
        return wanted is str and bool(value) and value.isascii() and value.isprintable() and " " not in value
    return isinstance(value, bool) and wanted is bool
