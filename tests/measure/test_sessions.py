"""What of a conversation counts, row by row of the table that the documentation promises."""

from datetime import date

import pytest

from engine.calendar.cycles import WEEK, cycle_of

# Assessed on Tuesday the 10th at 10:00.
W10 = cycle_of(WEEK, date(2026, 3, 2))
OPENED = "2026-03-04T12:00:00"


@pytest.fixture
def counted(bench, x1, row):
    """(sessions, replied) of a shop with this one conversation."""

    def count(*times, **rest):
        bench.take(row("c1", *times, **rest))
        return bench.figures(x1, W10).get("s1")

    return count


def test_a_reply_at_the_very_instant_of_the_close_counts(counted):
    assert counted(OPENED, "2026-03-04T12:30:00.000001", "2026-03-04T12:30:00.000001") == (1, 1)


def test_a_reply_a_microsecond_after_the_close_does_not_count(counted):
    assert counted(OPENED, "2026-03-04T12:30:00.000002", "2026-03-04T12:30:00.000001") == (1, 0)


def test_a_reply_at_the_very_instant_of_the_cut_off_counts(counted):
    assert counted(OPENED, "2026-03-10T10:00:00", "2026-03-12T00:00:00") == (1, 1)


def test_a_reply_a_microsecond_after_the_cut_off_does_not_count_though_the_session_was_still_open(counted):
    assert counted(OPENED, "2026-03-10T10:00:00.000001", "2026-03-12T00:00:00") == (1, 0)


def test_a_reply_before_the_cut_off_counts_where_the_session_was_never_closed(counted):
    assert counted(OPENED, "2026-03-10T09:59:59", None) == (1, 1)


def test_a_reply_after_the_cut_off_does_not_count_where_the_session_was_never_closed(counted):
    assert counted(OPENED, "2026-03-10T10:00:01", None) == (1, 0)


def test_a_reply_at_the_very_opening_counts(counted):
    assert counted(OPENED, OPENED, OPENED) == (1, 1)


def test_a_session_that_no_human_answered_stays_in_the_denominator(counted):
    assert counted(OPENED, None, "2026-03-04T13:00:00") == (1, 0)


def test_a_session_that_is_open_and_unanswered_stays_in_the_denominator(counted):
    assert counted(OPENED, None, None) == (1, 0)


@pytest.mark.parametrize("opened_by", ["agent", "system"])
def test_a_session_that_the_buyer_did_not_open_counts_for_nothing_and_yet_is_evidence(counted, opened_by):
    assert counted(OPENED, "2026-03-04T12:01:00", opened_by=opened_by) == (0, 0)


@pytest.mark.parametrize(
    ("opened_at", "counted_here"),
    [
        ("2026-03-01T23:59:59.999999", False),
        ("2026-03-02T00:00:00", True),
        ("2026-03-08T23:59:59.999999", True),
        ("2026-03-09T00:00:00", False),
        # The same instants, told by clocks elsewhere: in Shanghai it is midnight of Monday.
        ("2026-03-01T16:00:00Z", True),
        ("2026-03-01T15:59:59Z", False),
        ("2026-03-08T11:00:00-05:00", False),
        ("2026-03-08T10:59:59-05:00", True),
    ],
)
def test_a_session_belongs_to_the_week_of_the_local_day_on_which_it_was_opened(counted, opened_at, counted_here):
    assert counted(opened_at, None, None) == ((1, 0) if counted_here else None)


def test_a_session_that_is_answered_in_the_new_week_counts_in_the_week_of_its_opening(bench, x1, row):
    bench.take(row("c1", "2026-03-08T23:59:00", "2026-03-09T00:01:00"))
    following = cycle_of(WEEK, date(2026, 3, 9))
    assert bench.rows(x1, [W10, following]) == {("2026-W10", "s1", None): (1, 1)}


def test_shops_and_agents_are_counted_apart_and_nobody_counts_for_the_shop_alone(bench, x1, row):
    bench.take(
        row("c1", OPENED, "2026-03-04T12:01:00", agent="a1"),
        row("c2", OPENED, None, agent="a1"),
        row("c3", OPENED, "2026-03-04T12:01:00", agent="a2"),
        row("c4", OPENED, None, agent=None),
        row("c5", OPENED, None, agent="a1", shop="s2"),
    )
    assert bench.figures(x1, W10) == {"s1": (4, 2), "s2": (1, 0)}
    assert bench.rows(x1, [W10], grain="agent") == {
        ("2026-W10", "s1", "a1"): (2, 1),
        ("2026-W10", "s1", "a2"): (1, 1),
        ("2026-W10", "s2", "a1"): (1, 0),
    }


def test_other_platforms_evidence_is_none_of_this_rules(bench, x1, row):
    bench.take(row("c1", OPENED), row("c1", OPENED) | {"platform": "kuaishou"})
    assert bench.figures(x1, W10) == {"s1": (1, 0)}


def test_names_that_look_like_sql_are_names(bench, x1, row):
    bench.take(row("c1", OPENED, shop="'; DROP TABLE figures; --", agent='"a"'))
    assert bench.figures(x1, W10) == {"'; DROP TABLE figures; --": (1, 0)}
