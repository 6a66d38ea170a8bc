"""What the tests spare themselves changes nothing of what they look at, and loses none of them."""

import subprocess
import sys
from contextlib import closing
from sqlite3 import connect

import pytest

from engine.ledger.database import open_ledger
from tests.haste import unhastened

CHANCE = "tests/assessment/test_due_by_chance.py"
BOTH = "tests/assessment/test_booking.py"


def dump(path):
    """All that a new ledger holds; constraints in one order, as the migrations write them in any."""
    open_ledger(f"sqlite:///{path}").dispose()
    with closing(connect(path)) as ledger:
        held = sorted(sorted(line.strip(" \t,;)") for line in part.split("\n")) for part in ledger.iterdump())
        return held, ledger.execute("PRAGMA journal_mode").fetchone()


def test_a_ledger_made_in_haste_is_the_one_that_the_migrations_make(tmp_path, sqlite_template):
    assert sqlite_template.is_file()  # by now one was migrated, so that the next one is not
    with unhastened():
        migrated = dump(tmp_path / "migrated.sqlite")
    assert dump(tmp_path / "hasty.sqlite") == migrated
    assert len(migrated[0]) > 50


def collected(pytestconfig, *options):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-qq",
        "-p",
        "no:cacheprovider",
        *options,
        CHANCE,
        BOTH,
    ]
    told = subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True, check=True).stdout
    return {
        path: int(number) for path, _, number in (line.partition(": ") for line in told.split("\n") if ": " in line)
    }


@pytest.mark.slow
def test_what_the_quick_suite_leaves_out_is_in_the_whole(pytestconfig):
    quick, rest, whole = (collected(pytestconfig, "-m", marks) for marks in ("not slow", "slow", "slow or not slow"))
    assert {path: quick[path] + rest[path] for path in quick} == whole
    assert (quick[CHANCE], whole[CHANCE]) == (30, 150)
    assert whole[BOTH] / 2 < quick[BOTH] < whole[BOTH]
