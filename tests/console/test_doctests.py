"""The examples in the console's docstrings, and in the errors that it shows, hold."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "console.phrases",
    "console.sentences",
    "console.cli.main",
    "console.local_time",
    "console.reports.look",
    "console.reports.safe",
    "console.reports.sheet",
    "console.reports.shown",
    "console.settings",
    "engine.errors",
    "engine.numbers",
)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_hold(module):
    failed, attempted = doctest.testmod(importlib.import_module(module))
    assert attempted
    assert failed == 0
