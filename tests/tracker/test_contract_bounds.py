"""A contract's bound: how it is written, what is stricter, and that it judges as the judge does."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.errors import KaoheError
from engine.judge.verdict import verdict_of
from engine.rulebook.model import Bound, Counter, Figure, Interval, Rule, Standard, Text, Version
from engine.tracker.contract_bounds import Recorded, read_bound, result_of, versions_met, why_not_stricter

SIGNS = ("at_least", "above", "at_most", "below")
BY_VERDICT = {"compliant": "met", "violation": "missed", "undetermined": "undetermined"}


def bound(sign="at_least", percent=80):
    return Bound(sign, Fraction(percent, 100), f"{percent}%")


def version(complies, gate=(), *, part=True, since=date(2021, 1, 1), repealed=False):
    where = "opened_by = 'buyer'" if part else "opened_by = 'agent'"
    counters = (
        Counter("asked", "sessions", "opened_by = 'buyer'"),
        Counter("answered", "sessions", f"{where} AND replied_before_close"),
        Counter("days", "ratings"),
    )
    standard = None if repealed else Standard(complies, "compliant_when")
    return Version(
        since=since,
        provenance=(),
        sha256="0" * 64,
        counters=counters,
        figure=Figure("answered", "asked"),
        gate=gate,
        standard=standard,
        repealed=repealed,
    )


BOUNDS = st.builds(bound, st.sampled_from(SIGNS), st.integers(0, 100))
NUMBERS = st.integers(0, 40)
COUNTERS = NUMBERS | st.tuples(NUMBERS, NUMBERS).map(lambda ends: Interval(min(ends), max(ends)))
GATES = st.sampled_from(["asked", "answered", "days"]).flatmap(
    lambda name: st.integers(0, 20).map(lambda n: ((name, Bound("at_least", Fraction(n), str(n))),))
)


def recorded(of, counters):
    found = verdict_of(of, counters)
    return Recorded(found.verdict, counters["answered"], counters["asked"])


@settings(deadline=None)
@given(BOUNDS, GATES | st.just(()), st.booleans(), COUNTERS, COUNTERS, COUNTERS)
def test_with_the_platforms_own_bound_the_result_is_the_platforms_verdict(complies, gate, part, asked, answered, days):
    of = version(complies, gate, part=part)
    counters = {"asked": asked, "answered": answered, "days": days}
    verdict = verdict_of(of, counters).verdict
    assert result_of(of, complies, recorded(of, counters)) == BY_VERDICT.get(verdict, "no_figure")


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])  # half of all bounds are not stricter
@given(BOUNDS, GATES | st.just(()), st.booleans(), COUNTERS, COUNTERS, COUNTERS, BOUNDS)
def test_a_stricter_bound_is_met_by_no_figure_that_the_platforms_misses(
    complies, gate, part, asked, answered, days, other
):
    of = version(complies, gate, part=part)
    assume(why_not_stricter(of, other) is None)
    found = recorded(of, {"asked": asked, "answered": answered, "days": days})
    ours, theirs = result_of(of, complies, found), result_of(of, other, found)
    assert (ours == "no_figure") == (theirs == "no_figure")
    assert theirs == "missed" if ours == "missed" else True
    assert ours == "met" if theirs == "met" else True


@settings(deadline=None)
@given(BOUNDS, NUMBERS, st.integers(1, 40), BOUNDS)
def test_an_exact_figure_is_compared_without_rounding(complies, answered, asked, other):
    assume(answered <= asked)
    of = version(complies)
    share = Fraction(answered, asked)
    holds = {
        "at_least": share >= other.limit,
        "above": share > other.limit,
        "at_most": share <= other.limit,
        "below": share < other.limit,
    }[other.comparison]
    found = recorded(of, {"asked": asked, "answered": answered, "days": 1})
    assert result_of(of, other, found) == ("met" if holds else "missed")


def test_what_was_waived_still_has_its_figure():
    assert result_of(version(bound()), bound(percent=85), Recorded("exempt", 79, 100)) == "missed"


@pytest.mark.parametrize(
    ("ours", "contract", "why"),
    [
        (bound(), bound("at_least", 85), None),
        (bound(), bound("above", 80), None),
        (bound(), bound("at_least", 80), "no stricter"),
        (bound("above", 80), bound("at_least", 80), "no stricter"),
        (bound(), bound("at_least", 75), "no stricter"),
        (bound(), bound("below", 5), "different directions"),
        (bound(), Bound("at_least", Fraction(9, 10), "0.9"), "the other is not"),
        (bound(), bound("at_least", 101), "no share can meet it"),
        (bound(), bound("above", 100), "no share can meet it"),
        (bound("at_most", 6), bound("at_most", 5), None),
        (bound("at_most", 6), bound("below", 6), None),
        (bound("at_most", 6), bound("at_most", 7), "no stricter"),
        (bound("at_most", 6), bound("below", 0), "no share can meet it"),
    ],
)
def test_what_is_no_stricter_is_refused_with_the_reason(ours, contract, why):
    found = why_not_stricter(version(ours), contract)
    assert found is None if why is None else why in found.en


@pytest.mark.parametrize(
    ("text", "expected"),
    [("85%", ">= 85%"), ("≥85%", ">= 85%"), ("at_least 85%", ">= 85%"), ("不超过5%", "<= 5%"), (" < 4.8% ", "< 4.8%")],
)
def test_a_bound_is_read_as_it_is_written(text, expected):
    assert str(read_bound(text, bound())) == expected


@pytest.mark.parametrize("text", ["", "85 percent", "=85%", "085%", "8..5%", "-5%", ">= "])
def test_what_is_no_bound_is_refused(text):
    with pytest.raises(KaoheError, match="is no bound") as told:
        read_bound(text, bound())
    assert "不是标准" in told.value.in_language("zh-CN")


def test_only_versions_in_force_in_these_days_must_be_less_strict():
    versions = (
        version(bound()),
        version(bound(percent=90), since=date(2026, 1, 1)),
        version(bound(), since=date(2027, 1, 1), repealed=True),
    )
    rule = Rule("x.r", "x", "shop", "Asia/Shanghai", Text("x", "x"), {}, versions, (), "x.yaml", "")

    def met(since, until=None):
        return [v.key for v in versions_met(rule, since, until)]

    assert met(date(2025, 1, 1), date(2025, 12, 31)) == ["2021-01-01"]
    assert met(date(2025, 12, 31)) == ["2021-01-01", "2026-01-01"]
    assert met(date(2026, 1, 1)) == ["2026-01-01"]
    assert met(date(2027, 1, 1)) == []
