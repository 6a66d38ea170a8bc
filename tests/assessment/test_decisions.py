"""What people decide about a violation is a reason to judge again whatever depends on it, and nothing else."""

from datetime import date

import pytest

import engine.assessment.assess as assess_module
import engine.assessment.plan as plan_module
from engine.assessment.assess import AssessmentError
from engine.assessment.closing import close_month
from engine.errors import KaoheError
from engine.ledger.database import reading
from engine.ledger.decisions import decisions
from engine.ledger.periods import corrections
from engine.ledger.tables import Assessment, Run
from engine.ledger.violation_ids import violation_id
from engine.rulebook.model import SanctionSpec, Severity
from tests.ready import ready_office

W10, W11, W12 = "2026-W10", "2026-W11", "2026-W12"
RULE = "xiaohongshu.reply-rate"
OTHERWISE = "a decision about an earlier violation"


def breach(week, shop="s1"):
    return violation_id(RULE, f"shop:xiaohongshu/{shop}", week)


@pytest.fixture
def by_steps(like_x1):
    """A rule whose severity is a forecast by the number of confirmed violations."""

    def rule(steps=("minor", "serious", "grave"), **more):
        return like_x1(
            severity=Severity("platform", within_days=180, steps=dict(enumerate(steps, start=1))),
            ladder={
                "minor": (SanctionSpec("warning"),),
                "serious": (SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000)),),
                "grave": (SanctionSpec("liquidated_damages", amount_fen=(50_000, 100_000)),),
            },
            **more,
        )

    return rule


@pytest.fixture
def april(at):
    return at("2026-04-09T12:00")


@pytest.fixture
def court(office, by_steps, week_of, at):
    """Two shops breach such a rule in weeks 10 to 12; all of it is assessed, and nobody has said anything."""
    office.rules = [by_steps()]

    def build():
        office.take(*(row for week in (W10, W11, W12) for shop in ("s1", "s2") for row in week_of(shop, week, 1, 10)))
        office.assess(at("2026-03-25T10:00"))

    ready_office(office, build)
    return office


def graded(office, shop="s1"):
    """The severities of a shop's assessments, and of its violations."""
    outcomes = [o.severity for o in office.outcomes() if o.shop == shop]
    assert outcomes == [office.violation(breach(week, shop)).severity for week in (W10, W11, W12)]
    return outcomes


def test_a_decision_has_the_later_violations_judged_again_at_once_and_those_of_no_other_shop(court, at):
    others = [row for row in court.rows(Assessment) if row.violation_id == breach(W11, "s2")]
    court.say(breach(W10), "confirmed")
    done = court.assess(at("2026-03-26T10:00"))
    assert (done.runs, [(o.shop, o.cycle) for o in done.changed]) == (2, [("s1", W11), ("s1", W12)])
    assert graded(court) == ["minor", "serious", "serious"]
    assert graded(court, "s2") == ["minor"] * 3
    assert court.sanctions(breach(W11)) == [("liquidated_damages", 10_000, 30_000)]
    assert [row for row in court.rows(Assessment) if row.violation_id == breach(W11, "s2")] == others
    assert [entry.payload["why"] for entry in court.entries("violation.corrected")] == [OTHERWISE] * 2
    assert court.assess(at("2026-03-26T10:00")).runs == 0


def test_what_the_platform_takes_back_counts_no_more(court, at):
    court.say(breach(W10), "confirmed")
    court.say(breach(W11), "confirmed")
    court.assess(at("2026-03-26T10:00"))
    assert graded(court) == ["minor", "minor", "grave"]  # the second stays as it was when the platform spoke
    court.say(breach(W10), "appealed")
    court.say(breach(W10), "overturned")
    assert court.assess(at("2026-03-27T10:00")).runs == 2
    assert graded(court) == ["minor", "minor", "serious"]
    assert court.violation(breach(W12)).exposure_max_fen == 30_000
    court.say(breach(W10), "closed")
    assert court.assess(at("2026-03-27T10:00")).runs == 0


@pytest.mark.parametrize("state", ["acknowledged", "withdrawn"])
def test_what_no_ladder_counts_makes_nothing_due(court, at, state):
    court.say(breach(W10), state)
    assert court.assess(at("2026-03-26T10:00")).runs == 0


def test_a_rule_that_counts_nothing_is_not_judged_again(small_office, week_of, at):
    small_office.take(*(row for week in (W10, W11) for row in week_of("s1", week, 1, 10)))
    small_office.assess(at("2026-03-25T10:00"))
    small_office.say(breach(W10), "confirmed")
    assert small_office.assess(at("2026-03-26T10:00")).runs == 0


def test_what_a_person_waives_is_exempt_at_once(court, at):
    court.say(breach(W11), "waived")
    assert court.assess(at("2026-03-26T10:00")).runs == 1
    assert [o.verdict for o in court.outcomes() if o.shop == "s1"] == ["violation", "exempt", "violation"]
    assert court.violation(breach(W11)).state == "waived"
    assert court.assess(at("2026-03-26T10:00")).runs == 0


def test_a_rule_that_was_edited_meanwhile_changes_nothing_for_whom_the_decision_is_not_about(court, by_steps, at):
    court.rules = [by_steps(("serious", "grave", "grave"), sha256="e" * 64)]
    before = [row.id for row in court.rows(Assessment) if row.superseded_at is None]
    court.say(breach(W11), "confirmed")
    court.assess(at("2026-03-26T10:00"))
    gone = [row for row in court.rows(Assessment) if row.id in before and row.superseded_at is not None]
    assert [row.violation_id for row in gone] == [breach(W12)]
    assert (court.outcome("s1", W12).severity, court.outcome("s2", W12).severity) == ("grave", "minor")


def test_of_a_closed_month_a_decision_is_booked_for_its_shop_alone_with_its_reason(court, april, week_of):
    court.assess(april)
    close_month(court.place, court.rules, "2026-03", None, "cashier", april)
    court.say(breach(W11), "confirmed")
    done = court.assess(april)
    assert (done.runs, done.booked, done.changed) == (1, 1, [])
    with reading(court.ledger) as session:
        (found,) = corrections(session)
    row = found.correction
    assert (found.shop.external_id, row.cycle, row.booked_in) == ("s1", W12, "2026-04")
    assert [(s["severity"], s["exposure_fen"]) for s in (row.before, row.after)] == [
        ("minor", [0, 0]),
        ("serious", [10_000, 30_000]),
    ]
    assert [entry.payload["why"] for entry in court.entries("period.correction")] == [OTHERWISE]
    court.take(*week_of("s2", W12, 2, 10), replace_days=True)  # what comes of the other shop says nothing of this one
    assert court.assess(april).booked == 1
    assert [entry.payload["why"] for entry in court.entries("period.correction")] == [OTHERWISE, "new evidence"]


def test_what_is_waived_once_its_month_is_closed_is_booked_once_whatever_is_judged_later(court, april, week_of):
    court.say(breach(W10), "confirmed")
    court.assess(april)
    close_month(court.place, court.rules, "2026-03", None, "cashier", april)
    court.say(breach(W11), "waived", april)

    def booked():
        with reading(court.ledger) as session:
            rows = [(b.shop.external_id, b.correction) for b in corrections(session)]
        return {shop: (c.cycle, c.before["exposure_fen"], c.after["exposure_fen"]) for shop, c in rows}

    once = {"s1": (W11, [10_000, 30_000], [0, 0])}
    assert booked() == once
    assert court.assess(april).booked == 0
    court.take(*week_of("s2", W11, 2, 10), replace_days=True)
    assert court.assess(april).booked == 1
    assert booked() == once | {"s2": (W11, [0, 0], [0, 0])}
    assert court.violation(breach(W11)).exposure_max_fen == 30_000  # as it was paid


def test_a_month_is_not_closed_while_a_decision_waits_to_be_reckoned_with(court, april):
    court.assess(april)
    court.say(breach(W10), "confirmed")
    with pytest.raises(KaoheError, match=f"{W11} .*due and not assessed"):
        close_month(court.place, court.rules, "2026-03", None, "cashier", april)
    court.assess(april)
    close_month(court.place, court.rules, "2026-03", None, "cashier", april)


def test_a_decision_made_while_its_cycle_is_judged_is_reckoned_with_afterwards(court, at, week_of, monkeypatch):
    judge_run, said = plan_module.judge_run, []

    def judge_and_say(*args, **more):
        judgement = judge_run(*args, **more)  # history is read by now
        if not said:
            said.append(court.say(breach(W10), "confirmed"))
        return judgement

    monkeypatch.setattr(plan_module, "judge_run", judge_and_say)
    court.take(*week_of("s1", W11, 2, 10), replace_days=True)
    court.assess(at("2026-03-26T10:00"))
    assert court.outcome("s1", W11).severity == "minor"
    court.assess(at("2026-03-26T10:00"))
    assert graded(court) == ["minor", "serious", "serious"]
    assert court.assess(at("2026-03-26T10:00")).runs == 0


def test_two_who_planned_the_same_judge_it_once(court, at, monkeypatch):
    court.say(breach(W10), "confirmed")
    planned, done = assess_module.planned, []

    def overtaken(*args):
        plan = planned(*args)
        if not done:
            done.append(None)
            done.append(court.assess(at("2026-03-26T10:00")).runs)
        return plan

    monkeypatch.setattr(assess_module, "planned", overtaken)
    assert court.assess(at("2026-03-26T10:00")).runs == 0
    assert done == [None, 2]


def test_a_judgement_that_fails_leaves_its_decision_to_be_reckoned_with(court, at, monkeypatch):
    court.say(breach(W10), "confirmed")
    with monkeypatch.context() as patch:
        patch.setattr(plan_module, "judge_run", lambda *_: 1 / 0)
        with pytest.raises(AssessmentError):
            court.assess(at("2026-03-26T10:00"))
    court.let_rest(120)
    court.assess(at("2026-03-26T10:00"))
    assert graded(court) == ["minor", "serious", "serious"]
    assert [entry.payload["why"] for entry in court.entries("violation.corrected")] == [OTHERWISE] * 2


def test_a_dry_run_tells_what_a_decision_changes(court, at):
    court.say(breach(W10), "confirmed")
    forecast = [(o.shop, o.cycle, o.severity) for o in court.forecast(at("2026-03-26T10:00"))]
    assert ("s1", W11, "serious") in forecast
    assert ("s2", W11, "minor") in forecast


def test_each_cycle_has_the_last_decision_of_each_kind_on_record(court):
    for shop, state in (("s1", "confirmed"), ("s2", "waived"), ("s1", "appealed"), ("s1", "overturned")):
        court.say(breach(W10, shop), state)
    events = [f"violation.{state}" for state in ("confirmed", "waived", "appealed")]
    batches = {event: entry.batch for event in events for entry in court.entries(event)}
    with reading(court.ledger) as session:
        found = decisions(session, RULE)
        assert decisions(session, "xiaohongshu.other") == {}
    assert {d.kind: (d.assessed_on, d.batch) for d in found[W10]} == {
        "counts": (date(2026, 3, 10), batches["violation.appealed"]),
        "spoken": (date(2026, 3, 10), batches["violation.confirmed"]),
        "waived": (date(2026, 3, 10), batches["violation.waived"]),
    }
    assert found.keys() == {W10}


def test_a_run_tells_why_it_was_made_and_how_much_of_the_journal_it_knew(court, at):
    court.say(breach(W11), "confirmed")
    head = court.head.seq
    court.assess(at("2026-03-26T10:00"))
    told = [(run.cycle, run.cause, run.read_to) for run in court.rows(Run)]
    assert told[-1] == (W12, "decision", head)
    assert {(cause, read_to) for _, cause, read_to in told[:-1]} == {("first", 1)}  # after the import
