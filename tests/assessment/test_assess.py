"""Assessing, once or often, at once or day by day, in whatever order evidence came: the record is the same bytes."""

import json
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest

import engine.assessment.plan as plan_module
from engine.assessment import lease
from engine.assessment.assess import AssessmentError
from engine.errors import KaoheError
from engine.ledger.database import open_ledger, transaction
from engine.ledger.runs import claim, fail, open_run
from engine.ledger.tables import Assessment, Run, Violation
from engine.rulebook.model import Bound

LATER = datetime(2026, 6, 1, tzinfo=UTC)
CYCLES = ["2026-W09", "2026-W10", "2026-W11"]


def history(week_of, seed=4):
    """Three weeks of five shops: good and bad ones, some below the gate, some that gave no sign of life."""
    chance = Random(seed)
    rows = []
    for cycle in CYCLES:
        for shop in ("s1", "s2", "s3", "s4", "小店"):
            opened = chance.choice([0, 3, 5, 10, 12])
            rows += week_of(shop, cycle, chance.randint(opened // 2, opened), opened)
    return rows


@pytest.fixture
def offices(request, ledger_url, open_office, x1, tmp_path):
    """Opens office after office in the same sort of database."""
    numbers = iter(range(10))

    def another():
        url = ledger_url
        if (number := next(numbers)) and ledger_url.startswith("sqlite"):
            url = f"sqlite:///{tmp_path / f'ledger{number}.sqlite'}"
        elif number:
            databases = request.getfixturevalue("postgres_databases")
            name = databases.create()
            request.addfinalizer(lambda: databases.drop(name))
            url = databases.url(name)
        ledger = open_ledger(url)
        request.addfinalizer(ledger.dispose)
        return open_office(ledger, [x1])

    return another


def test_assessed_twice_nothing_changes_and_the_head_of_the_journal_stays(office, week_of):
    office.take(*history(week_of))
    first = office.assess(LATER)
    before = office.lines(), office.head, office.rows(Run), office.rows(Assessment)
    second = office.assess(LATER + timedelta(days=30))
    assert (first.runs, len(first.changed)) == (3, len(before[0]))
    assert (second.runs, second.changed, second.unnotified) == (0, [], 0)
    assert (office.lines(), office.head, office.rows(Run), office.rows(Assessment)) == before


def test_assessed_day_by_day_or_at_once_in_whatever_order_it_came_the_record_is_the_same(offices, week_of, at):
    rows = history(week_of)
    truth = offices()
    truth.take(*rows)
    truth.assess(LATER)
    assert len({o.verdict for o in truth.outcomes()}) == 3

    day_by_day = offices()
    day_by_day.take(*rows)
    for tuesday in ("03", "10", "17"):
        instant = at(f"2026-03-{tuesday}T10:00")
        day_by_day.assess(instant - timedelta(microseconds=1))
        day_by_day.assess(instant)
    assert day_by_day.lines() == truth.lines()

    piecemeal = offices()
    pieces = [rows[n::4] for n in range(4)]
    Random(1).shuffle(pieces)
    for number, piece in enumerate(pieces):
        piecemeal.take(*piece)
        if number % 2:
            piecemeal.assess(LATER)
    piecemeal.assess(LATER)
    assert piecemeal.lines() == truth.lines()
    assert {v.id for v in piecemeal.rows(Violation) if v.state == "open"} == {v.id for v in truth.rows(Violation)}

    at_once = offices()
    at_once.take(*(rows[n::3] for n in (2, 0, 1)))
    at_once.assess(LATER)
    assert at_once.lines() == truth.lines()


def test_an_import_that_is_repeated_changes_nothing(office, week_of):
    rows = history(week_of)
    office.take(*rows)
    office.assess(LATER)
    before = office.lines(), office.head
    office.take(*rows[::-1])
    office.take(*rows[:5], replace_days=False)
    assert office.assess(LATER).runs == 0
    assert (office.lines(), office.head) == before


def test_the_lines_of_what_changed_are_the_lines_that_are_read_back(office, week_of):
    office.take(*history(week_of))
    office.register(
        {"shop": "s1", "client": "c1"}, {"shop": "s9", "opened_on": datetime(2026, 3, 9, tzinfo=UTC).date()}
    )
    changed = office.assess(datetime(2026, 3, 24, tzinfo=UTC)).changed
    assert sorted(json.dumps(o.as_json(), ensure_ascii=False) for o in changed) == sorted(office.lines())


def test_a_forecast_says_what_an_assessment_would_and_writes_nothing(small_office, week_of):
    small_office.take(*history(week_of))
    head = small_office.head
    forecast = [o.as_json() for o in small_office.forecast(LATER)]
    assert (small_office.head, small_office.rows(Run), small_office.outcomes()) == (head, [], [])
    small_office.assess(LATER)
    assert forecast == [o.as_json() for o in small_office.outcomes()]


def test_an_assessment_goes_no_further_than_the_day_it_is_told(small_office, week_of, at):
    small_office.take(*history(week_of))
    day = at("2026-03-10T10:00").date()
    assert small_office.assess(LATER, until=day).runs == 2
    assert {o.cycle for o in small_office.forecast(LATER)} == {"2026-W11"}
    assert small_office.forecast(LATER, until=day) == []


def test_outcomes_are_read_by_rule_and_by_day(small_office, week_of, at):
    small_office.take(*history(week_of))
    small_office.assess(LATER)
    day = at("2026-03-10T10:00").date()
    assert {o.cycle for o in small_office.outcomes(first=day, last=day)} == {"2026-W10"}
    assert {o.cycle for o in small_office.outcomes(first=day)} == {"2026-W10", "2026-W11"}
    assert {o.cycle for o in small_office.outcomes(last=day)} == {"2026-W09", "2026-W10"}
    assert small_office.outcomes(rules=["xiaohongshu.other"]) == []


def test_a_cycle_that_changes_twice_while_an_assessment_lasts_is_told_once_as_it_stands(
    small_office, week_of, monkeypatch
):
    small_office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W11", 9, 10))
    claimed, refused = lease.claimed, []

    def claimed_at_the_second_attempt(place, due, **how):
        if due.cycle.key == "2026-W11" and not refused:
            refused.append(due)
            return None
        return claimed(place, due, **how)

    monkeypatch.setattr(lease, "claimed", claimed_at_the_second_attempt)
    done = small_office.assess(LATER, pause=lambda _: small_office.take(*week_of("s1", "2026-W10", 6, 10)))
    assert [(o.cycle, o.numerator) for o in done.changed] == [("2026-W10", 6), ("2026-W11", 9)]
    assert done.runs == 3


def test_rules_are_assessed_one_beside_the_other_and_cycles_by_their_own_calendar(small_office, week_of, x1):
    small_office.rules = [x1, replace(x1, id="xiaohongshu.twin")]
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    small_office.assess(LATER)
    assert [o.rule.id for o in small_office.outcomes()] == ["xiaohongshu.reply-rate", "xiaohongshu.twin"]
    assert len({o.violation for o in small_office.outcomes()}) == 2


def test_a_rule_that_judges_agents_is_refused_and_never_takes_shops_for_them(small_office, week_of, x1):
    small_office.rules = [replace(x1, id="xiaohongshu.agents", subject="agent"), x1]
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    with pytest.raises(AssessmentError, match=r"agents was not assessed: .*it judges each agent") as caught:
        small_office.assess(LATER)
    assert [o.rule.id for o in caught.value.done.changed] == [x1.id]
    assert [o.rule.id for o in small_office.outcomes()] == [x1.id]


def test_evidence_that_cannot_be_read_stops_its_own_cycle_and_no_other(small_office, week_of, x1, like_x1):
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    small_office.assess(LATER)
    small_office.rules = [like_x1("xiaohongshu.other", cut_off="cycle_end"), x1]
    small_office.take(*week_of("s1", "2026-W11", 7, 10))
    (lost,) = small_office.lake.root.glob("**/2026-03-04.*.parquet")
    lost.unlink()
    with pytest.raises(AssessmentError, match=r"other was not assessed: .*the lake does not have it"):
        small_office.assess(LATER)
    expected = [("xiaohongshu.other", "2026-W11"), (x1.id, "2026-W10"), (x1.id, "2026-W11")]
    assert sorted((o.rule.id, o.cycle) for o in small_office.outcomes()) == expected
    (failed,) = small_office.rows(Run, state="failed")
    assert (failed.rule, failed.cycle, failed.attempts) == ("xiaohongshu.other", "2026-W10", 3)
    assert "the lake does not have it" in failed.failure


def test_a_worker_lets_a_failed_run_rest_and_sets_it_aside_in_the_end(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W11", 7, 10))
    (lost,) = small_office.lake.root.glob("**/2026-03-04.*.parquet")
    kept = lost.rename(lost.with_suffix(".kept"))
    attempts = []
    for minutes in (0, 0, 2, 0, 6, 0, 0):
        small_office.let_rest(minutes)
        with suppress(AssessmentError):
            small_office.assess(LATER, patient=True)
        attempts.append([(run.attempts, run.state) for run in small_office.rows(Run)])
    first, again, last = [(1, "failed")], [(2, "failed")], [(3, "failed"), (1, "done")]
    assert attempts == [first, first, again, again, last, last, last]

    kept.rename(lost)  # what was in its way is gone: it comes by itself, or as soon as a person asks
    small_office.let_rest(61)
    assert small_office.assess(LATER, patient=True).runs == 1
    assert [o.cycle for o in small_office.outcomes()] == ["2026-W10", "2026-W11"]


def test_corrected_evidence_is_tried_at_once_where_the_old_was_set_aside(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    (lost,) = small_office.lake.root.glob("**/2026-03-04.*.parquet")
    kept = lost.rename(lost.with_suffix(".kept"))
    with pytest.raises(AssessmentError):
        small_office.assess(LATER)
    assert small_office.assess(LATER, patient=True).runs == 0
    kept.rename(lost)
    small_office.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    assert small_office.assess(LATER, patient=True).runs == 1
    (run,) = small_office.rows(Run)
    assert (run.state, run.attempts) == ("done", 1)


def test_a_fault_of_our_own_in_one_run_stops_no_other(small_office, week_of, monkeypatch):
    small_office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W11", 7, 10))
    judge = plan_module.judge_run

    def faulty(con, judging, due, *given):
        if due.cycle.key == "2026-W10":
            raise ZeroDivisionError("by nothing")
        return judge(con, judging, due, *given)

    monkeypatch.setattr(plan_module, "judge_run", faulty)
    with pytest.raises(AssessmentError, match="internal fault: ZeroDivisionError: by nothing") as caught:
        small_office.assess(LATER)
    assert caught.value.exit_code == 4
    assert [o.cycle for o in small_office.outcomes()] == ["2026-W11"]


def test_a_worker_that_is_told_to_stop_finishes_the_run_in_hand_and_begins_no_other(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W11", 7, 10))
    assert small_office.assess(LATER, stop=lambda: bool(small_office.rows(Run, state="done"))).runs == 1
    assert [(run.cycle, run.state) for run in small_office.rows(Run)] == [("2026-W10", "done")]


def test_a_rule_that_decides_otherwise_by_now_reopens_nothing_unless_it_is_asked_to(small_office, week_of, like_x1, x1):
    small_office.take(*week_of("s1", "2026-W10", 85, 100), *week_of("s2", "2026-W10", 75, 100))
    small_office.assess(LATER)
    small_office.assess(LATER, restate=True)
    assert [run.cycle for run in small_office.rows(Run)] == ["2026-W10"]  # nothing to decide anew
    stricter = replace(x1.versions[0].standard, complies=Bound("at_least", Fraction(9, 10), "90%"))
    small_office.rules = [like_x1(standard=stricter, sha256="9" * 64)]
    assert small_office.assess(LATER).runs == 0
    before = small_office.head
    assert [(o.shop, o.verdict) for o in small_office.forecast(LATER, restate=True)] == [
        ("s1", "violation"),
        ("s2", "violation"),
    ]
    assert small_office.head == before
    assert small_office.assess(LATER, restate=True).runs == 1
    assert small_office.assess(LATER, restate=True).runs == 0
    assert [(o.shop, o.verdict) for o in small_office.outcomes()] == [("s1", "violation"), ("s2", "violation")]
    why = [entry.payload["why"] for entry in small_office.entries("violation.corrected")]
    assert why == ["the rule decides otherwise"]


def test_a_run_that_fails_is_told_as_failed_and_is_done_as_soon_as_it_can_be(small_office, week_of, monkeypatch):
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    with monkeypatch.context() as patch:

        def refuse(*_):
            raise KaoheError("no judge is in today")

        patch.setattr("engine.assessment.plan.judge_run", refuse)
        with pytest.raises(AssessmentError, match="no judge is in today"):
            small_office.assess(LATER)
    (run,) = small_office.rows(Run)
    assert (run.state, run.failure, run.owner) == ("failed", "no judge is in today", None)
    assert small_office.assess(LATER).runs == 1
    (run,) = small_office.rows(Run)
    assert (run.state, run.failure, run.attempts) == ("done", None, 4)


def test_an_assessment_that_is_interrupted_gives_its_run_back_at_once(small_office, week_of, monkeypatch):
    small_office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W11", 7, 10))
    judge, judged = plan_module.judge_run, []

    def interrupted_at_the_second(*given):
        judged.append(given)
        if len(judged) == 2:
            raise KeyboardInterrupt
        return judge(*given)

    monkeypatch.setattr(plan_module, "judge_run", interrupted_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        small_office.assess(LATER)
    assert [(run.state, run.failure) for run in small_office.rows(Run)] == [("done", None), ("due", None)]
    assert small_office.assess(LATER).runs == 1
    assert [o.cycle for o in small_office.outcomes()] == ["2026-W10", "2026-W11"]


def test_a_run_that_a_dead_process_left_behind_is_finished(small_office, week_of):
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    with transaction(small_office.ledger) as session:
        run = open_run(session, "xiaohongshu.reply-rate", "2026-W10", date(2026, 3, 2), LATER)
        claim(session, "dead", timedelta(seconds=0.2), run)
    assert small_office.assess(LATER).runs == 1
    (run,) = small_office.rows(Run)
    assert (run.state, run.owner, run.attempts) == ("done", "office", 2)


def test_a_run_of_another_rule_file_that_nothing_will_finish_does_not_hold_up_the_others(small_office, week_of, at):
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    with transaction(small_office.ledger) as session:
        run = open_run(
            session, "xiaohongshu.reply-rate", "2026-02", at("2026-02-01T10:00").date(), at("2026-03-01T10:00")
        )
        claim(session, "dead", timedelta(seconds=0.2), run)
    assert small_office.assess(LATER).runs == 1
    stray, ours = small_office.rows(Run)
    assert (stray.state, stray.input, "not due" in stray.failure) == ("done", None, True)
    assert (ours.state, ours.cycle) == ("done", "2026-W10")
    assert small_office.assess(LATER).runs == 0


def test_a_run_begun_for_a_later_day_is_put_away_and_done_when_its_day_comes(small_office, week_of, at):
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    with transaction(small_office.ledger) as session:
        run = open_run(
            session, "xiaohongshu.reply-rate", "2026-W10", at("2026-03-02T10:00").date(), at("2026-03-10T10:00")
        )
        claim(session, "dead", timedelta(0), run)
    assert small_office.assess(at("2026-03-09T10:00")).runs == 0
    assert small_office.assess(at("2026-03-10T10:00")).runs == 1
    assert small_office.outcome().numerator == 7


def test_a_run_that_failed_stays_as_it_is_while_an_earlier_day_is_assessed(office, week_of, at, monkeypatch):
    office.take(*week_of("s1", "2026-W10", 7, 10))
    with monkeypatch.context() as patch:
        patch.setattr(plan_module, "judge_run", lambda *_: 1 / 0)
        with suppress(AssessmentError):
            office.assess(LATER)
    before = office.rows(Run)
    assert [(run.state, "ZeroDivisionError" in run.failure) for run in before] == [("failed", True)]
    assert office.assess(at("2026-03-09T10:00")).runs == 0
    assert office.rows(Run) == before


@pytest.mark.parametrize("state", ["running", "failed"])
def test_a_run_of_a_rule_that_is_gone_is_put_away_where_all_rules_are_known(office, week_of, state):
    def begun(rule, owner, seconds):
        with transaction(office.ledger) as session:
            number = open_run(session, rule, "2026-W02", date(2026, 1, 5), LATER)
            mine = claim(session, owner, timedelta(seconds=seconds), number)
            if state == "failed" and owner == "dead":
                fail(session, mine, owner, "nobody knows")

    begun("gone.rule", "dead", 60 if state == "failed" else -60)
    begun("held.rule", "living", 60)
    office.take(*week_of("s1", "2026-W10", 7, 10))
    office.assess(LATER)
    assert [run.state for run in office.rows(Run)] == [state, "running", "done"]
    assert office.assess(LATER, known=[office.rules[0].id]).runs == 0
    gone, held, ours = office.rows(Run)
    assert (gone.state, gone.input, "other rule files" in gone.failure) == ("done", None, True)
    assert (held.state, held.owner, ours.failure) == ("running", "living", None)


def test_a_cache_that_is_deleted_between_assessments_changes_nothing(small_office, week_of):
    rows = history(week_of)
    small_office.take(*rows)
    small_office.assess(LATER)
    before = small_office.lines()
    shutil.rmtree(small_office.place.cache)
    small_office.take(*week_of("s9", "2026-W10", 5, 5))
    small_office.assess(LATER)
    assert [line for line in small_office.lines() if '"s9"' not in line] == before


def test_what_was_known_at_a_time_is_reckoned_from_the_evidence_of_then_and_recorded_nowhere(small_office, week_of, at):
    small_office.take(*week_of("s1", "2026-W10", 9, 10))  # as of IMPORTED
    small_office.assess(LATER)
    small_office.take(*week_of("s1", "2026-W10", 7, 10), replace_days=True, now=at("2026-03-12T09:00"))
    small_office.take(*week_of("s2", "2026-W11", 7, 10), now=at("2026-03-18T09:00"))
    small_office.assess(LATER)
    before = small_office.head, small_office.lines()

    def known(text):
        return [(o.shop, o.cycle, o.numerator) for o in small_office.forecast(LATER, known_at=at(text))]

    assert known("2025-12-31T00:00") == []
    assert known("2026-03-12T08:59") == [("s1", "2026-W10", 9)]
    assert known("2026-03-12T09:00") == [("s1", "2026-W10", 7)]
    assert known("2026-03-18T09:00") == [("s1", "2026-W10", 7), ("s2", "2026-W11", 7)]
    assert (small_office.head, small_office.lines()) == before
