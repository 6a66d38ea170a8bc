"""A command line to type at: every command runs in this process, in a home of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest

from console.cli.main import run
from notifier.sms.binding import SAMPLE
from tests.assessment.conftest import one_reasoner_for_all, reasoner  # noqa: F401  fixtures
from tests.log_numbers import WHOLE_NUMBER
from tests.notifier.fake_clouds import KEY, SECRET, Aliyun

HEADER = "platform,shop,session,buyer,agent,opened_by,opened_at,first_human_reply_at,closed_at"
AFTER_W10 = "2026-03-10T10:05+08:00"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def quick(one_duck_for_all: None, one_reasoner_for_all: None) -> None:  # noqa: F811  it asks for the fixture
    """Every command shares the one DuckDB and the one rule engine."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(__import__("os").environ):
        if name.startswith("KAOHE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@dataclass(frozen=True)
class Terminal:
    """Where commands are typed; calling it gives what one answered."""

    home: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Said:
        self.capsys.readouterr()
        code = run([*words, "--home", str(self.home)])
        said = self.capsys.readouterr()
        whole = [found[0] for found in WHOLE_NUMBER.finditer(said.out + said.err) if found[0] not in " ".join(words)]
        assert not whole, f"numbers that nobody typed are shown as a whole: {whole}"
        return Said(code, said.out, said.err)


@pytest.fixture
def kaohe(home: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(home, capsys)


@pytest.fixture
def english(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands and notices speak English; by default they speak Chinese."""
    monkeypatch.setenv("KAOHE_LANGUAGE", "en")
    monkeypatch.setenv("KAOHE_NOTICE_LANGUAGE", "en")


@pytest.fixture
def sessions(tmp_path: Path) -> Callable[[int, int], Path]:
    """A file of one shop's sessions in week 10 of 2026: so many answered, of so many."""

    def write(answered: int, total: int, shop: str = "s1") -> Path:
        path = tmp_path / f"{shop}-{answered}-{total}.csv"
        path.write_text("\n".join([HEADER, *lines(answered, total, shop)]) + "\n", encoding="utf-8")
        return path

    return write


def lines(answered: int, total: int, shop: str) -> Sequence[str]:
    return [
        f"xiaohongshu,{shop},{shop}-{n},customer{n},a1,buyer,2026-03-0{2 + n % 7}T09:00:00,"
        f"{f'2026-03-0{2 + n % 7}T09:05:00' if n < answered else ''},2026-03-0{2 + n % 7}T10:00:00"
        for n in range(total)
    ]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aliyun]:
    """A provider of text messages, with which the commands are set up."""
    with Aliyun() as found:
        monkeypatch.setenv("KAOHE_ALIYUN_SMS_KEY_ID", KEY)
        monkeypatch.setenv("KAOHE_ALIYUN_SMS_KEY_SECRET", SECRET)
        monkeypatch.setenv("KAOHE_ALIYUN_SMS_ENDPOINT", found.url)
        monkeypatch.setenv("KAOHE_SMS_BINDINGS", str(SAMPLE))
        yield found


@pytest.fixture
def become(kaohe: Terminal, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From here on the commands are somebody's with this role (and what narrows it)."""

    def as_somebody(*role: str) -> None:
        kaohe("users", "add", "root", "--os", getuser(), "--role", "administrator")
        kaohe("users", "add", "somebody", "--role", *role)
        end = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
        monkeypatch.setenv("KAOHE_TOKEN", kaohe("tokens", "create", "somebody", "t", "--until", end).out.split()[0])

    return as_somebody
