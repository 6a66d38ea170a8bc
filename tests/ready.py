"""What many tests begin with, built once in a process by what builds it and copied for each test.

A home is a directory and an office a directory and a ledger, so a copy of these is the thing itself: neither keeps the
path that it was built under. What builds it must lead to the same each time, whatever the test.
"""

import os
import shutil
import sqlite3
from copy import deepcopy
from functools import wraps
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

_shelf = TemporaryDirectory(prefix="kaohe-ready-")
_numbers = count(1)
_homes = {}  # of each fixture and its settings: the copy, and what the fixture answered
_ledgers = {}  # of each way to fill one: the copy
_offices = {}  # of each way to build one: the copy, what it answered, and how many files the office had


def ready_home(fixture):
    """A fixture that types at `kaohe` in a fresh home, run once for all tests of a process.

    It answers what does not depend on the home's place: names, figures or nothing.
    """

    @wraps(fixture)
    def given(**needed):
        place = needed["kaohe"].home.parent
        settings = frozenset(item for item in os.environ.items() if item[0].startswith("KAOHE_"))
        key = fixture, settings
        if key in _homes:
            copy, answer = _homes[key]
            shutil.copytree(copy, place, dirs_exist_ok=True)
        else:
            answer = fixture(**needed)
            copy = _place()
            shutil.copytree(place, copy)
            _homes[key] = copy, answer
        return deepcopy(answer)

    return given


def ready_office(office, build):
    """Have `build()` fill a fresh `office` and give its answer; in SQLite that is done once for each such function.

    `build` depends on nothing but the office and what is the same in each test. On PostgreSQL it is run each time.
    """
    if office.ledger.dialect.name != "sqlite":
        return build()
    assert not any(office.home.iterdir()), "the office is not fresh"
    key = build.__code__
    if key in _offices:
        copy, answer, files = _offices[key]
        shutil.copytree(copy / "home", office.home, dirs_exist_ok=True)
        _copy_ledger(copy / "ledger", office.ledger.url.database)
        office.skip_files(files)
    else:
        answer = build()
        copy = _place()
        shutil.copytree(office.home, copy / "home")
        _copy_ledger(office.ledger.url.database, copy / "ledger")
        _offices[key] = copy, answer, len(list(office.home.glob("*.csv")))
    return deepcopy(answer)


def ready_ledger(ledger, build):
    """Have `build()` fill a fresh `ledger`; as for an office, in SQLite that is done once for each such function."""
    if ledger.dialect.name != "sqlite":
        build()
    elif build.__code__ in _ledgers:
        _copy_ledger(_ledgers[build.__code__], ledger.url.database)
    else:
        build()
        _ledgers[build.__code__] = copy = _place()
        _copy_ledger(ledger.url.database, copy)


def _place():
    return Path(_shelf.name) / str(next(_numbers))


def _copy_ledger(source, target):
    """Copy it as SQLite does, under whoever has it open."""
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()
