"""Days that measures limit, held against a reckoning day by day."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.assessment.active import Stretch, limits
from engine.assessment.outcome import DatedSanction
from engine.rulebook.model import SanctionSpec

FIRST = date(2026, 3, 10)


def measure(first, days, kind="traffic_limit", scope="public_domain"):
    starts = FIRST + timedelta(days=first)
    return DatedSanction(SanctionSpec(kind, days=(days, days), scope=scope), starts, starts + timedelta(days=days - 1))


def day(number):
    return FIRST + timedelta(days=number)


GIVEN = st.lists(
    st.tuples(
        st.sampled_from(["V-A", "V-B", "V-C"]),
        st.builds(
            measure,
            st.integers(0, 14),
            st.integers(1, 5),
            st.sampled_from(["traffic_limit", "listing_ban"]),
            st.sampled_from([None, "public_domain"]),
        ),
    ),
    max_size=9,
)


@settings(deadline=None)
@given(GIVEN)
def test_each_day_is_limited_by_exactly_the_violations_whose_measures_hold_on_it(sanctions):
    by_day: dict = {}
    for violation, one in sanctions:
        for n in range((one.ends - one.starts).days + 1):
            key = one.spec.kind, one.spec.scope, one.starts + timedelta(days=n)
            by_day.setdefault(key, set()).add(violation)
    found = {
        (limit.kind, limit.scope, stretch.starts + timedelta(days=n)): set(stretch.violations)
        for limit in limits(sanctions)
        for stretch in limit.stretches
        for n in range((stretch.ends - stretch.starts).days + 1)
    }
    assert found == by_day


@settings(deadline=None)
@given(GIVEN)
def test_limits_are_as_long_as_they_can_be_and_so_are_their_stretches(sanctions):
    found = limits(sanctions)
    for one, other in pairwise(found):
        if (one.kind, one.scope) == (other.kind, other.scope):
            assert one.ends + timedelta(days=1) < other.starts
    for limit in found:
        for one, other in pairwise(limit.stretches):
            assert one.ends + timedelta(days=1) == other.starts
            assert one.violations != other.violations


@settings(deadline=None)
@given(GIVEN, st.randoms())
def test_the_order_in_which_measures_are_given_leaves_no_mark(sanctions, chance):
    shuffled = list(sanctions)
    chance.shuffle(shuffled)
    assert limits(shuffled) == limits(sanctions)


def test_two_limits_that_overlap_are_one_with_a_stretch_for_each_set_of_violations():
    (limit,) = limits([("V-B", measure(2, 3)), ("V-A", measure(0, 3))])
    assert (limit.starts, limit.ends) == (day(0), day(4))
    assert limit.stretches == (
        Stretch(day(0), day(1), ("V-A",)),
        Stretch(day(2), day(2), ("V-A", "V-B")),
        Stretch(day(3), day(4), ("V-B",)),
    )


def test_limits_that_follow_on_one_another_are_one_and_a_free_day_parts_them():
    assert len(limits([("V-A", measure(0, 3)), ("V-B", measure(3, 3))])) == 1
    assert len(limits([("V-A", measure(0, 3)), ("V-B", measure(4, 3))])) == 2


def test_another_kind_or_scope_is_another_limit_and_a_measure_without_days_is_none():
    found = limits(
        [
            ("V-A", measure(0, 3)),
            ("V-A", measure(0, 3, scope=None)),
            ("V-A", measure(0, 3, kind="listing_ban")),
            ("V-A", DatedSanction(SanctionSpec("warning"), None, None)),
        ]
    )
    assert [(limit.kind, limit.scope) for limit in found] == [
        ("listing_ban", "public_domain"),
        ("traffic_limit", None),
        ("traffic_limit", "public_domain"),
    ]
