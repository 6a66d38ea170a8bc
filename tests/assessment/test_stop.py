"""Asked to stop, an assessment ends between two runs; hours and shops that are not there yet are nobody's fault."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from types import SimpleNamespace

from engine.assessment import plan
from engine.assessment.due import Registration, due_runs
from engine.calendar.assessment import AssessedOn

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def test_the_run_in_hand_is_the_last_once_somebody_says_stop(office, week_of):
    office.take(*(row for week in (10, 11, 12) for row in week_of("s1", f"2026-W{week}", 7, 10)))
    done = []
    first = office.assess(NOW, stop=lambda: bool(done), finished=lambda rule, seconds: done.append((rule, seconds)))
    assert (first.runs, [rule for rule, _ in done]) == (1, ["xiaohongshu.reply-rate"])
    assert done[0][1] > 0
    assert office.outcome(cycle="2026-W11") is None
    assert office.assess(NOW).runs == 2
    assert office.assess(NOW).runs == 0


def test_what_a_run_took_includes_its_share_of_what_was_measured_together(office, week_of, monkeypatch):
    office.take(*(row for week in (10, 11) for row in week_of("s1", f"2026-W{week}", 7, 10)))
    clock, measure, took = SimpleNamespace(at=0.0), plan.measure, []
    monkeypatch.setattr("engine.assessment.assess.time", SimpleNamespace(monotonic=lambda: clock.at))

    def slowly(*arguments):
        clock.at += 60
        return measure(*arguments)

    monkeypatch.setattr(plan, "measure", slowly)
    office.assess(NOW, finished=lambda _, seconds: took.append(seconds))
    assert took == [30, 30]


def test_whoever_waits_for_another_process_stops_waiting_when_told(office, week_of, monkeypatch):
    office.take(*week_of("s1", "2026-W10", 7, 10))
    monkeypatch.setattr("engine.assessment.lease.claimed", lambda *_, **__: None)  # somebody else holds it
    asked = count()
    waited = []
    office.assess(NOW, pause=waited.append, stop=lambda: next(asked) > 10)
    assert 0 < len(waited) < 10


def test_a_far_jump_of_the_clock_and_back_loses_nothing_and_doubles_nothing(office, week_of):
    office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W11", 7, 10))
    assert office.assess(datetime(2026, 3, 10, 3, tzinfo=UTC)).runs == 1
    assert office.assess(NOW + timedelta(days=3650)).runs == 1
    assert office.assess(datetime(2026, 3, 10, 4, tzinfo=UTC)).runs == 0
    assert office.assess(NOW).runs == 0
    assert office.outcome(cycle="2026-W10").violation != office.outcome(cycle="2026-W11").violation


def test_an_assessment_hour_that_the_day_leaves_out_is_moved_over_the_gap(office):
    (rule,) = office.rules
    sunday = AssessedOn(time(2, 30), weekday=6)
    (version,) = rule.versions
    berlin = replace(rule, zone="Europe/Berlin", versions=(replace(version, assessed=sunday),))
    live = {("sessions", "xiaohongshu", date(2026, 3, 18)): "g"}  # assessed on 29 March, when 02:30 does not exist
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert due_runs(berlin, live, [], {}, moment - timedelta(seconds=1)) == []
    (run,) = due_runs(berlin, live, [], {}, moment)
    assert (run.due_at, run.assessed_on) == (moment, date(2026, 3, 29))


def test_a_shop_with_an_opening_day_to_come_is_neither_due_nor_listed(office, week_of):
    (rule,) = office.rules
    assert due_runs(rule, {}, [Registration("xiaohongshu", "s9", date(2099, 1, 1))], {}, NOW) == []
    office.register({"shop": "s9", "opened_on": date(2099, 1, 1)})
    assert office.assess(NOW).runs == 0
    office.take(*week_of("s1", "2026-W10", 7, 10))
    office.assess(NOW)
    assert {o.shop for o in office.outcomes()} == {"s1"}
