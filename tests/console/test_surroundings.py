"""A home nobody may look into, a lake that may only be read, a full disk: told in both languages, nothing by halves.

Commands run as processes that file permissions hold for: root's own power over them is taken away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.fixture
def bound(home, english):
    """Types a command as somebody who has only the rights that the files give; `before` stands before it."""

    def type_in(*words, language="en", before=()):
        environment = os.environ | {"KAOHE_LANGUAGE": language, "KAOHE_HOME": str(home)}
        command = [*before, *BOUND, sys.executable, "-m", "console.cli", *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)

    return type_in


@pytest.fixture
def taken(kaohe, sessions, home):
    """A home with a week of evidence that is not assessed yet."""
    assert kaohe("import", str(sessions(79, 100)), "--kind", "sessions").code == 0
    return home


def everything(home):
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and "cache" not in path.parts}


def locked(path, mode):
    for place in [path, *path.rglob("*")]:
        place.chmod(mode if place.is_dir() else mode & 0o666)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "cannot be read: Permission denied; run kaohe as the user"),
        pytest.param("zh-CN", "读不了", marks=pytest.mark.slow),
    ],
)
def test_a_home_that_may_not_be_looked_into_is_told(bound, taken, language, words):
    before = everything(taken)
    taken.chmod(0)
    try:
        said = bound("assess", language=language)
    finally:
        taken.chmod(0o700)
    assert (said.returncode, said.stdout) == (2, "")
    assert words in said.stderr
    assert str(taken) in said.stderr
    assert "Traceback" not in said.stderr
    assert everything(taken) == before


def test_a_ledger_that_may_only_be_read_is_told_before_anything_is_written(bound, taken):
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (taken / name).unlink(missing_ok=True)
    (taken / "ledger.sqlite").chmod(0o400)
    taken.chmod(0o500)
    before = everything(taken)
    try:
        said = bound("assess", language="zh-CN")
    finally:
        taken.chmod(0o700)
    assert said.returncode == 2
    assert "ledger.sqlite" in said.stderr
    assert "Traceback" not in said.stderr
    assert everything(taken) == before


def test_a_lake_that_may_only_be_read_is_assessed_and_takes_no_import(bound, taken, sessions, kaohe):
    locked(taken / "lake", 0o555)
    try:
        assert bound("assess", "--as-of", "2026-03-10T10:05").returncode == 0
        head = kaohe("journal", "verify").out
        said = bound("import", str(sessions(80, 100)), "--kind", "sessions", language="zh-CN")
    finally:
        locked(taken / "lake", 0o755)
    assert said.returncode == 2
    assert f"数据湖 {taken / 'lake'} 写不进去" in said.stderr
    assert kaohe("journal", "verify").out == head
    assert kaohe("import", str(sessions(80, 100)), "--kind", "sessions").code == 0


@pytest.mark.parametrize("limit", [20_000, *(pytest.param(n, marks=pytest.mark.slow) for n in (2_000, 60_000))])
def test_a_disk_that_fills_up_while_assessing_leaves_old_or_new_and_the_next_run_completes(bound, taken, kaohe, limit):
    """A limit on the size of files stands in for the disk: the cache meets it, or the ledger."""
    asked = ("assess", "--as-of", "2026-03-10T10:05", "--from", "2026-03-10", "--json")
    head = kaohe("journal", "verify").out
    said = bound(*asked, before=["prlimit", f"--fsize={limit}"])
    assert said.returncode == 2, said.stderr
    assert "Traceback" not in said.stderr
    assert said.stderr.startswith("kaohe: ")
    assert kaohe("journal", "verify").out == head
    assert kaohe("violations", "list", "--json").rows == []
    again = kaohe(*asked)
    assert again.code == 0
    assert [json.loads(line)["verdict"] for line in again.out.splitlines()] == ["violation"]
