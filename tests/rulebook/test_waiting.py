"""How long a counter can wait, and that no rule without a cut-off is let through whose figure could still change."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rulebook.expression import canonical
from engine.rulebook.model import Counter
from engine.rulebook.relations import RELATIONS, WAITS
from engine.rulebook.waiting import waiting_bound

# Makes the counters of a sample rule wait for answers.
LIMIT = (
    ("asked: {from: sessions, where: \"opened_by = 'buyer'\"}", "asked: {from: person_days}"),
    ("unanswered: {from: sessions", "unanswered: {from: person_days"),
    ("opened_by = 'buyer' AND NOT replied_before_close", "worst_wait <= 180"),
)


@pytest.mark.parametrize(
    ("where", "bound"),
    [
        (None, 0),
        ("second < 60", 0),
        ("wait <= 180", 180),
        ("wait < 180", 179),
        ("wait = 5", 5),
        ("wait IN (60, 90, 30)", 90),
        ("180 >= wait", 180),
        ("180 > wait", 179),
        ("5 = wait", 5),
        ("wait <= -1", 0),
        ("wait > 60 AND wait <= 180", 180),
        ("wait <= 180 AND wait <= 60", 60),
        ("(wait <= 180 AND second < 5) OR (wait <= 600 AND second > 9)", 600),
        ("wait <= 180 AND agent = 'a'", 180),
        ("wait <= 180 AND NOT second < 60", 180),
        ("wait <= 180 OR second < 60", None),
        ("wait <= 180 OR agent = 'a'", None),
        ("NOT wait > 180", None),
        ("NOT wait <= 180", None),
        ("wait <> 180", None),
        ("wait >= 180", None),
        ("wait > 180", None),
        ("180 <= wait", None),
        ("wait NOT IN (1, 2)", None),
        ("wait IS NULL", None),
        ("wait IS NOT NULL", None),
        ("wait <= second", None),
        ("second <= 180 AND wait >= 0", None),
        ("agent = 'a'", None),
        ("agent IS NULL", None),
    ],
)
def test_a_limit_on_the_wait_is_found_where_every_alternative_has_one(where, bound):
    assert waiting_bound(Counter("n", "waits", where and canonical(where, WAITS))) == bound


def test_a_sum_of_waits_needs_a_limit_and_a_sum_of_anything_else_does_not():
    assert waiting_bound(Counter("n", "waits", None, None, "wait")) is None
    assert waiting_bound(Counter("n", "waits", "wait <= 9", None, "wait")) == 9
    assert waiting_bound(Counter("n", "person_days", None, None, "messages")) == 0


def test_relations_that_wait_for_nothing_or_for_nobody_knows_how_long():
    settled = {name: waiting_bound(Counter("n", name)) for name in RELATIONS}
    assert settled == {
        "sessions": None,
        "waits": 0,
        "person_days": 0,
        "rounds": 0,
        "ratings": 0,
        "ratings_by_sending": None,
        "counts": 0,
    }


leaves = st.one_of(
    st.tuples(
        st.sampled_from(["wait", "second"]), st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), st.integers(0, 5)
    ),
    st.tuples(st.integers(0, 5), st.sampled_from(["=", "<", "<=", ">", ">="]), st.just("wait")),
    st.tuples(st.just("wait"), st.just("IN"), st.sampled_from(["(1, 4)", "(2)"])),
    st.tuples(st.just("wait"), st.sampled_from(["<=", "="]), st.just("second")),
    st.tuples(st.just("wait"), st.just("IS"), st.sampled_from(["NULL", "NOT NULL"])),
).map(lambda parts: " ".join(map(str, parts)))
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map(lambda p: "(" + "".join(p) + ")"),
        inner.map(lambda condition: f"NOT ({condition})"),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def rows():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE waits AS SELECT wait, second"
            " FROM (SELECT unnest([0, 1, 2, 3, 4, 5, 6, 7, NULL]) AS wait), (SELECT unnest(range(7)) AS second)"
        )
        yield connection


@settings(max_examples=200, deadline=None)
@given(conditions)
def test_no_row_that_waits_longer_than_the_bound_is_ever_counted(rows, condition):
    where = canonical(condition, WAITS)
    bound = waiting_bound(Counter("n", "waits", where))
    if bound is None or "wait" not in where:
        return
    assert not rows.execute(f"SELECT * FROM waits WHERE ({where}) AND (wait IS NULL OR wait > {bound})").fetchall()


def faults(edited, *changes, at="10:00", limit="<= 180"):
    cut_off = ("cut_off: assessed", "cut_off: bounded")
    result = edited("graded-by-platform", *LIMIT, cut_off, ('at: "10:00"', f'at: "{at}"'), ("<= 180", limit), *changes)
    return [fault.what for fault in result.faults]


def test_three_minutes_after_the_last_message_of_the_month_are_over_at_ten(edited):
    assert faults(edited) == []


def test_the_wait_may_end_at_the_assessment_and_not_a_second_later(edited):
    assert faults(edited, limit="<= 36000") == []
    assert faults(edited, limit="< 36001") == []
    (what,) = faults(edited, limit="<= 36001")
    assert "may take 36001 s after 24:00, and the answers to a day must be in by 10:00 of the next day" in what
    assert faults(edited, at="00:00", limit="= 0") == []
    assert faults(edited, at="00:00", limit="= 1")


def test_hours_that_end_earlier_leave_more_time(edited):
    earlier = ('hours: "08:00-24:00"', 'hours: "08:00-23:00"')
    assert faults(edited, earlier, limit="<= 39600") == []
    assert faults(edited, earlier, limit="<= 39601")


@pytest.mark.parametrize(("day", "longest"), [(1, 36_000), (2, 86_400), (31, 86_400)])
def test_a_later_assessment_leaves_more_time_but_never_beyond_the_next_day(edited, day, longest):
    later = ("assessed: {day: 1,", f"assessed: {{day: {day},")
    assert faults(edited, later, limit=f"<= {longest}") == []
    assert faults(edited, later, limit=f"<= {longest + 1}")


def test_ratings_need_no_cut_off_and_ratings_by_sending_do(edited):
    ratings = [(new, new.replace("person_days", "ratings")) for _, new in LIMIT[:2]]
    assert faults(edited, *ratings, ("worst_wait <= 180", "bad_attitude")) == []
    sent = [(new, new.replace("from: ratings", "from: ratings_by_sending")) for _, new in ratings]
    (what,) = faults(edited, *ratings, ("worst_wait <= 180", "bad_attitude"), *sent)
    assert what == "ratings_by_sending is not bounded by a limit of its own; use cut_off: assessed or cycle_end"
