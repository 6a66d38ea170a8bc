"""Ratings, with and without an id, and figures that were counted elsewhere."""

import pytest

from engine.errors import KaoheError
from engine.evidence.kinds import COUNTS, RATINGS


@pytest.fixture
def ratings(house):
    return house.of(RATINGS)


@pytest.fixture
def figures(house):
    return house.of(COUNTS)


def counts(summary):
    return summary.taken, summary.already_there, summary.replaced, summary.removed


def test_a_rating_with_an_id_is_replaced_by_a_newer_import_also_on_another_day(ratings):
    assert counts(ratings.take(ratings.csv("a.csv", {"rating": "r", "score": "失望"}, {"rating": "q"}))) == (2, 0, 0, 0)
    newer = ratings.csv("b.csv", {"rating": "r", "score": "满意", "rated_at": "2026-03-03T10:00"})
    assert counts(ratings.take(newer)) == (0, 0, 1, 0)
    assert ratings.rows("rating", "score", "day::VARCHAR", "nth") == [
        ("q", None, "2026-03-02", 0), ("r", "satisfied", "2026-03-03", 0),
    ]  # fmt: skip
    assert counts(ratings.take(newer)) == (0, 1, 0, 0)


def test_ratings_without_an_id_are_the_same_where_all_is_equal_and_count_as_often_as_one_file_has_them(ratings):
    twice = ratings.csv("a.csv", {"score": "失望"}, {"rating": "r"}, {"score": "失望"}, {"score": "一般"})
    assert counts(ratings.take(twice)) == (4, 0, 0, 0)
    before = ratings.state()
    for files in ([twice], [twice, twice], [ratings.ndjson("a.ndjson", {"score": "disappointed"})]):
        summary = ratings.take(*files)
        assert (counts(summary), summary.days) == ((0, summary.read, 0, 0), ())
    assert counts(ratings.take(twice, replace=True)) == (0, 4, 0, 0)
    assert ratings.state() == before
    assert ratings.rows("rating", "score", "nth") == [
        ("r", None, 0), (None, "disappointed", 1), (None, "disappointed", 2), (None, "neutral", 1),
    ]  # fmt: skip


def test_any_other_value_makes_another_rating(ratings):
    others = {"shop": "s2", "session": "c", "agent": "x", "agent_kind": "bot", "buyer": "b", "score": "满意"}
    others |= {"sent_at": "2026-03-02T09:00", "rated_at": "2026-03-02T10:00:01", "stars": "5", "reasons": "其他"}
    rows = [{}, {"origin": "invited"}, *({column: value} for column, value in others.items())]
    assert counts(ratings.take(ratings.csv("a.csv", *rows), ratings.csv("b.csv", *rows))) == (12, 12, 0, 0)


def test_replace_empties_the_shop_and_day_of_ratings_of_both_sorts(ratings):
    ratings.take(ratings.csv("a.csv", {"rating": "r"}, {}, {}, {"shop": "s2"}, {"rated_at": "2026-03-03T10:00"}))
    assert counts(ratings.take(ratings.csv("b.csv", {"rating": "q"}, {}), replace=True)) == (1, 1, 0, 2)
    assert len(ratings.rows()) == 4


def test_one_rating_at_two_times_in_one_file_is_refused(ratings):
    file = ratings.csv("a.csv", {"rating": "r"}, {"rating": "r", "rated_at": "2026-03-03T10:00"}, {})
    told = "rating 'r': one rating with two different rated_at in one file"
    assert ratings.faults(file) == [f"a.csv:2: {told}", f"a.csv:3: {told}"]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("", None),
        (" ; ；、", None),
        ("态度差", "bad_attitude"),
        ("服务态度差;客服态度差", "bad_attitude"),
        ("回复慢；响应慢、未解决", "slow;unresolved"),
        ("问题未解决 、 不专业", "unprofessional;unresolved"),
        ("Slow; bad_attitude", "bad_attitude;slow"),
        ("其它;其他;other", "other"),
        ("态度差;天气不好", "bad_attitude;other"),
        ("态度差\n", "other"),
        ("x" * 500, "other"),
    ],
)
def test_reasons_are_kept_as_canonical_words_each_once_in_order(ratings, written, stored):
    ratings.take(ratings.csv("a.csv", {"reasons": written}))
    assert ratings.rows("reasons") == [(stored,)]


@pytest.mark.parametrize(("column", "written", "stored"), [
    ("score", "满意", "satisfied"), ("score", "一般", "neutral"), ("score", "失望", "disappointed"),
    ("score", "Neutral", "neutral"), ("origin", "INVITED", "invited"), ("agent_kind", "bot", "bot"),
    ("stars", "1", 1), ("stars", " 5 ", 5),
])  # fmt: skip
def test_words_and_stars_are_read(ratings, column, written, stored):
    ratings.take(ratings.csv("a.csv", {column: written}))
    assert ratings.rows(column) == [(stored,)]


@pytest.mark.parametrize(("cells", "told"), [
    ({"score": "好评"}, "score '好评': not one of satisfied, neutral, disappointed"),
    ({"stars": "0"}, "stars '0': not a whole number from 1 to 5"),
    ({"stars": "6"}, "stars '6': not a whole number from 1 to 5"),
    ({"stars": "4.5"}, "stars '4.5': not a whole number from 1 to 5"),
    ({"stars": "9" * 18}, f"stars '{'*' * 18}': not a whole number from 1 to 5"),
    ({"origin": "me"}, "origin 'me': not one of buyer, invited, system"),
    ({"rated_at": ""}, "rated_at: missing"),
])  # fmt: skip
def test_a_bad_rating_is_told(ratings, cells, told):
    assert ratings.faults(ratings.csv("a.csv", cells, {})) == [f"a.csv:2: {told}"]
    assert len(ratings.rows()) == 1


def test_a_figure_counted_elsewhere_is_filed_under_its_first_day(figures):
    row = {
        "agent": "x",
        "value": "79",
        "value_low": "75",
        "value_high": "84",
        "counter": "xiaohongshu.reply-rate/replied",
    }
    for form in ("csv", "ndjson", "parquet"):
        summary = figures.take(getattr(figures, form)(f"a.{form}", row, {"value": ""}))
        assert summary.taken + summary.already_there == 2
    cells = (
        "agent",
        "counter",
        "period_end::VARCHAR",
        "value",
        "value_low",
        "value_high",
        "day::VARCHAR",
        "second",
        "nth",
    )
    assert figures.rows(*cells) == [
        ("x", "xiaohongshu.reply-rate/replied", "2026-03-08", 79, 75, 84, "2026-03-02", 0, 1),
        (None, "jd.x/good", "2026-03-08", None, None, None, "2026-03-02", 0, 1),
    ]


def test_equal_figures_count_as_often_as_one_file_has_them_and_replace_removes(figures):
    twice = figures.csv("a.csv", {}, {}, {"value": "2"})
    assert counts(figures.take(twice)) == (3, 0, 0, 0)
    assert counts(figures.take(twice, figures.csv("b.csv", {}))) == (0, 4, 0, 0)
    assert counts(figures.take(figures.csv("c.csv", {"value": "3"}), replace=True)) == (1, 0, 0, 3)


@pytest.mark.parametrize(("cells", "told"), [
    ({"value": "-1"}, "value '-1': not a whole number of 0 or more"),
    ({"value": "1.0"}, "value '1.0': not a whole number of 0 or more"),
    ({"value": "1,000"}, "value '1,000': not a whole number of 0 or more"),
    ({"value": "9" * 19}, f"value '{'*' * 19}': not a whole number of 0 or more"),
    ({"value": "2", "value_low": "3"}, "value '2': less than value_low"),
    ({"value": "2", "value_high": "1"}, "value_high '1': less than value"),
    ({"value": "", "value_low": "2", "value_high": "1"}, "value_high '1': less than value_low"),
    ({"period_end": "2026-03-01"}, "period_end '2026-03-01': ends before it starts"),
    ({"period_start": "2026-02-30"}, "period_start '2026-02-30': not a day; write it like 2026-03-10"),
    ({"period_start": "2026-03-02T00:00"}, "period_start '2026-03-02T00:00': not a day; write it like 2026-03-10"),
    ({"period_start": "1999-12-31"}, "period_start '1999-12-31': outside the years 2000 to 2099"),
    ({"counter": ""}, "counter: missing"),
    ({"counter": "replied"}, "counter 'replied': not the id of a rule, a slash and the name of a counter"),
    ({"counter": "jd.x/Good"}, "counter 'jd.x/Good': not the id of a rule, a slash and the name of a counter"),
])  # fmt: skip
def test_a_bad_figure_is_told(figures, cells, told):
    assert figures.faults(figures.csv("a.csv", cells, {})) == [f"a.csv:2: {told}"]
    assert len(figures.rows()) == 1


def test_a_period_of_one_day_and_bounds_that_meet_are_fine(figures):
    row = {"period_end": "2026-03-02", "value": "5", "value_low": "5", "value_high": "5"}
    assert figures.take(figures.csv("a.csv", row)).taken == 1


def test_a_file_without_any_value_is_refused_as_a_whole(figures):
    columns = ["platform", "shop", "period_start", "period_end", "counter"]
    with pytest.raises(KaoheError, match="it has no column 'value'; nothing was imported"):
        figures.take(figures.csv("a.csv", {}, columns=columns))
