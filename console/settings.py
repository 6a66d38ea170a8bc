"""Settings: where things are, how mail leaves. Environment before `kaohe.toml` before defaults; each with its origin.

Secrets come from the environment or from a file that a setting names, and are never printed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from engine.errors import KaoheError, suggestion
from engine.rulebook.model import Language, Text

LEDGER = "ledger.sqlite"
SHIPPED_RULESETS = Path(__file__).resolve().parents[1] / "rulesets"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `name` as in kaohe.toml; in the environment it is KAOHE_ and the name in capitals."""

    name: str
    default: str
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return "KAOHE_" + self.name.upper()


SAMPLE_SENDER = "kaohe@example.com"  # good enough for files in the outbox

SETTINGS = (
    Setting("home", "./kaohe-data", "directory of the ledger, the lake, the cache, the outbox and the secret"),
    Setting("database_url", "", "the ledger elsewhere, e.g. postgresql+psycopg://kaohe@db/kaohe"),
    Setting("lake", "", "the lake elsewhere; needed, and shared, where there is more than one host"),
    Setting("rulesets", "", "a directory of rules used instead of the shipped ones"),
    Setting("extra_rulesets", "", "a directory of rules used besides the shipped ones"),
    Setting("language", "zh-CN", "language of commands, notices and explanations: zh-CN or en"),
    Setting(
        "smtp_url",
        "",
        "how mail leaves: smtp://, smtp+starttls:// or smtps://user@host:port; empty: .eml files",
    ),
    Setting("smtp_password", "", "password for smtp_url", secret=True),
    Setting("smtp_password_file", "", "a file that holds the password for smtp_url"),
    Setting("mail_from", SAMPLE_SENDER, "the sender of mail; needed with smtp_url"),
    Setting("tick_seconds", "5", "how often the worker looks at what is due"),
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
    def rulesets(self) -> tuple[Path, ...]:
        """The directories of rules, in order."""
        chosen = [Path(self["rulesets"]).expanduser() if self["rulesets"] else SHIPPED_RULESETS]
        if self["extra_rulesets"]:
            chosen.append(Path(self["extra_rulesets"]).expanduser())
        return tuple(path.absolute() for path in chosen)

    @property
    def language(self) -> Language:
        """`zh-CN` or `en`."""
        return "en" if self["language"] == "en" else "zh-CN"

    @property
    def smtp_password(self) -> str | None:
        """The password for mail, from the environment or the file that is named; None where there is none."""
        if self["smtp_password"]:
            return self["smtp_password"]
        if not self["smtp_password_file"]:
            return None
        path = Path(self["smtp_password_file"])
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise KaoheError(
                f"smtp_password_file {path} cannot be read: {error.strerror}",
                zh=f"smtp_password_file {path} 读不了：{error.strerror}",
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


def load_settings(environment: Mapping[str, str], directory: Path, home: str | None = None) -> Settings:
    """Settings from `--home`, the environment, `kaohe.toml` in `directory` (or in the home), and the defaults."""
    values = {s.name: Origin(s.default, "default") for s in SETTINGS}
    chosen = home or environment.get("KAOHE_HOME")
    for file in [directory / "kaohe.toml", *([Path(chosen) / "kaohe.toml"] if chosen else [])]:
        if _is_there(file):
            values |= _read(file)
    for setting in SETTINGS:
        if environment.get(setting.variable):
            values[setting.name] = Origin(environment[setting.variable], setting.variable)
    if home:
        values["home"] = Origin(home, "--home")
    settings = Settings(values)
    _check(settings)
    return settings


def environment_settings(home: str | None = None) -> Settings:
    """Settings of this process."""
    return load_settings(os.environ, Path.cwd(), home)


def _is_there(file: Path) -> bool:
    """Whether there is such a file. Raises KaoheError where its directory lets nobody look."""
    try:
        return file.is_file()
    except OSError as error:
        raise KaoheError(
            f"{file.parent} cannot be read: {error.strerror}; run kaohe as the user that the directory belongs to, or "
            "give this one the right to",
            zh=f"{file.parent} 读不了：{error.strerror}；请用该目录所属的用户运行 kaohe，或授予当前用户权限",
        ) from error


def _read(file: Path) -> dict[str, Origin]:
    try:
        text = file.read_text(encoding="utf-8")
        document: dict[str, Any] = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KaoheError(f"{file}: {error}") from error
    found = {}
    for name, value in document.items():
        line = _line(text, name)
        where = f"{file}:{line}" if line else str(file)
        if name not in _BY_NAME:
            raise KaoheError(
                f"{where}: unknown setting {name!r}{suggestion(name, _BY_NAME)}",
                zh=f"{where}：没有设置项 {name!r}{suggestion(name, _BY_NAME, 'zh-CN')}",
            )
        if _BY_NAME[name].secret:
            raise KaoheError(
                f"{where}: {name} is a secret; set {_BY_NAME[name].variable}, or {name}_file",
                zh=f"{where}：{name} 是机密，不写在这里；请设 {_BY_NAME[name].variable} 或 {name}_file",
            )
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise KaoheError(f"{where}: {name} must be text or a whole number", zh=f"{where}：{name} 要写文字或整数")
        if holds_password(str(value)):
            variable = _BY_NAME[name].variable
            remedy = REMEDY.get(name, Text(f"请改设 {variable}", f"set {variable} instead"))
            raise KaoheError(
                f"{where}: {name} holds a password, and secrets never stand in this file; {remedy.en}",
                zh=f"{where}：{name} 里有密码，机密不写在这个文件里；{remedy.zh}",
            )
        found[name] = Origin(str(value), str(file), line)
    return found


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


def _check(settings: Settings) -> None:
    language, tick = settings.values["language"], settings.values["tick_seconds"]
    if language.value not in {"zh-CN", "en"}:
        raise KaoheError(
            f"{language}: language {language.value!r}: zh-CN or en",
            zh=f"{language}：language {language.value!r}：只能是 zh-CN 或 en",
        )
    if not tick.value.isascii() or not tick.value.isdigit() or not 1 <= int(tick.value) <= 3600:
        raise KaoheError(
            f"{tick}: tick_seconds {tick.value!r}: a whole number from 1 to 3600",
            zh=f"{tick}：tick_seconds {tick.value!r}：要写 1 到 3600 的整数",
        )


def _shown(setting: Setting, value: str) -> str | None:
    if not value:
        return None
    return STARS if setting.secret else _masked(value)


def _masked(value: str) -> str:
    """An address without the passwords in it; any other value as it is."""
    if "://" not in value:
        return value
    return _PARAMETER.sub(rf"\g<1>{STARS}", _USER.sub(rf"\g<1>{STARS}@", value))
