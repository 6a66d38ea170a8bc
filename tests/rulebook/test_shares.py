"""A share is bounded by a percentage from 0% to 100%; counts, means and sums by plain numbers."""

import pytest

from engine.calendar.hours import Hours
from engine.rulebook.model import Counter, Figure
from engine.rulebook.shares import is_part_of, kind_of

RATIO = (
    'unanswered: {from: sessions, hours: "08:00-24:00", where: "opened_by = \'buyer\' AND NOT replied_before_close"}',
    "unanswered: {from: sessions, where: \"opened_by = 'agent'\"}",
)


def faults(edited, *changes):
    return [(f.line, f.column, f.where, f.what) for f in edited("graded-by-platform", *changes).faults]


@pytest.mark.parametrize("written", ["0%", "6%", "100%", "99.99%"])
def test_a_share_may_be_bounded_by_any_percentage_of_a_whole(edited, written):
    assert faults(edited, ("{at_most: 6%}", f"{{at_most: {written}}}"), ("    at_risk_when: {above: 4.8%}\n", "")) == []


@pytest.mark.parametrize("written", ["100.01%", "190%"])
def test_a_share_is_never_more_than_the_whole(edited, written):
    line, column, where, what = single(edited, ("{at_most: 6%}", f"{{at_most: {written}}}"))
    assert where == "versions.2021-01-01.compliant_when.at_most"
    assert what == f"'{written}' is no share; this figure is a part of a whole, so it lies between 0% and 100%"
    assert (line, column) == (25, 31)


@pytest.mark.parametrize(
    ("written", "meant"), [("90", "90%"), ("6", "6%"), ("0.06", "6%"), ("0.048", "4.8%"), ("1", "1%"), ("0", "0%")]
)
def test_a_share_that_lacks_its_sign_is_told_with_what_was_meant(edited, written, meant):
    *_, what = single(edited, ("{at_most: 6%}", f"{{at_most: {written}}}"))
    assert what == f"'{written}' is no percentage, and this figure is a share; did you mean '{meant}'?"


def test_a_warning_and_a_band_of_a_share_need_their_sign_too(edited):
    *_, where, _what = single(edited, ("above: 4.8%", "above: 4.8"))
    assert where == "versions.2021-01-01.at_risk_when.above"
    graded = (
        "decided_by: platform\n      forecast: {count: confirmed violations, within: 180 days, "
        "steps: {1: minor, 2: serious, 3: grave}}"
    )
    banded = "decided_by: metric\n      bands: {grave: {above: 200%}, serious: {above: 50%}, minor: {above: 6}}"
    found = [where for *_, where, what in faults(edited, (graded, banded)) if "this figure is a" in what]
    assert found == [
        "versions.2021-01-01.severity.bands.grave.above",
        "versions.2021-01-01.severity.bands.minor.above",
    ]


def test_a_ratio_of_two_counts_is_a_percentage_of_any_size(edited):
    free = (RATIO, ("    at_risk_when: {above: 4.8%}\n", ""))
    assert faults(edited, *free, ("{at_most: 6%}", "{at_most: 190%}")) == []
    assert "did you mean '90%'?" in single(edited, *free, ("{at_most: 6%}", "{at_most: 90}"))[-1]


@pytest.mark.parametrize("limit", ["1000.5", "2", "0"])
def test_a_sum_keeps_its_plain_numbers(edited, limit):
    changes = (
        ("{at_least: 1000.5}\n", f"{{at_least: {limit}}}\n"),
        ("minor: {at_least: 1000.5}", f"minor: {{at_least: {limit}}}"),
    )
    assert edited("banded-and-repealed", *changes).faults == ()


def single(edited, *changes):
    (found,) = faults(edited, *changes)
    return found


@pytest.mark.parametrize(
    ("figure", "kind"),
    [
        (Figure("good", "all"), "share"),
        (Figure("good", "bad"), "ratio"),
        (Figure("good", None), "number"),
        (Figure("good", "others"), "number"),
        (Figure("seconds", "all"), "number"),
        (Figure("seconds", None), "number"),
        (Figure("lost", "all"), None),
        (Figure("good", "lost"), None),
    ],
)
def test_a_figure_is_what_its_counters_make_it(figure, kind):
    counters = {
        "all": Counter("all", "s"),
        "good": Counter("good", "s", "a = 1"),
        "bad": Counter("bad", "s", "a = 2"),
        "others": Counter("others", "t"),
        "seconds": Counter("seconds", "s", total_of="wait"),
    }
    assert kind_of(figure, counters) == kind


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (Counter("p", "s", "a = 1 AND b"), Counter("w", "s", "a = 1"), True),
        (Counter("p", "s", "b AND a = 1"), Counter("w", "s", "a = 1"), True),
        (Counter("p", "s", "a = 1"), Counter("w", "s"), True),
        (Counter("p", "s", "a = 1 OR b"), Counter("w", "s", "a = 1"), False),
        (Counter("p", "s", "a = 2 AND b"), Counter("w", "s", "a = 1"), False),
        (Counter("p", "s"), Counter("w", "s", "a = 1"), False),
        (Counter("p", "t", "a = 1"), Counter("w", "s"), False),
        (Counter("p", "s", "b", Hours(0, 9)), Counter("w", "s", None, Hours(0, 9)), True),
        (Counter("p", "s", "b", Hours(0, 9)), Counter("w", "s"), True),
        (Counter("p", "s", "b"), Counter("w", "s", None, Hours(0, 9)), False),
        (Counter("p", "s", "b", total_of="c"), Counter("w", "s"), False),
    ],
)
def test_a_part_counts_rows_under_all_the_conditions_of_the_whole(part, whole, expected):
    assert is_part_of(part, whole) is expected


def test_of_figures_counted_elsewhere_none_is_known_to_be_a_part_of_the_other():
    part, whole = Counter("a", "counts"), Counter("b", "counts")
    assert not is_part_of(part, whole)
    assert kind_of(Figure("a", "b"), {"a": part, "b": whole}) == "ratio"
