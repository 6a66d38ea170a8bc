"""A mistyped home must not look like an installation in which nothing has happened yet."""

from __future__ import annotations

import pytest

from console.cli.main import run

READING = [
    ("status",),
    ("explain", "V-AAAAAAAAAAAA"),
    ("violations", "list"),
    ("violations", "record", "V-AAAAAAAAAAAA", "confirmed", "--why", "x"),
    ("notices", "list"),
    ("notices", "send"),
    ("journal", "verify"),
    ("shops", "list"),
    ("people", "list"),
]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_command_that_reads_makes_no_home_and_says_that_there_is_none(kaohe, home, english, words):
    said = kaohe(*words)
    assert said.code == 2
    assert f"{home} holds no kaohe data; give the right directory with --home" in said.err
    assert said.out == ""
    assert not home.exists()


def test_a_directory_without_a_ledger_stays_as_it_is(kaohe, home, english):
    home.mkdir()
    assert kaohe("shops", "list").code == 2
    assert list(home.iterdir()) == []


def test_assessing_where_nothing_is_lacks_data_and_makes_nothing(kaohe, home, english):
    said = kaohe("assess")
    assert said.code == 3
    assert "holds no kaohe data" in said.err
    assert not home.exists()


@pytest.mark.parametrize("words", [("shops", "add", "xiaohongshu", "s1"), ("worker", "--once")], ids=" ".join)
def test_a_command_that_begins_an_installation_says_where(kaohe, home, english, words):
    said = kaohe(*words)
    assert said.code == 0
    assert f"made the home {home}\n" in said.err
    assert "made the home" not in kaohe(*words).err


@pytest.mark.parametrize("words", [("rules", "list"), ("rules", "check"), ("config",)], ids=" ".join)
def test_what_needs_no_home_asks_for_none(kaohe, home, words):
    assert kaohe(*words).code == 0
    assert not home.exists()


def test_a_ledger_elsewhere_is_an_installation(kaohe, home, tmp_path, monkeypatch):
    monkeypatch.setenv("KAOHE_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    assert kaohe("status").code == 0


def test_the_version_and_the_option_home_are_told(home, capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "kaohe 0.1.0\n"
    assert run(["--help"]) == 0
    assert "--home DIR" in capsys.readouterr().out
    assert run([]) == 2
    told = capsys.readouterr().err
    assert "--home DIR" in told
    assert not told.startswith("kaohe:")
