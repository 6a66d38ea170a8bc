"""Months that are closed: what was paid stays, what comes later is booked where it comes, and two reopen it."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from engine.assessment.assess import AssessmentError
from engine.assessment.closing import close_month
from engine.errors import KaoheError
from engine.ledger import runs
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.periods import ask_to_reopen, close, corrections, is_closed, keep_months, reopen
from engine.ledger.tables import Assessment, Correction, Period, Run, Violation
from tests.ready import ready_office


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

    def build():
        office.take(*week_of("s1", "2026-W10", 7, 10), *week_of("s2", "2026-W10", 9, 10))
        office.assess(april)
        closed(office, april)

    ready_office(office, build)
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


def agree(office, actor, now, names=()):
    with transaction(office.ledger) as session:
        reopen(session, "2026-03", actor, now, names)


def test_to_reopen_a_month_takes_two_people_and_a_reason(paid, april):
    with pytest.raises(KaoheError, match="nobody has asked for 2026-03"):
        agree(paid, "officer", april)
    with pytest.raises(KaoheError, match="without a reason"):
        ask(paid, "officer", april, why=" ")
    ask(paid, "officer", april)
    with pytest.raises(KaoheError, match="somebody else has to agree"):
        agree(paid, "officer", april)
    with pytest.raises(KaoheError, match="boss has asked"):
        agree(paid, "boss", april, {"boss", "officer"})
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


def test_what_is_taken_back_when_a_month_is_opened_again_stands_in_the_journal(paid, week_of, april):
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(april)
    ask(paid, "officer", april)
    agree(paid, "manager", april)
    paid.take(*week_of("s1", "2026-W10", 7, 10), replace_days=True)
    paid.assess(april)  # as it was recorded: nothing else is to be told
    (entry,) = paid.entries("period.correction_taken_back")
    assert entry.object_id == "xiaohongshu.reply-rate shop:xiaohongshu/s1 2026-W10"
    told = [(entry.payload[when]["verdict"], entry.payload[when].get("booked_in")) for when in ("before", "after")]
    assert told == [("compliant", "2026-04"), ("violation", None)]


def test_a_month_is_not_closed_while_corrections_in_it_are_about_a_month_that_is_open_again(paid, week_of, at, april):
    may = at("2026-05-06T12:00")
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(april)
    ask(paid, "officer", april)
    agree(paid, "manager", april)
    with pytest.raises(KaoheError, match="corrections of 2026-03 are booked in 2026-04, and 2026-03 is open again"):
        closed(paid, may, "2026-04")
    paid.assess(may)
    closed(paid, may, "2026-04")
    closed(paid, may)
    assert [o.verdict for o in paid.outcomes()] == ["compliant", "compliant"]


def test_a_correction_that_is_paid_is_not_taken_back(paid, week_of, april):
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(april)
    ask(paid, "officer", april)
    agree(paid, "manager", april)
    with transaction(paid.ledger) as session:  # as it was possible once
        session.add(Period(month="2026-04", state="closed", changed_at=april, changed_by="cashier"))
    with pytest.raises(AssessmentError, match="booked in 2026-04, which is closed"):
        paid.assess(april)
    assert booked(paid) == [("s1", "2026-W10", "2026-04", "violation", 7, "compliant", 9)]


def test_to_close_a_month_takes_back_the_wish_to_open_it_again(paid, april):
    ask(paid, "officer", april)
    closed(paid, april)
    with pytest.raises(KaoheError, match="nobody has asked for 2026-03"):
        agree(paid, "manager", april)
    assert [e.actor for e in paid.entries("period.stays_closed")] == ["cashier"]
    closed(paid, april)  # once more says nothing
    assert [len(paid.entries(f"period.{name}")) for name in ("closed", "stays_closed")] == [1, 1]


def test_a_month_that_was_opened_again_can_be_closed_again(paid, week_of, april):
    ask(paid, "officer", april)
    agree(paid, "manager", april)
    closed(paid, april)
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    assert paid.assess(april).booked == 1


def test_a_month_is_not_reopened_once_its_corrections_have_been_paid_while_somebody_wished_for_it(
    paid, week_of, at, april
):
    paid.take(*week_of("s1", "2026-W10", 9, 10), replace_days=True)
    paid.assess(april)
    ask(paid, "officer", april)
    closed(paid, at("2026-05-06T12:00"), "2026-04")
    with pytest.raises(KaoheError, match="booked in 2026-04, which is closed"):
        agree(paid, "manager", april)


def test_a_month_whose_corrections_were_corrected_back_can_be_reopened(paid, week_of, at, april):
    for replied in (9, 7):
        paid.take(*week_of("s1", "2026-W10", replied, 10), replace_days=True)
        paid.assess(april)
    closed(paid, at("2026-05-06T12:00"), "2026-04")
    ask(paid, "officer", april)
    agree(paid, "manager", april)
    assert paid.assess(april).runs == 0  # and nothing is to be judged anew


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


# Two at once, which only PostgreSQL lets begin: the second finds what the first has done.


@pytest.fixture
def crowd(postgres_ledger_url, open_office, x1, week_of, april):
    """An office in PostgreSQL whose March is assessed."""
    ledger = open_ledger(postgres_ledger_url)
    office = open_office(ledger, [x1])
    office.take(*week_of("s1", "2026-W10", 7, 10))
    office.assess(april)
    yield office
    ledger.dispose()


def test_who_closes_a_month_waits_for_a_run_that_is_being_claimed(crowd, april, at, in_a_thread, waits_for_a_lock):
    with transaction(crowd.ledger) as session:
        run = runs.open_run(session, "a.rule", "2026-W11", date(2026, 3, 9), april)
        assert runs.claim(session, "somebody", timedelta(minutes=1), run)
        closing = in_a_thread(lambda: closed(crowd, april))
        waits_for_a_lock(crowd.ledger)
    with pytest.raises(KaoheError, match=r"a\.rule 2026-W11 is being assessed at this moment"):
        closing.result(timeout=30)


def test_of_two_who_agree_at_once_one_finds_the_month_open(crowd, april, in_a_thread, waits_for_a_lock):
    closed(crowd, april)
    ask(crowd, "officer", april)
    with transaction(crowd.ledger) as session:
        reopen(session, "2026-03", "manager", april)
        other = in_a_thread(lambda: agree(crowd, "another", april))
        waits_for_a_lock(crowd.ledger)
    with pytest.raises(KaoheError, match="2026-03 is not closed"):
        other.result(timeout=30)
    assert len(crowd.entries("period.reopened")) == 1


def test_what_is_decided_while_its_month_is_being_closed_is_booked(crowd, april, in_a_thread, waits_for_a_lock):
    (violation,) = crowd.rows(Violation)
    with transaction(crowd.ledger) as session:
        close(session, "2026-03", None, "cashier", april)
        deciding = in_a_thread(lambda: crowd.say(violation.id, "waived", april))
        waits_for_a_lock(crowd.ledger)
    deciding.result(timeout=30)
    assert booked(crowd) == [("s1", "2026-W10", "2026-04", "violation", 7, "exempt", 7)]


def test_a_month_that_was_looked_up_before_is_looked_up_again(crowd, april):
    with transaction(crowd.ledger) as session:
        keep_months(session)
        assert not is_closed(session, "2026-03")
        session.add(Period(month="2026-03", state="open", changed_at=april, changed_by="cashier"))
    with reading(crowd.ledger) as session:
        assert not is_closed(session, "2026-03")
        with transaction(crowd.ledger) as other:
            close(other, "2026-03", None, "cashier", april)
        session.rollback()
        assert is_closed(session, "2026-03")
