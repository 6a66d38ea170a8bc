"""The room's own examples run, its values cannot change, and it never reads a clock."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

import engine.calendar
from engine.calendar.cycles import DAY, cycle_of

MODULES = [
    importlib.import_module(f"engine.calendar.{module.name}")
    for module in pkgutil.iter_modules(engine.calendar.__path__)
]
EXAMPLES = {"assessment", "campaigns", "cycles", "days", "deadlines", "hours", "spans", "windows", "zones"}


def short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


@pytest.mark.parametrize("module", MODULES, ids=short)
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.failed == 0
    assert outcome.attempted > 0


def test_every_module_of_the_room_has_examples() -> None:
    assert {short(module) for module in MODULES} >= EXAMPLES


@pytest.mark.parametrize("module", MODULES, ids=short)
def test_every_value_is_frozen_and_has_slots(module: ModuleType) -> None:
    for name, value in inspect.getmembers(module, inspect.isclass):
        if value.__module__ == module.__name__:
            assert dataclasses.is_dataclass(value), name
            assert value.__dataclass_params__.frozen, name
            assert "__slots__" in vars(value), name


def test_a_cycle_cannot_be_changed() -> None:
    cycle = cycle_of(DAY, date(2026, 3, 1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        cycle.key = "2026-03-02"


@pytest.mark.parametrize("module", MODULES, ids=short)
def test_no_clock_is_read(module: ModuleType) -> None:
    tree = ast.parse(Path(inspect.getfile(module)).read_text(encoding="utf-8"))
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not called & {"now", "utcnow", "today", "time_ns", "monotonic", "localtime"}
