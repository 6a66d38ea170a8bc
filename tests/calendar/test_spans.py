"""Sets of days as spans do what sets of days do."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.calendar.spans import FOR_EVER, holds, joined, span_words, within, without

FIRST = date(2026, 3, 1)
days = st.integers(0, 20).map(lambda n: FIRST + timedelta(days=n))
spans = st.lists(st.tuples(days, days), max_size=5)
EVERY = [FIRST + timedelta(days=n) for n in range(-1, 23)]


def as_set(spans):
    return {day for day in EVERY for first, last in spans if first <= day <= last}


def normal(spans):
    """Ascending, and with a day between any two."""
    ends = [day for span in spans for day in span]
    gaps = [b[0] - a[1] > timedelta(days=1) for a, b in pairwise(spans)]
    return ends == sorted(ends) and all(gaps)


@given(spans, spans, days, days)
def test_spans_are_sets_of_days(some, others, first, last):
    whole = joined(some)
    assert as_set(whole) == as_set(some)
    left = without(some, joined(others))
    assert as_set(left) == as_set(some) - as_set(others)
    cut = within(some, first, last)
    assert as_set(cut) == {day for day in as_set(some) if first <= day <= last}
    assert all(map(normal, (whole, left, cut)))
    assert [day for day in EVERY if holds(whole, day)] == sorted(as_set(some))


def test_a_span_without_an_end_goes_on_for_ever():
    endless = joined([(FIRST, FOR_EVER), (date(2030, 1, 1), date(2030, 1, 2))])
    assert endless == ((FIRST, FOR_EVER),)
    assert without(endless, ((date(2026, 3, 2), FOR_EVER),)) == ((FIRST, FIRST),)
    assert without(endless, endless) == ()
    assert without(((FIRST, date(2026, 3, 9)),), endless) == ()
    assert span_words(endless[0]) == "2026-03-01.."
