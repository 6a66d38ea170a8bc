"""Speaking must not crash the work: any encoding, a reader that has gone, a disk that is full, a closed stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ALIAS = "小禾🌱é"


@pytest.fixture
def spoken(kaohe, home):
    """Runs `kaohe` as a process over one shop with a name for every encoding's nightmares; extra variables count."""
    kaohe("shops", "add", "xiaohongshu", "s1", "--alias", ALIAS)

    def run(*words, out=subprocess.PIPE, **environment):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KAOHE_", "PYTHON", "LC_", "LANG"))}
        command = [sys.executable, "-m", "console.cli", *words, "--home", str(home)]
        return subprocess.run(command, env=kept | environment, stdout=out, stderr=subprocess.PIPE, check=False)

    return run


OTHERS = ("latin-1", "ascii", "utf-8", "gb18030")  # each is a process of its own, which takes a second

OUTPUTS = [
    ("shops", "list"),
    *(pytest.param(w, marks=pytest.mark.slow) for w in (("shops", "list", "--json"), ("--help",))),
]


@pytest.mark.parametrize("encoding", ["gbk", *(pytest.param(e, marks=pytest.mark.slow) for e in OTHERS)])
def test_any_encoding_is_spoken_and_nothing_is_lost(spoken, encoding):
    said = spoken("shops", "list", PYTHONIOENCODING=encoding)
    assert (said.returncode, said.stderr) == (0, b"")
    shown = said.stdout.decode(encoding)
    for character in ALIAS:
        assert character in shown or character.encode("ascii", "backslashreplace").decode() in shown


def test_a_posix_locale_is_spoken_too(spoken):
    said = spoken("status", LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (said.returncode, said.stderr) == (0, b"")


@pytest.mark.parametrize("encoding", ["gbk", *(pytest.param(e, marks=pytest.mark.slow) for e in ("latin-1", "ascii"))])
def test_json_is_utf_8_whatever_the_terminal_speaks(spoken, encoding):
    said = spoken("shops", "list", "--json", PYTHONIOENCODING=encoding)
    assert said.returncode == 0
    assert json.loads(said.stdout.decode("utf-8"))["alias"] == ALIAS
    assert said.stdout == spoken("shops", "list", "--json").stdout


@pytest.mark.parametrize("words", OUTPUTS)
def test_a_full_disk_behind_the_output_is_told_as_what_it_is(spoken, home, words):
    with Path("/dev/full").open("wb") as full:
        said = spoken(*words, out=full)
    assert said.returncode == 2
    told = said.stderr.decode()
    assert "磁盘已满" in told
    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert not (home / "faults.log").exists()


@pytest.mark.parametrize("words", OUTPUTS)
def test_a_reader_that_has_gone_ends_it_quietly(spoken, words):
    read, write = os.pipe()
    os.close(read)
    said = spoken(*words, out=write)
    os.close(write)
    assert (said.returncode, said.stderr) == (0, b"")


def test_a_closed_stream_is_no_fault(spoken, home):
    line = f'"{sys.executable}" -m console.cli shops list --home "{home}" >&- 2>&-'
    assert subprocess.run(["sh", "-c", line], check=False).returncode == 0


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_line_ends_in_blanks_and_columns_stand_below_each_other(kaohe, monkeypatch, language):
    monkeypatch.setenv("KAOHE_LANGUAGE", language)
    kaohe("shops", "add", "xiaohongshu", "s1", "--alias", "小禾母婴", "--client", "禾苗集团")
    kaohe("shops", "add", "xiaohongshu", "a-long-one", "--alias", "b", "--client", "c")
    lines = kaohe("shops", "list").out.splitlines()
    assert len(lines) == 3
    assert all(line == line.rstrip() for line in lines)
    yes = "是" if language == "zh-CN" else "yes"
    starts = {len(line.removesuffix(yes).encode("gbk")) for line in lines[1:]}  # in GBK as in a terminal: 2 for 1
    assert len(starts) == 1
