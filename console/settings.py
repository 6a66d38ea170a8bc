"""Settings: where things are, how mail leaves. Environment before `kaohe.toml` before defaults; each with its origin.

Secrets come from the environment or from a file that a setting names, and are never printed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.errors import KaoheError, os_words, suggestion
from engine.rulebook.model import Language, Text
from engine.settings import Setting
from notifier import callbacks
from notifier.channels.registry import kinds

LEDGER = "ledger.sqlite"
SHIPPED_RULESETS = Path(__file__).resolve().parents[1] / "rulesets"


SETTINGS = (
    Setting("home", "./kaohe-data", "directory of the ledger, the lake, the cache, the outbox and the secret"),
    Setting("database_url", "", "the ledger elsewhere, e.g. postgresql+psycopg://kaohe@db/kaohe"),
    Setting("lake", "", "the lake elsewhere; needed, and shared, where there is more than one host"),
    Setting("rulesets", "", "a directory of rules used instead of the shipped ones"),
    Setting("extra_rulesets", "", "a directory of rules used besides the shipped ones"),
    Setting("language", "zh-CN", "language of commands and explanations: zh-CN or en"),
    Setting("notice_language", "zh-CN", "language of notices to shops' own contacts: zh-CN or en"),
    Setting("templates", "", "a directory of templates of notices, searched before the shipped ones"),
    Setting("advice", "", "a directory of advice sheets, searched before the shipped ones"),
    Setting("single_notices", "5", "so many notices due at one recipient go out one by one; more are one message"),
    *dict.fromkeys(setting for kind in kinds().values() for setting in kind.settings),  # some kinds share one
    *callbacks.SETTINGS,
    Setting("token", "", "who is at work, by a token of `kaohe tokens create`; empty: the system's user", secret=True),
    Setting("tick_seconds", "5", "how often the worker looks at what is due"),
    Setting("waiting_hours", "24", "how long after an assessment instant evidence that is expected is waited for"),
    Setting("penalty_days", "30", "how long after the assessment day a platform's notice may come"),
    Setting("late_minutes", "10", "what is due, or waits to be sent, longer than this is late"),
    Setting("check_url", "", "asked every minute while all is well: a dead man's switch tells when that stops"),
    Setting("metrics_port", "", "where the worker answers with /metrics; empty: nowhere"),
    Setting("metrics_host", "127.0.0.1", "the address that metrics_port is opened on"),
)
STARS = "********"
_USER = re.compile(r"(://[^:/@]*:)(?:[^/?#]+|[^@]+)@")
_PARAMETER = re.compile(r"([?&][^=&]*password[^=&]*=)[^&#]+", re.IGNORECASE)
REMEDY = {
    "smtp_url": Text(
        "请去掉密码，改设 KAOHE_SMTP_PASSWORD，或在 smtp_password_file 里写出文件",
        "write it without, and set KAOHE_SMTP_PASSWORD, or name a file in smtp_password_file",
    )
}
WHOLE_NUMBERS = {
    "tick_seconds": (1, 3600),
    "waiting_hours": (0, 720),  # a month, by when any evidence has come or never will
    "penalty_days": (1, 366),
    "late_minutes": (1, 10_080),
    "single_notices": (1, 1000),
    "metrics_port": (1, 65_535),
}
_BY_NAME: Mapping[str, Setting] = {s.name: s for s in SETTINGS}


@dataclass(frozen=True, slots=True)
class Origin:
    """A value and where it came from: `--home`, `KAOHE_…`, a file (and its line), or `default`."""

    value: str
    origin: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.origin}:{self.line}" if self.line else self.origin


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of this process. Paths are absolute; nothing is created by looking."""

    values: Mapping[str, Origin]
    faults: Sequence[KaoheError] = ()  # what was passed over, by those who want to tell all of it

    def __getitem__(self, name: str) -> str:
        return self.values[name].value

    @property
    def home(self) -> Path:
        """The directory that everything lives in."""
        return Path(self["home"]).expanduser().absolute()

    @property
    def database_url(self) -> str:
        """Where the ledger is."""
        if self["database_url"]:
            return self["database_url"]
        from sqlalchemy import URL  # noqa: PLC0415  who asks for the address will open the ledger

        # Written as a URL is, since a directory may be called `a?b`, and read again by open_ledger.
        return URL.create("sqlite", database=str(self.home / LEDGER)).render_as_string(hide_password=False)

    @property
    def keeps_ledger(self) -> bool:
        """Whether the ledger is a file in the home."""
        return not self["database_url"]

    @property
    def lake(self) -> Path:
        """Where the day files are."""
        return Path(self["lake"]).expanduser().absolute() if self["lake"] else self.home / "lake"

    @property
    def templates(self) -> tuple[Path, ...]:
        """The directories of templates that stand before the shipped one."""
        return self._directory("templates")

    @property
    def advice(self) -> tuple[Path, ...]:
        """The directories of advice sheets that stand before the shipped one."""
        return self._directory("advice")

    def _directory(self, name: str) -> tuple[Path, ...]:
        return (Path(self[name]).expanduser(),) if self[name] else ()

    @property
    def rulesets(self) -> tuple[Path, ...]:
        """The directories of rules, in order."""
        chosen = [Path(self["rulesets"]).expanduser() if self["rulesets"] else SHIPPED_RULESETS]
        if self["extra_rulesets"]:
            chosen.append(Path(self["extra_rulesets"]).expanduser())
        return tuple(path.absolute() for path in chosen)

    @property
    def language(self) -> Language:
        """`zh-CN` or `en`: that of whoever gives the commands."""
        return "en" if self["language"] == "en" else "zh-CN"

    @property
    def notice_language(self) -> Language:
        """`zh-CN` or `en`: that of shops' own contacts, whoever's command finds what they are told."""
        return "en" if self["notice_language"] == "en" else "zh-CN"

    @property
    def penalty_days(self) -> int:
        """For how many days after the assessment day a platform's notice is expected."""
        return int(self["penalty_days"])

    @property
    def waiting(self) -> timedelta:
        """How long after an assessment instant evidence that is expected is waited for."""
        return timedelta(hours=int(self["waiting_hours"]))

    @property
    def late_after(self) -> timedelta:
        """How long something may be due, or wait to be sent, before it is late."""
        return timedelta(minutes=int(self["late_minutes"]))

    @property
    def metrics_port(self) -> int | None:
        """The port that /metrics is answered on; None where it is not."""
        return int(self["metrics_port"]) if self["metrics_port"] else None

    @property
    def outbox(self) -> Path:
        """Where mails are written that no server takes."""
        return self.home / "outbox"

    def value(self, name: str) -> str:
        """A setting, a secret also from the file that `<name>_file` names; empty where it is not set."""
        if self[name] or not _BY_NAME[name].secret or not (file := self[f"{name}_file"]):
            return self[name]
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise KaoheError(
                f"{name}_file {file} cannot be read: {why}", zh=f"{name}_file {file} 读不了：{why}"
            ) from error

    def shown(self) -> list[dict[str, str | None]]:
        """Every setting with its value (None where it is not set) and origin, secrets masked."""
        return [
            {
                "setting": s.name,
                "value": _shown(s, self.values[s.name].value),
                "origin": self.values[s.name].origin,
            }
            for s in SETTINGS
        ]


def load_settings(
    environment: Mapping[str, str], directory: Path, home: str | None = None, forgiving: bool = False
) -> Settings:
    """Settings from `--home`, the environment, `kaohe.toml` in `directory` (or in the home), and the defaults.

    Raises KaoheError for the first that is wrong; `forgiving` takes the default in its place and notes all faults.
    """
    faults: list[KaoheError] = []

    def refused(fault: KaoheError) -> None:
        if not forgiving:
            raise fault
        faults.append(fault)

    values = {s.name: Origin(s.default, "default") for s in SETTINGS}
    chosen = home or environment.get("KAOHE_HOME")
    for file in [directory / "kaohe.toml", *([Path(chosen) / "kaohe.toml"] if chosen else [])]:
        if _is_there(file):
            values |= _read(file, refused)
    for setting in SETTINGS:
        if environment.get(setting.variable):
            values[setting.name] = Origin(environment[setting.variable], setting.variable)
    if home:
        values["home"] = Origin(home, "--home")
    for name, fault in _faults(values).items():
        refused(fault)
        values[name] = Origin(_BY_NAME[name].default, "default")
    return Settings(values, tuple(faults))


def environment_settings(home: str | None = None, forgiving: bool = False) -> Settings:
    """Settings of this process. Raises as `load_settings` does."""
    return load_settings(os.environ, Path.cwd(), home, forgiving)


def _is_there(file: Path) -> bool:
    """Whether there is such a file. Raises KaoheError where its directory lets nobody look."""
    try:
        return file.is_file()
    except OSError as error:
        raise KaoheError(
            f"{file.parent} cannot be read: {error.strerror}; run kaohe as the user that the directory belongs to, or "
            "give this one the right to",
            zh=f"{file.parent} 读不了：{os_words(error)}；请用该目录所属的用户运行 kaohe，或授予当前用户权限",
        ) from error


def _read(file: Path, refused: Callable[[KaoheError], None]) -> dict[str, Origin]:
    try:
        text = file.read_text(encoding="utf-8")
        document: dict[str, Any] = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        refused(KaoheError(f"{file}: {error}"))
        return {}
    found = {}
    for name, value in document.items():
        line = _line(text, name)
        fault = _misplaced(name, value, f"{file}:{line}" if line else str(file))
        if fault is None:
            found[name] = Origin(str(value), str(file), line)
        else:
            refused(fault)
    return found


def _misplaced(name: str, value: object, where: str) -> KaoheError | None:
    """Why `name = value` may not stand in kaohe.toml, if so."""
    if name not in _BY_NAME:
        return KaoheError(
            f"{where}: unknown setting {name!r}{suggestion(name, _BY_NAME)}",
            zh=f"{where}：没有设置项 {name!r}{suggestion(name, _BY_NAME, 'zh-CN')}",
        )
    if _BY_NAME[name].secret:
        return KaoheError(
            f"{where}: {name} is a secret; set {_BY_NAME[name].variable}, or {name}_file",
            zh=f"{where}：{name} 是机密，不写在这里；请设 {_BY_NAME[name].variable} 或 {name}_file",
        )
    if not isinstance(value, str | int) or isinstance(value, bool):
        return KaoheError(f"{where}: {name} must be text or a whole number", zh=f"{where}：{name} 要写文字或整数")
    if holds_password(str(value)):
        variable = _BY_NAME[name].variable
        remedy = REMEDY.get(name, Text(f"请改设 {variable}", f"set {variable} instead"))
        return KaoheError(
            f"{where}: {name} holds a password, and secrets never stand in this file; {remedy.en}",
            zh=f"{where}：{name} 里有密码，机密不写在这个文件里；{remedy.zh}",
        )
    return None


def _line(text: str, name: str) -> int | None:
    """The line on which a setting stands; TOML's reader does not tell."""
    found = re.search(rf"""^[ \t]*["']?{re.escape(name)}["']?[ \t]*=""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else None


def holds_password(url: str) -> bool:
    """Whether an address has a password in it, before its host or among its parameters.

    >>> holds_password("smtps://user:pw@mail.example.com"), holds_password("smtps://user@mail.example.com")
    (True, False)
    """
    return "://" in url and _masked(url) != url


def _faults(values: Mapping[str, Origin]) -> dict[str, KaoheError]:
    """What is wrong with the values, by setting."""
    found = {}
    url = values["check_url"]
    for name in ("language", "notice_language"):
        if (chosen := values[name]).value not in {"zh-CN", "en"}:
            found[name] = KaoheError(
                f"{chosen}: {name} {chosen.value!r}: zh-CN or en",
                zh=f"{chosen}：{name} {chosen.value!r}：只能是 zh-CN 或 en",
            )
    for name, (least, most) in WHOLE_NUMBERS.items():
        given = values[name]
        if given.value and not _is_whole(given.value, least, most):
            found[name] = KaoheError(
                f"{given}: {name} {given.value!r}: a whole number from {least} to {most}",
                zh=f"{given}：{name} {given.value!r}：要写 {least} 到 {most} 的整数",
            )
    if url.value and not _is_web_address(url.value):
        found["check_url"] = KaoheError(  # its path is a secret, and may be what is wrong: it is not repeated
            f"{url}: check_url: an address that begins with https:// or http:// and names a host",
            zh=f"{url}：check_url：要写以 https:// 或 http:// 开头、带主机名的地址",
        )
    return found


def _is_whole(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and least <= int(text) <= most


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def short_address(url: str) -> str:
    """An address of the web without what may be secret in it: its path, its parameters, a user.

    >>> short_address("https://hc-ping.com/5f0c8f9c-1b1e-4a1f")
    'https://hc-ping.com/…'
    """
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}/…"


def _shown(setting: Setting, value: str) -> str | None:
    if not value:
        return None
    if setting.name == "check_url":
        return short_address(value)
    return STARS if setting.secret else _masked(value)


def _masked(value: str) -> str:
    """An address without the passwords in it; any other value as it is."""
    if "://" not in value:
        return value
    return _PARAMETER.sub(rf"\g<1>{STARS}", _USER.sub(rf"\g<1>{STARS}@", value))
