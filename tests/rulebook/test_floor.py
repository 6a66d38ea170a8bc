"""A floor keeps small samples quiet, and nothing that is not surely small."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.floor import below_floor
from engine.rulebook.model import Figure, Interval

numbers = st.integers(0, 60)
maybe_rounded = st.one_of(numbers, st.builds(lambda low, more: Interval(low, low + more), numbers, numbers))
FLOOR = ("    ladder:", "    notify_floor: {asked: {at_least: 20}}\n    ladder:")


@pytest.fixture(scope="module")
def floored(texts):
    from engine.rulebook.loader import load

    return load("sample.yaml", texts["graded-by-platform"].replace(*FLOOR, 1).encode()).rule.versions[0]


def test_a_rule_file_says_its_floor_and_decides_as_without_it(edited, graded):
    version = edited("graded-by-platform", FLOOR).rule.versions[0]
    assert [(name, str(bound)) for name, bound in version.notify_floor] == [("asked", ">= 20")]
    assert version.sha256 == graded.versions[0].sha256


@given(numerator=maybe_rounded, denominator=maybe_rounded)
def test_below_the_floor_is_what_is_below_it_wherever_it_lies(floored, numerator, denominator):
    ends = (
        range(denominator.low, denominator.high + 1)
        if isinstance(denominator, Interval)
        else range(denominator, denominator + 1)
    )
    assert below_floor(floored, numerator, denominator) == all(number < 20 for number in ends)


@given(numerator=maybe_rounded)
def test_a_number_that_nobody_knows_is_not_small(floored, numerator):
    assert not below_floor(floored, numerator, None)


@given(numerator=maybe_rounded, denominator=maybe_rounded)
def test_without_a_floor_nothing_is_below_it(floored, numerator, denominator):
    assert not below_floor(replace(floored, notify_floor=()), numerator, denominator)
    assert not below_floor(replace(floored, figure=None), numerator, denominator)


@given(number=numbers, denominator=maybe_rounded)
def test_a_floor_may_ask_for_the_numerator_of_a_plain_number(floored, number, denominator):
    (floor,) = floored.notify_floor
    plain = replace(floored, figure=Figure("asked", None), notify_floor=(floor,))
    assert below_floor(plain, number, denominator) == (number < 20)
