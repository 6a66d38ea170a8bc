"""The examples in the documentation of functions are true."""

import doctest
import importlib
import pkgutil

import pytest

import engine.evidence

MODULES = sorted(m.name for m in pkgutil.walk_packages(engine.evidence.__path__, "engine.evidence."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
