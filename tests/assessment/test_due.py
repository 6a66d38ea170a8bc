"""What is due, as a pure function: no database, no clock, no schedule."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.assessment.due import NOTHING, OpenRun, PastRun, Registration, due_runs, stray_runs
from engine.assessment.waiving import Waived
from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import DAY, MONTH, rolling
from engine.ledger.decisions import Decision
from engine.rulebook.model import Severity, Version

PLATFORM = "xiaohongshu"
WEDNESDAY = date(2026, 3, 4)  # of week 10, which is assessed on Tuesday the 10th at 10:00


def evidence(*days, generation="g1"):
    return {("sessions", PLATFORM, day): generation for day in days}


def registered(shop="s1", since=WEDNESDAY):
    return Registration(PLATFORM, shop, since)


def keys(runs):
    return [run.cycle.key for run in runs]


def done(*runs):
    """What the ledger knows once these runs are finished."""
    return {run.cycle.key: PastRun(run.cycle.first, run.input) for run in runs}


@pytest.fixture
def due(x1, at):
    """What is due when clocks in Shanghai show `now`."""

    def runs(now, live=None, shops=(), past=None, rule=x1):
        return due_runs(rule, live or {}, shops, past or {}, at(now))

    return runs


def test_where_nothing_happened_and_nobody_is_registered_nothing_is_due(due):
    assert due("2026-12-31T10:00") == []


def test_a_cycle_is_due_from_the_instant_of_its_assessment_on(due):
    assert due("2026-03-10T09:59:59.999999", evidence(WEDNESDAY)) == []
    assert keys(due("2026-03-10T10:00", evidence(WEDNESDAY))) == ["2026-W10"]


def test_cycles_without_evidence_in_between_are_not_due(due):
    live = evidence(WEDNESDAY, WEDNESDAY + timedelta(days=28))
    assert keys(due("2026-05-01T10:00", live)) == ["2026-W10", "2026-W14"]


def test_evidence_of_other_kinds_and_platforms_makes_nothing_due(due):
    live = {("ratings", PLATFORM, WEDNESDAY): "g1", ("sessions", "kuaishou", WEDNESDAY): "g1"}
    assert due("2026-05-01T10:00", live) == []


def test_a_registered_shop_makes_every_cycle_due_that_begins_once_it_is_listed(due):
    # Listed from Wednesday: the week that has begun already is not its first.
    assert keys(due("2026-03-24T10:00", shops=[registered()])) == ["2026-W11", "2026-W12"]
    assert keys(due("2026-03-17T10:00", shops=[registered(since=date(2026, 3, 9))])) == ["2026-W11"]


def test_shops_registered_elsewhere_make_nothing_due_here(due):
    assert due("2026-05-01T10:00", shops=[Registration("kuaishou", "s1", WEDNESDAY)]) == []


def test_what_was_assessed_on_the_same_input_is_not_due_again(due):
    first = due("2026-03-31T10:00", evidence(WEDNESDAY), [registered()])
    assert due("2026-03-31T10:00", evidence(WEDNESDAY), [registered()], done(*first)) == []


def test_a_corrected_file_makes_its_cycle_due_again_and_no_other(due):
    other = WEDNESDAY + timedelta(days=7)
    past = done(*due("2026-03-31T10:00", evidence(WEDNESDAY, other)))
    corrected = evidence(WEDNESDAY) | evidence(other, generation="g2")
    (run,) = due("2026-03-31T10:00", corrected, past=past)
    assert (run.cycle.key, run.before) == ("2026-W11", past["2026-W11"].input)


def test_a_file_for_another_day_of_the_cycle_makes_it_due_again(due):
    past = done(*due("2026-03-31T10:00", evidence(WEDNESDAY)))
    assert keys(due("2026-03-31T10:00", evidence(WEDNESDAY, date(2026, 3, 8)), past=past)) == ["2026-W10"]


def test_a_correction_that_is_corrected_back_is_due_twice(due):
    first = due("2026-03-31T10:00", evidence(WEDNESDAY))
    second = due("2026-03-31T10:00", evidence(WEDNESDAY, generation="g2"), past=done(*first))
    third = due("2026-03-31T10:00", evidence(WEDNESDAY), past=done(*second))
    assert keys(second) == keys(third) == ["2026-W10"]
    assert [run.input for run in third] == [run.input for run in first]


def test_a_shop_that_is_registered_late_makes_the_cycles_due_in_which_it_is_listed(due):
    live = evidence(WEDNESDAY, WEDNESDAY + timedelta(days=7))
    past = done(*due("2026-03-17T10:00", live))
    assert keys(due("2026-03-17T10:00", live, [registered()], past)) == ["2026-W11"]


def test_the_order_in_which_shops_are_registered_does_not_matter(due):
    shops = [registered("s1"), registered("s2")]
    past = done(*due("2026-03-17T10:00", shops=shops))
    assert due("2026-03-17T10:00", shops=shops[::-1], past=past) == []


def test_after_months_of_downtime_every_missed_cycle_is_due_oldest_first(due):
    days = [WEDNESDAY + timedelta(days=7 * n) for n in range(30)]
    past = done(*due("2026-03-17T10:00", evidence(*days)))
    runs = due("2026-12-31T10:00", evidence(*days), past=past)
    assert keys(runs) == [f"2026-W{n}" for n in range(12, 40)]
    assert [run.due_at for run in runs] == sorted(run.due_at for run in runs)


def test_a_new_rule_finds_due_what_passed_before_it_was_written(due, x1):
    days = [WEDNESDAY + timedelta(days=7 * n) for n in range(3)]
    past = done(*due("2026-03-31T10:00", evidence(*days)))
    assert keys(due("2026-03-31T10:00", evidence(*days), past={}, rule=replace(x1, id="xiaohongshu.new"))) == [*past]


def test_evidence_that_is_gone_makes_its_cycle_due_once_more(due):
    past = done(*due("2026-03-17T10:00", evidence(WEDNESDAY)))
    (run,) = due("2026-03-17T10:00", past=past)
    assert (run.cycle.key, run.input) == ("2026-W10", NOTHING)
    assert due("2026-03-17T10:00", past=done(run)) == []


def test_a_shop_that_is_registered_no_longer_makes_its_cycles_due_once_more(due):
    past = done(*due("2026-03-24T10:00", shops=[registered()]))
    assert keys(due("2026-03-24T10:00", past=past)) == [*past]


def test_an_open_run_is_finished_even_if_its_evidence_is_as_before(due, at):
    past = done(*due("2026-03-17T10:00", evidence(WEDNESDAY)))
    opened = replace(past["2026-W10"], open_run=OpenRun(at("2026-03-10T10:00"), 7))
    (run,) = due("2026-03-17T10:00", evidence(WEDNESDAY), past={"2026-W10": opened})
    assert run.before == run.input


def test_an_open_run_is_finished_even_if_all_its_evidence_is_gone(due, at):
    opened = PastRun(date(2026, 3, 2), None, OpenRun(at("2026-03-10T10:00"), 7))
    (run,) = due("2026-03-17T10:00", past={"2026-W10": opened})
    assert (run.cycle.key, run.input, run.before) == ("2026-W10", NOTHING, None)


def test_what_was_opened_takes_its_turn_by_the_instant_it_was_opened_with(due, at):
    live = evidence(*(WEDNESDAY + timedelta(days=7 * n) for n in range(3)))
    past = {"2026-W12": PastRun(date(2026, 3, 16), None, OpenRun(at("2026-03-09T10:00"), 7))}
    assert keys(due("2026-03-31T10:00", live, past=past)) == ["2026-W12", "2026-W10", "2026-W11"]


def test_an_open_run_that_is_not_due_as_the_rule_stands_now_is_a_stray(due, at):
    of_another_rule_file = PastRun(date(2026, 3, 4), None, OpenRun(at("2026-03-05T10:00"), 3))
    of_a_later_time = PastRun(date(2026, 3, 9), None, OpenRun(at("2026-03-17T10:00"), 4))
    ours = PastRun(date(2026, 3, 2), None, OpenRun(at("2026-03-10T10:00"), 5))
    past = {"2026-W11": of_a_later_time, "2026-03-04": of_another_rule_file, "2026-W10": ours}
    runs = due("2026-03-12T10:00", evidence(WEDNESDAY), past=past)
    assert keys(runs) == ["2026-W10"]
    assert stray_runs(runs, past, at("2026-03-12T10:00")) == [of_another_rule_file.open_run]
    assert stray_runs(runs, past, at("2026-03-17T10:00")) == [of_another_rule_file.open_run, of_a_later_time.open_run]


COUNTS = "counts", date(2026, 3, 10)  # a decision about a violation of week 10, which later ladders count


@pytest.fixture
def by_history(like_x1):
    """The rule, with a severity by the number of violations that were confirmed."""

    def rule(within_days=14, decided_by="history", steps=None):
        severity = Severity(decided_by, within_days=within_days, steps=steps or {1: "minor", 2: "serious"})
        return like_x1(severity=severity)

    return rule


@pytest.fixture
def decided(due):
    """The weeks that are due, once all were judged up to batch 7, after a decision in a batch about week 10."""

    def weeks(rule, batch=8, decision=COUNTS, read_to=7, **more):
        live = evidence(*(WEDNESDAY + timedelta(days=7 * n) for n in range(-1, 4)))
        runs = due("2026-04-05T10:00", live, rule=rule)
        past = {r.cycle.key: PastRun(r.cycle.first, r.input, read_to=read_to, **more) for r in runs}
        past["2026-W10"] = replace(past["2026-W10"], decisions=[Decision(*decision, batch)])
        again = due("2026-04-05T10:00", live, past=past, rule=rule)
        assert all(run.read_to == read_to and run.before == run.input for run in again)
        return [(run.cycle.key[-3:], run.cause) for run in again]

    return weeks


def test_a_decision_makes_due_the_later_cycles_whose_ladder_counts_it_within_its_days(decided, by_history, x1):
    assert decided(by_history(14)) == [("W11", "decision"), ("W12", "decision")]
    assert decided(by_history(13)) == [("W11", "decision")]
    assert decided(by_history(6)) == []
    assert decided(by_history(None)) == [("W11", "decision"), ("W12", "decision"), ("W13", "decision")]
    assert decided(by_history(14, decided_by="platform")) == [("W11", "decision"), ("W12", "decision")]


def test_a_decision_that_a_run_knew_makes_nothing_due(decided, by_history):
    assert decided(by_history(), batch=7) == []
    assert decided(by_history(), batch=1, read_to=None) == [("W11", "decision"), ("W12", "decision")]


def test_a_rule_whose_ladder_counts_nothing_is_not_judged_again(decided, x1, like_x1):
    assert decided(x1) == []
    assert decided(like_x1(severity=Severity("platform"))) == []


def test_what_is_waived_by_itself_makes_its_own_cycle_due(decided, x1, by_history):
    assert decided(x1, decision=("waived", date(2026, 3, 10))) == [("W10", "decision")]
    assert decided(x1, decision=("waived", date(2026, 3, 10)), batch=7) == []
    assert decided(by_history(), decision=("waived", date(2026, 3, 10))) == [("W10", "decision")]


def test_once_the_platform_has_spoken_a_cycle_is_due_only_where_a_waiver_covers_it(x1, at):
    live = evidence(WEDNESDAY)
    waived = [Waived("W-1", date(2026, 3, 2), date(2026, 3, 8), frozenset({"s1"}))]

    def causes(waived):
        (run,) = due_runs(x1, live, (), {}, at("2026-03-12T10:00"), waived=waived)
        spoken = Decision("spoken", run.assessed_on, 8)
        past = {run.cycle.key: PastRun(run.cycle.first, run.input, read_to=7, decisions=[spoken])}
        return [run.cause for run in due_runs(x1, live, (), past, at("2026-03-12T10:00"), waived=waived)]

    assert (causes(waived), causes([])) == (["decision"], [])


def test_a_waiver_makes_its_cycles_due_and_that_is_told_from_new_evidence(x1, at):
    now, waiver = at("2026-03-12T10:00"), Waived("W-1", date(2026, 3, 2), date(2026, 3, 8), frozenset({"s1"}))
    other = replace(waiver, name="W-2", shops=frozenset({"s2"}))

    def cause(before, after, generation="g1"):
        past = done(*due_runs(x1, evidence(WEDNESDAY), (), {}, now, waived=before))
        live = evidence(WEDNESDAY, generation=generation)
        return [run.cause for run in due_runs(x1, live, (), past, now, waived=after)]

    assert [cause([], [waiver]), cause([waiver], []), cause([waiver], [other])] == [["waiver"]] * 3
    assert cause([waiver], [waiver]) == []
    assert cause([waiver], [waiver], "g2") == ["evidence"]


def test_what_was_decided_by_other_words_is_due_even_if_some_of_it_was_decided_by_these(due, x1):
    (run,) = due("2026-03-12T10:00", evidence(WEDNESDAY))
    ours, others = x1.versions[0].sha256, "e" * 64
    causes = []
    for by in ({ours}, {others}, {ours, others}, set()):
        past = {run.cycle.key: PastRun(run.cycle.first, run.input, decided_by=frozenset(by))}
        causes.append([again.cause for again in due("2026-03-12T10:00", evidence(WEDNESDAY), past=past)])
    assert causes == [[], ["rule"], ["rule"], []]


def test_counts_that_come_alone_make_a_cycle_due_and_again_once_they_are_corrected(due):
    def counts(generation):
        return {("counts", PLATFORM, WEDNESDAY): generation}

    first = due("2026-03-12T10:00", counts("g1"))
    assert keys(first) == ["2026-W10"]
    assert due("2026-03-12T10:00", counts("g1"), past=done(*first)) == []
    assert keys(due("2026-03-12T10:00", counts("g2"), past=done(*first))) == ["2026-W10"]


@pytest.fixture
def second_version(x1):
    """The rule with a version more, from `since` on, that differs as given."""

    def rule(since, **changes):
        first = x1.versions[0]
        return replace(x1, versions=(first, replace(first, since=since, sha256="2" * 64, **changes)))

    return rule


def governed(runs):
    return [(run.cycle.key, run.version.key) for run in runs]


def test_a_version_governs_the_cycles_whose_first_day_is_not_before_its_key(due, second_version):
    live = evidence(*(WEDNESDAY + timedelta(days=7 * n) for n in range(3)))
    old, new = "2021-01-01", "2026-03-11"
    # The key is the Wednesday of week 11, which had begun by then.
    runs = due("2026-03-31T10:00", live, rule=second_version(date(2026, 3, 11)))
    assert governed(runs) == [("2026-W10", old), ("2026-W11", old), ("2026-W12", new)]
    # The Monday itself.
    runs = due("2026-03-31T10:00", live, rule=second_version(date(2026, 3, 9)))
    assert governed(runs) == [("2026-W10", old), ("2026-W11", "2026-03-09"), ("2026-W12", "2026-03-09")]


def test_cycles_before_the_first_version_are_never_due(due, x1):
    rule = replace(x1, versions=(replace(x1.versions[0], since=date(2026, 3, 5)),))
    live = evidence(WEDNESDAY, WEDNESDAY + timedelta(days=7))
    assert keys(due("2026-03-31T10:00", live, rule=rule)) == ["2026-W11"]


def test_a_version_may_have_cycles_of_another_kind_and_no_day_is_in_two_of_them(due, second_version, x1):
    monthly = second_version(date(2026, 3, 10), cycle=MONTH, assessed=AssessedOn(x1.versions[0].assessed.at, day=1))
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(61)]
    runs = due("2026-06-01T10:00", evidence(*days), rule=monthly)
    assert governed(runs) == [
        ("2026-W09", "2021-01-01"),
        ("2026-W10", "2021-01-01"),
        ("2026-W11", "2021-01-01"),
        ("2026-04", "2026-03-10"),
    ]


def test_a_repealed_version_judges_nothing_and_what_was_before_it_stays(due, x1):
    rule = replace(x1, versions=(*x1.versions, Version(date(2026, 3, 11), (), "", repealed=True)))
    live = evidence(*(WEDNESDAY + timedelta(days=7 * n) for n in range(4)))
    runs = due("2026-05-01T10:00", live, [registered()], rule=rule)
    assert keys(runs) == ["2026-W10", "2026-W11"]
    assert due("2026-05-01T10:00", live, [registered()], done(*runs), rule) == []


def test_a_rule_may_come_back_after_its_repeal(due, x1):
    first = x1.versions[0]
    again = replace(first, since=date(2026, 3, 23))
    rule = replace(x1, versions=(first, Version(date(2026, 3, 9), (), "", repealed=True), again))
    live = evidence(*(WEDNESDAY + timedelta(days=7 * n) for n in range(4)))
    assert keys(due("2026-05-01T10:00", live, rule=rule)) == ["2026-W10", "2026-W13"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (DAY, ["2026-03-04"]),
        (rolling(3), ["3d:2026-03-04", "3d:2026-03-05", "3d:2026-03-06"]),
    ],
    ids=str,
)
def test_days_and_rolling_days_are_due_wherever_they_read_evidence(due, x1, like_x1, kind, expected):
    rule = like_x1(cycle=kind, assessed=AssessedOn(x1.versions[0].assessed.at, day="next"))
    assert keys(due("2026-03-31T10:00", evidence(WEDNESDAY), rule=rule)) == expected


def test_a_rule_that_was_only_ever_repealed_judges_nothing(due, x1):
    rule = replace(x1, versions=(Version(date(2021, 1, 1), (), "", repealed=True),))
    assert due("2026-05-01T10:00", evidence(WEDNESDAY), [registered()], rule=rule) == []


def test_a_run_is_assessed_on_the_local_day_of_its_instant(due):
    (run,) = due("2026-03-31T10:00", evidence(WEDNESDAY))
    assert (run.assessed_on, run.due_at.isoformat()) == (date(2026, 3, 10), "2026-03-10T02:00:00+00:00")
