"""The examples in the documentation of functions are true."""

import doctest
import importlib
import pkgutil

import pytest

import notifier

MODULES = sorted(m.name for m in pkgutil.walk_packages(notifier.__path__, "notifier."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
