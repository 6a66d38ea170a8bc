"""The house keeps its shape: small modules that say why they exist, documented commands, locks without addresses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from console.cli.tree import tree

ROOT = Path(__file__).parents[1]
MODULES = sorted(p for top in ("engine", "notifier", "console", "bench") for p in (ROOT / top).rglob("*.py"))


def test_every_module_is_small_and_says_why_it_exists():
    texts = {str(module.relative_to(ROOT)): module.read_text(encoding="utf-8") for module in MODULES}
    assert texts
    assert [name for name, text in texts.items() if text.count("\n") > 500] == []
    assert [name for name, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []


def test_the_median_module_is_short():
    lengths = sorted(len(m.read_text(encoding="utf-8").splitlines()) for m in MODULES)
    assert lengths[len(lengths) // 2] <= 120


def test_every_command_stands_in_the_documentation():
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, command in tree("en").commands.items():
        assert f"kaohe {name}" in text
        for inner in getattr(command, "commands", {}):
            assert inner in text, f"kaohe {name} {inner}"


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda p: p.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock):
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    packages = text.replace("\\\n", "").splitlines()
    assert packages
    for package in packages:
        assert "==" in package
        assert "--hash=sha256:" in package


def test_no_file_holds_a_path_of_one_machine():
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        assert "/home/" not in text
        assert "/Users/" not in text
