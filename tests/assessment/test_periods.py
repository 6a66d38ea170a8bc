"""Months that are closed: what was paid stays, what comes later is booked where it comes, and two reopen it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from engine.assessment.closing import close_month
from engine.errors import KaoheError
from engine.ledger import runs
from engine.ledger.database import reading, transaction
from engine.ledger.periods import ask_to_reopen, close, corrections, reopen
from engine.ledger.tables import Assessment, Correction, Run, Violation


@pytest.fixture
def april(at):
    return at("2026-04-09T12:00")


def closed(office, now, month="2026-03"):
    close_month(office.place, office.rules, month, None, "cashier", now)


def booked(office, **which):
    """What stands of the corrections: shop, cycle, month of booking, verdict and numerator before and after."""
    with reading(office.ledger) as session:
        found = corrections(session, **which)
    return [
        (
            b.shop.external_id,
            b.correction.cycle,
            b.correction.booked_in,
            *(b.correction.before[name] for name in ("verdict", "numerator")),
            *(b.correction.after[name] for name in ("verdict", "numerator")),
        )
        for b in found
    ]


@pytest.fixture
def paid(office, week_of, april):
    """March of three shops, assessed and closed: one breach, one compliant."""
    office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s2", "2026-W10", 9, 10))
    office.assess(april)
    closed(office, april)
    return office


def test_later_evidence_leaves_a_closed_month_as_it_is_and_is_booked_where_it_comes(paid, week_of, april):
    before = paid.rows(Assessment), paid.rows(Violation)
    paid.take(*week_of("s1", "2026-W10", 9, 10), *week_of("s2", "2026-W10", 6, 10), replace_days=True)
    paid.take(*week_of("s3", "2026-W10", 1, 10))
    done = paid.assess(april)
    assert (done.runs, done.changed, done.booked) == (1, [], 3)
    assert (paid.rows(Assessment), paid.rows(Violation)) == before
    assert booked(paid, about="2026-03") == [
        ("s1", "2026-W10", "2026-04", "violation", 7, "compliant", 9),
        ("s2", "2026-W10", "2026-04", "compliant", 9, "violation", 6),
        ("s3", "2026-W10", "2026-04", None, None, "violation", 1),
    ]
    assert paid.assess(april).runs == 0
    said = [
        (e.object_kind, e.payload["why"], e.payload["after"]["booked_in"]) for e in paid.entries("period.correction")
    ]
    assert said == [("cycle", "new evidence", "2026-04")] * 3


def test_a_correction_tells_the_difference_to_what_stood_before_its_month(paid, week_of, at, april):
    paid.take(*week_of("s1", "2026-W10", 8, 10), replace_days=True)
    paid.assess(april)
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(april)  # the same month: one correction, told in one piece
    assert booked(paid) == [("s1", "2026-W10", "2026-04", "violation", 7, "compliant", 9)]
    paid.take(*week_of("s1", "2026-W10", 5, 10), replace_days=True)
    paid.assess(at("2026-05-09T12:00"))
    assert booked(paid, booked_in="2026-05") == [("s1", "2026-W10", "2026-05", "compliant", 9, "violation", 5)]
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(at("2026-05-09T12:00"))  # as it stood before May: nothing is left to book in May
    assert booked(paid) == [("s1", "2026-W10", "2026-04", "violation", 7, "compliant", 9)]


def test_what_is_corrected_back_in_the_same_month_leaves_no_correction(paid, week_of, april):
    for replied in (8, 7):
        paid.take(*week_of("s1", "2026-W10", replied, 10), replace_days=True)
        paid.assess(april)
    assert booked(paid) == []
    assert [c.superseded_at for c in paid.rows(Correction)] == [april]


def test_a_rule_that_is_restated_corrects_a_closed_month_and_changes_nothing_in_it(paid, like_x1, april):
    before = paid.rows(Assessment)
    paid.rules = [like_x1(gate=(), sha256="e" * 64)]
    done = paid.assess(april, restate=True)
    assert (done.runs, done.booked) == (1, 0)
    assert paid.rows(Assessment) == before


def test_cycles_belong_to_the_month_of_their_last_day(office, week_of, april):
    office.take(*week_of("s1", "2026-W09", 7, 10), *week_of("s1", "2026-W14", 7, 10))  # 23 Feb - 1 Mar, 30 Mar - 5 Apr
    office.assess(april)
    closed(office, april)
    office.take(*week_of("s1", "2026-W09", 9, 10), *week_of("s1", "2026-W14", 9, 10), replace_days=True)
    assert office.assess(april).booked == 1
    assert [o.numerator for o in office.outcomes()] == [7, 9]


def test_a_month_cannot_be_closed_before_all_its_cycles_are_assessed(office, week_of, at):
    office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s1", "2026-W13", 7, 10))
    with pytest.raises(KaoheError, match="2026-03 is not over yet"):
        closed(office, at("2026-03-31T23:59"))
    with pytest.raises(KaoheError, match=r"2026-W10 \(due and not assessed\); xiaohongshu\.reply-rate 2026-W13"):
        closed(office, at("2026-04-01T00:00"))
    office.assess(at("2026-04-01T00:00"))
    closed(office, at("2026-04-01T00:00"))


def test_a_month_whose_last_cycle_is_still_to_be_assessed_cannot_be_closed(office, week_of, at):
    office.take(*week_of("s1", "2026-W22", 7, 10))  # ends on Sunday 31 May, assessed on Tuesday
    with pytest.raises(KaoheError, match=r"2026-W22 \(its assessment is still to come\)"):
        closed(office, at("2026-06-01T12:00"), "2026-05")
    office.assess(at("2026-06-02T10:00"))
    closed(office, at("2026-06-02T10:00"), "2026-05")


def test_a_month_is_not_closed_under_the_hands_of_a_process_that_assesses(office, week_of, april):
    office.take(*week_of("s1", "2026-W10", 7, 10))
    office.assess(april)
    with transaction(office.ledger) as session:
        session.exec(select(Run)).one().state = "running"
    with pytest.raises(KaoheError, match=r"2026-W10 is being assessed at this moment"), transaction(office.ledger) as s:
        close(s, "2026-03", None, "cashier", april)


def ask(office, actor, now, why="paid twice"):
    with transaction(office.ledger) as session:
        ask_to_reopen(session, "2026-03", why, actor, now)


def agree(office, actor, now):
    with transaction(office.ledger) as session:
        reopen(session, "2026-03", actor, now)


def test_to_reopen_a_month_takes_two_people_and_a_reason(paid, april):
    with pytest.raises(KaoheError, match="nobody has asked for 2026-03"):
        agree(paid, "officer", april)
    with pytest.raises(KaoheError, match="without a reason"):
        ask(paid, "officer", april, why=" ")
    ask(paid, "officer", april)
    with pytest.raises(KaoheError, match="somebody else has to agree"):
        agree(paid, "officer", april)
    agree(paid, "manager", april)
    with pytest.raises(KaoheError, match="2026-03 is not closed"):
        ask(paid, "officer", april)
    told = [(e.event, e.actor) for name in ("closed", "reopening", "reopened") for e in paid.entries(f"period.{name}")]
    assert told == [("period.closed", "cashier"), ("period.reopening", "officer"), ("period.reopened", "manager")]


def test_a_month_that_somebody_wishes_to_reopen_is_closed_until_another_agrees(paid, week_of, april):
    ask(paid, "officer", april)
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    assert paid.assess(april).booked == 1


def test_once_a_month_is_open_again_what_was_corrected_about_it_is_judged_anew(paid, week_of, april):
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(april)
    ask(paid, "officer", april)
    agree(paid, "manager", april)
    done = paid.assess(april)
    assert (done.runs, done.booked) == (1, 0)
    assert [(o.shop, o.verdict) for o in paid.outcomes()] == [("s1", "compliant"), ("s2", "compliant")]
    with reading(paid.ledger) as session:
        assert session.exec(select(Violation.state)).all() == ["withdrawn"]
    assert booked(paid) == []
    assert paid.assess(april).runs == 0


def test_a_month_whose_corrections_are_paid_elsewhere_is_not_reopened(paid, week_of, at, april):
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(april)
    closed(paid, at("2026-05-06T12:00"), "2026-04")
    with pytest.raises(KaoheError, match="booked in 2026-04, which is closed"):
        ask(paid, "officer", april)


def test_a_run_that_a_dead_process_left_behind_is_not_in_the_way_and_is_taken_from_it(office, week_of, april):
    office.take(*week_of("s1", "2026-W10", 7, 10))
    office.assess(april)
    with transaction(office.ledger) as session:
        number = runs.open_run(session, "gone.rule", "2026-W02", april.date(), april)
        runs.claim(session, "dead", timedelta(seconds=-60), number)
    closed(office, april)
    with pytest.raises(runs.LostLeaseError), transaction(office.ledger) as session:
        runs.heartbeat(session, number, "dead", timedelta(seconds=60))
