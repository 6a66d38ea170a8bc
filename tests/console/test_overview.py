"""`kaohe --help` tells of every command without importing any, and a command imports only what it uses."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

from console import desk
from console.cli.overview import OVERVIEW
from console.cli.tree import tree

HEAVY = ["alembic", "apscheduler", "duckdb", "jinja2", "pydantic", "rich.console", "sqlalchemy", "sqlglot", "yaml"]
TYPED = """
import sys
from console.cli.main import run
code = run(sys.argv[2:])
print("imported:", *(name for name in sys.argv[1].split(",") if name in sys.modules))
sys.exit(code)
"""


@pytest.fixture
def imported(home):
    """What of HEAVY a process has imported by the end of a command."""

    def run(*words):
        command = [sys.executable, "-c", TYPED, ",".join(HEAVY), *words, "--home", str(home)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return said.splitlines()[-1].split()[1:]

    return run


@pytest.mark.parametrize("word", OVERVIEW)
def test_the_overview_says_of_each_command_what_its_own_help_says(word):
    assert OVERVIEW[word].help == tree("en").commands[word].help


def test_the_overview_is_told_without_importing_what_commands_work_with(imported):
    assert imported("--help") == []


def test_a_worker_has_imported_at_its_start_what_its_desk_opens_later():
    parsed = ast.parse(inspect.getsource(desk))
    later = {node.module for node in ast.walk(parsed) if isinstance(node, ast.ImportFrom) and node.col_offset > 4}
    assert {"engine.ledger.database", "engine.evidence.lake"} < later
    by_import_alone = {"engine.evidence.secret", "engine.tracker.attachments"}
    code = f"import sys, console.cli.worker; print(*({later - by_import_alone} - set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
