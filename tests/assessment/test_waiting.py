"""Whose evidence a run waits for: the pure function, held against a reckoning day by day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.assessment.deadlines import due_by, waits
from engine.assessment.due import PastRun, Registration, due_runs
from engine.assessment.waiting import Awaited, Expects, alike, awaited, lacking, missing_words, names_days
from engine.calendar.cycles import MONTH, WEEK, cycle_of
from engine.calendar.spans import FOR_EVER, joined

KINDS = ("sessions", "messages", "ratings", "counts")
MONDAY = date(2026, 3, 2)
CYCLE = cycle_of(WEEK, MONDAY)
DAY = timedelta(days=1)

days = st.integers(-3, 10).map(lambda n: MONDAY + n * DAY)
sets_of_days = st.lists(st.tuples(days, days | st.just(FOR_EVER)), max_size=3).map(joined)
by_kind = st.fixed_dictionaries({}, optional=dict.fromkeys(KINDS, sets_of_days))
reading = st.sets(st.sampled_from(KINDS), min_size=1)


def naive(expected, covered, reads):
    """What is missing and what is awaited, by asking of each day and kind."""

    def on(spans_by_kind, kind, day):
        return any(first <= day <= last for first, last in spans_by_kind.get(kind, ()))

    missing, awaited_days = set(), set()
    for day in CYCLE.days():
        wanted = {kind for kind in reads if on(expected, kind, day)}
        if "sessions" in reads and not on(expected, "sessions", day) and on(expected, "messages", day):
            wanted.add("messages")
        if not wanted and on(expected, "counts", day):
            wanted.add("counts")
        for kind in wanted:
            awaited_days.add(day)
            there = on(covered, kind, day) or (kind == "sessions" and on(covered, "messages", day))
            if not there:
                missing.add((kind, day))
    return missing, awaited_days


@given(by_kind, by_kind, reading, st.booleans())
def test_it_says_what_a_reckoning_day_by_day_says(expected, covered, reads, late):
    due_at = datetime(2026, 3, 10, 2, tzinfo=UTC)
    now = due_at + timedelta(hours=24 if late else 23.9)
    expects = Expects.of(expected, covered)
    found = awaited([("s1", expects), ("s2", None)], reads, CYCLE, due_at, now)
    missing, wanted = naive(expected, covered, reads)
    words = missing_words(
        tuple(
            (kind, joined((day, day) for of, day in missing if of == kind)) for kind in sorted({k for k, _ in missing})
        )
    )
    state = {"s1": words} if missing else {}
    assert (found.waiting, found.overdue) == (({}, state) if late else (state, {}))
    assert found.covered == ({"s1"} if wanted and not missing else set())
    assert found.silent == ({"s1"} if wanted == set(CYCLE.days()) and not missing else set())
    assert bool(found.as_data()) == bool(wanted)
    assert lacking(alike([("s1", expects)]), reads, CYCLE.first, CYCLE.last) == state


def span(first, last):
    return (date(2026, 3, first), date(2026, 3, last))


def expects(covered=(), **expected):
    return Expects.of({kind: tuple(spans) for kind, spans in expected.items()}, dict(covered))


def shop(given, name="s1", since=MONDAY):
    return Registration("xiaohongshu", name, since, given)


def test_what_is_missing_is_told_shortly():
    gaps = [span(n, n) for n in (2, 4, 6, 8)]
    (told,) = missing_words((("messages", (span(1, 2), *gaps[1:])),))
    assert told == "messages 2026-03-01..2026-03-02 2026-03-04 2026-03-06 +1"
    assert names_days([told])
    assert not names_days(["sessions", "replied"])


@pytest.fixture
def due(x1, at):
    """What is due in week 10 under the rule that ships, and what it awaits."""

    def of(now, *shops, live=None, past=None, patience=timedelta(hours=24)):
        runs = due_runs(x1, live or {}, shops, past or {}, at(now), patience)
        return next((run for run in runs if run.cycle.key == "2026-W10"), None)

    return of


LIVE = {("sessions", "xiaohongshu", MONDAY): "g1"}


def test_where_nothing_is_expected_the_digest_is_what_it_always_was(due):
    run = due("2026-03-11T10:00", shop(None), live=LIVE)
    assert run.awaited == Awaited()
    # As written by the version before expectations: ledgers of that day must not become due again.
    assert run.input == "7ab603b32087ac2dd23fefaa06508c87edc082ba8650a3ef42ffef64adc5a7c3"


def test_a_run_is_due_again_when_the_deadline_passes_and_when_the_evidence_comes(due):
    late = shop(expects(sessions=[span(2, 31)]))
    waiting = due("2026-03-10T10:00", late, live=LIVE)
    assert waiting.awaited.waiting == {"s1": ("sessions 2026-03-02..2026-03-08",)}
    past = {"2026-W10": PastRun(MONDAY, waiting.input)}
    assert due("2026-03-11T09:59:59", late, live=LIVE, past=past) is None
    overdue = due("2026-03-11T10:00", late, live=LIVE, past=past)
    assert overdue.awaited.overdue == waiting.awaited.waiting
    past = {"2026-W10": PastRun(MONDAY, overdue.input)}
    there = shop(expects({"sessions": (span(1, 8),)}, sessions=[span(2, 31)]))
    covered = due("2026-03-11T10:00", there, live=LIVE, past=past)
    assert covered.awaited == Awaited(covered=frozenset({"s1"}), silent=frozenset({"s1"}))
    assert len({waiting.input, overdue.input, covered.input}) == 3


def test_the_patience_is_a_setting(due):
    late = shop(expects(sessions=[span(2, 31)]))
    assert due("2026-03-10T10:00", late, patience=timedelta(0)).awaited.overdue
    assert due("2026-03-13T09:00", late, patience=timedelta(hours=72)).awaited.waiting


def test_days_out_of_the_cycle_are_not_waited_for(due):
    assert due("2026-03-10T10:00", shop(expects(sessions=[span(9, 31)]), since=date(2026, 3, 9))) is None
    there = shop(expects({"sessions": (span(2, 8),)}, sessions=[span(1, 31)]))
    assert due("2026-03-10T10:00", there).awaited.covered == {"s1"}


def test_a_shop_is_waited_for_from_the_first_day_of_what_is_expected_whenever_it_was_registered(due):
    run = due("2026-03-10T10:00", shop(expects(messages=[(MONDAY, FOR_EVER)]), since=date(2026, 11, 1)))
    assert run.awaited.waiting == {"s1": ("messages 2026-03-02..2026-03-08",)}


def test_shops_of_other_platforms_are_not_waited_for_here(due):
    other = Registration("kuaishou", "s1", MONDAY, expects(sessions=[span(2, 31)]))
    assert due("2026-03-10T10:00", other, live=LIVE).awaited == Awaited()


def test_who_is_waited_for_now_is_told_with_the_deadline(x1, at):
    shops = [shop(expects(sessions=[span(2, 12)])), shop(None, "s2")]
    now = [
        list(waits(x1, shops, at(f"2026-03-{t}"), timedelta(hours=24))) for t in ("10T09:59", "10T10:00", "11T10:00")
    ]
    assert [len(found) for found in now] == [0, 1, 0]
    (wait,) = now[1]
    assert (wait.shop, wait.cycle.key, wait.until) == ("s1", "2026-W10", at("2026-03-11T10:00"))


def test_a_day_has_the_first_deadline_of_the_rules_that_await_it(x1, like_x1, at):
    monthly = like_x1("xiaohongshu.monthly", cycle=MONTH)
    wants = expects(sessions=[span(2, 31)], ratings=[span(2, 31)])
    found = due_by([monthly, x1], wants, "sessions", MONDAY, timedelta(hours=24))
    assert found == at("2026-03-11T10:00")
    assert due_by([x1], wants, "ratings", MONDAY, timedelta(hours=24)) is None
    assert due_by([x1], wants, "sessions", date(2026, 3, 1), timedelta(hours=24)) is None
