"""What the READMEs show is what kaohe answers after `make demo`, to the letter; a line `…` leaves lines out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from console.cli.main import run

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def shown(readme: str) -> list[tuple[list[str], list[str]]]:
    """The commands of a README that come with their answers."""
    found = []
    for block in BLOCK.findall((ROOT / readme).read_text(encoding="utf-8")):
        for part in block.removeprefix("$ ").split("\n$ "):
            command, *answer = part.strip("\n").splitlines()
            if command.startswith("kaohe ") and answer:
                found.append((shlex.split(command)[1:], answer))
    return found


@pytest.mark.parametrize("readme", READMES)
def test_what_the_readme_shows_is_what_kaohe_answers(demo_place, readme, capsys):
    examples = shown(readme)
    assert [words[0] for words, _ in examples] == ["assess", "explain"]
    for words, answer in examples:
        capsys.readouterr()
        assert run(words) == 0
        said = capsys.readouterr().out.rstrip("\n").splitlines()
        parts = [part.strip("\n") for part in re.split(r"^…$", "\n".join(answer), flags=re.MULTILINE)]
        if len(parts) == 1:
            assert said == answer
        text, at = "\n".join(said), 0
        for part in filter(None, parts):
            assert part in text[at:], part
            at = text.index(part, at) + len(part)


@pytest.mark.parametrize("readme", READMES)
def test_every_command_that_the_readme_names_exists(readme):
    text = (ROOT / readme).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|\$ )kaohe ([a-z]+(?: (?:import|list|verify))?)", text))
    assert len(named) > 8
    for words in named:
        assert run([*words.split(), "--help"]) == 0


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_says_where_kaohe_is(readme):
    assert "`.venv/bin/kaohe`" in (ROOT / readme).read_text(encoding="utf-8")
