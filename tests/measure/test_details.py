"""A figure taken apart: its days and agents, the sessions that tell against it, the files that were read."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import MONTH, WEEK, cycle_of
from engine.calendar.hours import parse_hours
from engine.evidence.duck import connect
from engine.measure.details import Part, details
from engine.rulebook.model import Bound, Counter, Figure, Standard

W10 = cycle_of(WEEK, date(2026, 3, 2))


@pytest.fixture
def taken_apart(bench, x1):
    def take_apart(subject="s1", version=None, cycle=W10, most=20):
        with connect() as con:
            return details(con, bench.shop, x1, version or x1.versions[0], cycle, subject, most)

    return take_apart


@pytest.fixture
def week(bench, row):
    bench.take(
        row("c1", "2026-03-02T00:00:00", "2026-03-02T00:05:00", agent="a1"),
        row("c2", "2026-03-02T09:00:00", "2026-03-02T12:00:00", "2026-03-02T10:00:00", agent="a1"),
        row("c3", "2026-03-04T09:00:00", None, "2026-03-04T10:00:00"),
        row("c4", "2026-03-08T23:59:59", "2026-03-11T00:00:00", agent="a2"),
        row("c5", "2026-03-08T23:59:59", "2026-03-09T00:00:00", agent="a2"),
        row("c6", "2026-03-08T10:00:00", None, opened_by="agent", agent="a2"),
        row("d1", "2026-03-03T10:00:00", None, shop="s2", agent="a1"),
    )


def test_the_days_add_up_to_the_whole(taken_apart, week):
    found = taken_apart()
    assert found.whole == Part("s1", 2, 5)
    assert found.days == (
        Part("2026-03-02", 1, 2),
        Part("2026-03-03", 0, 0),
        Part("2026-03-04", 0, 1),
        Part("2026-03-05", 0, 0),
        Part("2026-03-06", 0, 0),
        Part("2026-03-07", 0, 0),
        Part("2026-03-08", 1, 2),
    )


def test_the_agents_are_those_of_the_shop_alone(taken_apart, week):
    assert taken_apart().agents == (Part("a1", 1, 2, (1, 3)), Part("a2", 1, 2, (1, 3)))


def test_the_sessions_that_tell_against_the_figure_are_those_that_did_not_count(taken_apart, week):
    found = taken_apart()
    assert [row.session for row in found.against] == ["c2", "c3", "c4"]
    assert found.against_total == found.whole.denominator - found.whole.numerator
    assert found.against[0].at == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert (found.against[1].agent, found.against[1].replied_at) == (None, None)
    assert found.against[2].closed_at is None


def test_only_so_many_sessions_are_listed_and_all_are_counted(taken_apart, week):
    found = taken_apart(most=1)
    assert ([row.session for row in found.against], found.against_total) == (["c2"], 3)


def test_the_day_files_that_were_read_are_named(taken_apart, week, bench):
    found = taken_apart()
    assert [file.day.day for file in found.files] == [2, 3, 4, 8]
    assert {("sessions", "xiaohongshu", f.day): f.generation for f in found.files} == bench.live


def test_a_shop_without_evidence_has_no_figure(taken_apart, week):
    found = taken_apart("s3")
    assert (found.whole, found.agents, found.against_total) == (Part("s3", None, None), (), 0)


def test_where_there_is_no_evidence_at_all_nothing_is_told(taken_apart):
    found = taken_apart()
    assert (found.whole, found.files, found.against) == (Part("s1", None, None), (), ())


def test_sessions_outside_the_hours_do_not_tell_against_the_figure(taken_apart, week, like_x1):
    hours = parse_hours("09:00-23:00")
    counters = (
        Counter("whole", "sessions", "opened_by = 'buyer'", hours),
        Counter("part", "sessions", "opened_by = 'buyer' AND replied_before_close", hours),
    )
    found = taken_apart(version=like_x1(counters=counters, figure=Figure("part", "whole")))
    assert found.whole == Part("s1", 0, 2)
    assert [row.session for row in found.against] == ["c2", "c3"]


def test_a_session_whose_part_is_unknown_did_not_count_and_tells_against_the_figure(taken_apart, week, like_x1):
    counters = (
        Counter("whole", "sessions", "opened_by = 'buyer'"),
        Counter("part", "sessions", "opened_by = 'buyer' AND agent = 'a1'"),
    )
    found = taken_apart(version=like_x1(counters=counters, figure=Figure("part", "whole")))
    assert found.whole == Part("s1", 2, 5)
    assert [row.session for row in found.against] == ["c3", "c4", "c5"]


def test_where_little_is_good_the_counted_sessions_tell_against_the_figure(taken_apart, week, like_x1):
    standard = Standard(Bound("at_most", Fraction(1, 10), "10%"), "compliant_when")
    found = taken_apart(version=like_x1(standard=standard))
    assert [row.session for row in found.against] == ["c1", "c5"]
    assert found.against_total == found.whole.numerator


def test_a_month_is_taken_apart_under_the_months_own_cut_off(bench, row, taken_apart, x1, like_x1):
    monthly = like_x1(cycle=MONTH, cut_off="cycle_end", assessed=AssessedOn(x1.versions[0].assessed.at, day=1))
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(31)]
    bench.take(*(row(str(d), f"{d}T12:00:00", f"{d + timedelta(days=3)}T12:00:00") for d in days))
    found = taken_apart(version=monthly, cycle=cycle_of(MONTH, days[0]))
    assert found.whole == Part("s1", 28, 31)
    assert [part.numerator for part in found.days] == [1] * 28 + [0] * 3
