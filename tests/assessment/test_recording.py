"""What new evidence does to what is on record. After every assessment the journal verifies (see the office)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial

import pytest
from sqlmodel import col, select, update

from engine.ledger.actors import Actor
from engine.ledger.database import open_ledger, transaction
from engine.ledger.journal import entries, redact
from engine.ledger.tables import Assessment, JournalEntry, Run, Sanction, Situation, Subject
from engine.ledger.violation_ids import violation_id
from engine.ledger.violations import record
from engine.rulebook.model import Band, Bound, SanctionSpec, Severity

W10 = "2026-W10"
NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
BREACH = violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", W10)


@pytest.fixture
def becomes(week_of, at):
    """Assesses week 10 of a shop after its evidence became `replied` of `opened`; gives the office."""

    def assess(office, replied, opened=10):
        office.take(*week_of("s1", W10, replied, opened), replace_days=True)
        office.assess(at("2026-03-10T10:00"))
        return office

    return assess


@pytest.fixture
def assessed(small_office, becomes):
    return partial(becomes, small_office)


@pytest.fixture
def assessed_on_both(office, becomes):
    return partial(becomes, office)


def test_a_breach_opens_a_violation_with_its_sanctions_and_tells_the_journal(assessed_on_both):
    office = assessed_on_both(7)
    outcome = office.outcome()
    assert (outcome.verdict, outcome.violation, outcome.numerator, outcome.denominator) == ("violation", BREACH, 7, 10)
    violation = office.violation(BREACH)
    assert (violation.state, violation.numerator, violation.denominator) == ("open", 7, 10)
    assert (violation.assessed_on.isoformat(), violation.cycle_end.isoformat()) == ("2026-03-10", "2026-03-08")
    (sanction,) = office.rows(Sanction)
    assert (sanction.kind, sanction.starts.isoformat(), sanction.ends.isoformat()) == (
        "traffic_limit",
        "2026-03-10",
        "2026-03-12",
    )
    ((event, before, after),) = office.events(BREACH)
    assert (event, before) == ("violation.opened", None)
    assert after == {
        "numerator": 7,
        "denominator": 10,
        "verdict": "violation",
        "state": "open",
        "severity": None,
        "sanctions": [
            {"kind": "traffic_limit", "scope": "public_domain", "starts": "2026-03-10", "ends": "2026-03-12"}
        ],
        "exposure_fen": [0, 0],
        "notify": True,
    }


def test_a_pass_is_recorded_too_and_journals_nothing(assessed):
    office = assessed(9)
    assert (office.outcome().verdict, office.events(), office.rows(Situation)) == ("compliant", [], [])


def test_new_evidence_that_changes_a_figure_appends_a_row_and_closes_the_old_one(assessed):
    assessed(9)
    office = assessed(10)
    old, new = office.rows(Assessment)
    assert (old.numerator, old.superseded_at is None) == (9, False)
    assert (new.numerator, new.superseded_at, new.supersedes_id) == (10, None, old.id)


def test_new_evidence_about_another_shop_leaves_a_row_as_it_was(assessed, week_of, at):
    office = assessed(7)
    before = office.lines()
    office.take(*week_of("s2", W10, 9, 10))
    assert len(office.assess(at("2026-03-10T10:00")).changed) == 1
    assert office.lines()[:1] == before
    assert len(office.rows(Assessment)) == 2


def test_evidence_that_changes_nothing_of_the_figure_changes_nothing_on_record(small_office, row, week_of, at):
    small_office.take(*week_of("s1", W10, 7, 10))
    small_office.assess(at("2026-03-10T10:00"))
    before, head = small_office.lines(), small_office.head
    small_office.take(row("x", "2026-03-04T12:00:00", None, opened_by="system"))
    done = small_office.assess(at("2026-03-10T10:00"))
    assert (done.runs, done.changed, small_office.lines()) == (1, [], before)
    assert small_office.head.seq == head.seq + 1  # the import itself


def test_a_breach_that_grows_is_corrected(assessed):
    assessed(7)
    office = assessed(6)
    assert (office.violation(BREACH).numerator, office.violation(BREACH).state) == (6, "open")
    event, before, after = office.events(BREACH)[-1]
    assert (event, before["numerator"], after["numerator"], after["state"]) == ("violation.corrected", 7, 6, "open")
    assert len(office.rows(Sanction)) == 1


def test_a_breach_that_is_mended_is_withdrawn_and_one_that_comes_back_is_reopened(assessed_on_both):
    assessed_on_both(7)
    office = assessed_on_both(9)
    assert (office.violation(BREACH).state, office.outcome().violation) == ("withdrawn", None)
    event, before, after = office.events(BREACH)[-1]
    assert (event, before["state"], after["state"], after["verdict"]) == (
        "violation.withdrawn",
        "open",
        "withdrawn",
        "compliant",
    )
    assessed_on_both(7)
    assert (office.violation(BREACH).state, office.outcome().violation) == ("open", BREACH)
    event, before, after = office.events(BREACH)[-1]
    assert (event, before["state"], after["state"]) == ("violation.reopened", "withdrawn", "open")
    assert [len(office.outcome().sanctions), len(office.rows(Sanction))] == [1, 1]
    assert [a.verdict for a in office.rows(Assessment)] == ["violation", "compliant", "violation"]


@pytest.mark.parametrize(("first_found", "told"), [("2026-03-10T10:00", True), ("2026-03-20T10:00", False)])
def test_what_stands_again_long_after_is_news_if_it_was_when_it_was_first_found(
    small_office, week_of, at, first_found, told
):
    replies = iter((7, 9, 7))
    for when in (first_found, "2026-03-25T10:00", "2026-04-01T10:00"):
        small_office.take(*week_of("s1", W10, next(replies), 10), replace_days=True)
        small_office.assess(at(when))
    event, _, after = small_office.events(BREACH)[-1]
    assert (event, after["notify"]) == ("violation.reopened", told)


def test_a_breach_whose_cycle_is_no_longer_assessed_is_withdrawn(assessed):
    assessed(7)
    office = assessed(1, opened=4)
    assert (office.outcome().verdict, office.violation(BREACH).state) == ("not_assessed", "withdrawn")


def test_a_violation_that_a_person_has_acknowledged_is_still_ours_to_withdraw_and_to_correct(assessed):
    office = assessed(7)
    office.say(BREACH, "acknowledged")
    assessed(6)
    assert (office.violation(BREACH).state, office.violation(BREACH).numerator) == ("acknowledged", 6)
    assert office.events(BREACH)[-1][2]["state"] == "acknowledged"
    assessed(9)
    assert office.violation(BREACH).state == "withdrawn"


# By a shop of that name: what is said about its violation.
PROTECTED = {
    "confirmed": ["confirmed"],
    "appealed": ["confirmed", "appealed"],
    "overturned": ["appealed", "overturned"],
    "waived": ["waived"],
    "closed": ["confirmed", "closed"],
}


def test_what_was_decided_about_a_violation_outlives_evidence_to_the_contrary(small_office, week_of, at):
    def become(replied):
        rows = [row for shop in PROTECTED for row in week_of(shop, W10, replied, 10)]
        small_office.take(*rows, replace_days=True)
        small_office.assess(at("2026-03-10T10:00"))

    become(7)
    ids = {o.shop: o.violation for o in small_office.outcomes()}
    for shop, said in PROTECTED.items():
        for state in said:
            small_office.say(ids[shop], state, severity="grave" if state == said[0] else None)
    become(9)
    assert {(o.verdict, o.violation) for o in small_office.outcomes()} == {("compliant", None)}
    become(10)
    for state, name in ids.items():
        violation = small_office.violation(name)
        assert (violation.state, violation.severity) == (state, "grave")
        contradicted = [e for e in small_office.events(name) if e[0] == "violation.contradicted"]
        assert [(before["state"], after["state"]) for _, before, after in contradicted] == [(state, state)]


def test_the_figure_of_a_confirmed_violation_is_corrected_and_what_was_decided_stays(assessed_on_both):
    office = assessed_on_both(7)
    office.say(BREACH, "confirmed", severity="grave")
    before = office.sanctions(BREACH)
    assessed_on_both(5)
    violation = office.violation(BREACH)
    assert (violation.state, violation.severity, violation.numerator) == ("confirmed", "grave", 5)
    assert office.sanctions(BREACH) == before
    event, _, after = office.events(BREACH)[-1]
    assert (event, after["state"], after["severity"], after["numerator"]) == (
        "violation.corrected",
        "confirmed",
        "grave",
        5,
    )


def test_what_a_person_withdrew_is_not_brought_back_by_a_corrected_figure(assessed):
    office = assessed(7)
    office.say(BREACH, "withdrawn")
    assessed(6)
    assert (office.violation(BREACH).state, office.violation(BREACH).numerator) == ("withdrawn", 6)
    event, _, after = office.events(BREACH)[-1]
    assert (event, after["state"]) == ("violation.corrected", "withdrawn")


def test_what_a_person_withdrew_stays_so_when_evidence_mends_the_breach_and_breaks_it_again(assessed_on_both):
    office = assessed_on_both(7)
    office.say(BREACH, "withdrawn")
    assessed_on_both(9)
    assert (office.violation(BREACH).state, office.outcome().violation) == ("withdrawn", None)
    assessed_on_both(6)
    assert (office.violation(BREACH).state, office.outcome().violation) == ("withdrawn", BREACH)
    assert [event for event, _, _ in office.events(BREACH)][1:] == ["violation.withdrawn", "violation.corrected"]
    office.say(BREACH, "open")  # the person has thought again: from here on it is evidence's once more
    assessed_on_both(9)
    assessed_on_both(7)
    assert office.violation(BREACH).state == "open"


def test_a_persons_withdrawal_outlives_its_redaction(assessed):
    office = assessed(7)
    office.say(BREACH, "withdrawn")
    with transaction(office.ledger) as ledger:
        told = ledger.exec(select(JournalEntry).where(JournalEntry.event == "violation.withdrawn")).one()
        redact(ledger, told.id, "names a buyer", "officer", NOW)
    assessed(9)
    assessed(7)
    assert office.violation(BREACH).state == "withdrawn"


def test_a_contradicted_violation_that_shows_again_is_on_record_as_before(assessed):
    office = assessed(7)
    office.say(BREACH, "confirmed")
    assessed(9)
    assessed(6)
    assert (office.violation(BREACH).state, office.outcome().violation) == ("confirmed", BREACH)


def test_evidence_that_moves_to_another_week_closes_the_row_and_withdraws_the_violation(office, week_of, at):
    rows = week_of("s1", W10, 3, 10)
    office.take(*rows)
    office.assess(at("2026-03-10T10:00"))
    moved = [r | {"opened_at": "2026-02-25T12:00:00", "first_human_reply_at": None} for r in rows]
    office.take(*moved)
    done = office.assess(at("2026-03-10T10:00"))
    assert office.outcome() is None
    assert office.outcome(cycle="2026-W09").numerator == 0
    assert office.violation(BREACH).state == "withdrawn"
    assert [o.cycle for o in done.changed] == ["2026-W09"]
    event, _, after = office.events(BREACH)[-1]
    assert (event, after) == ("violation.withdrawn", {"state": "withdrawn"})
    assert office.assess(at("2026-03-10T10:00")).runs == 0


def test_evidence_that_comes_back_opens_a_row_and_the_violation_again(small_office, week_of, at):
    rows = week_of("s1", W10, 3, 10)
    away = [r | {"opened_at": "2026-02-25T12:00:00", "first_human_reply_at": None} for r in rows]
    for evidence in (rows, away, rows):
        small_office.take(*evidence)
        small_office.assess(at("2026-03-10T10:00"))
    assert (small_office.outcome().violation, small_office.violation(BREACH).state) == (BREACH, "open")
    assert small_office.outcome(cycle="2026-W09") is None


def test_a_confirmed_violation_whose_evidence_is_gone_is_contradicted(small_office, week_of, at):
    rows = week_of("s1", W10, 3, 10)
    small_office.take(*rows)
    small_office.assess(at("2026-03-10T10:00"))
    small_office.say(BREACH, "confirmed")
    small_office.take(*(r | {"opened_at": "2026-02-25T12:00:00", "first_human_reply_at": None} for r in rows))
    small_office.assess(at("2026-03-10T10:00"))
    assert (small_office.outcome(), small_office.violation(BREACH).state) == (None, "confirmed")
    assert small_office.events(BREACH)[-1][0] == "violation.contradicted"


@pytest.fixture
def graded(sqlite_ledger, open_office, like_x1):
    """An office under a rule that grades its breaches by the figure; each grade has its own price."""
    rule = like_x1(
        severity=Severity(
            "metric",
            bands=(
                Band("grave", Bound("below", Fraction(1, 2), "50%")),
                Band("minor", Bound("below", Fraction(1), "100%")),
            ),
        ),
        ladder={
            "minor": (SanctionSpec("warning"),),
            "grave": (SanctionSpec("warning"), SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000))),
        },
    )
    return open_office(sqlite_ledger, [rule])


def test_severity_exposure_and_sanctions_follow_the_figure(graded, week_of, at):
    def state_after(replied):
        graded.take(*week_of("s1", W10, replied, 10), replace_days=True)
        graded.assess(at("2026-03-10T10:00"))
        violation = graded.violation(BREACH)
        exposure = violation.exposure_min_fen, violation.exposure_max_fen
        return violation.severity, exposure, [kind for kind, _, _ in graded.sanctions(BREACH)]

    assert state_after(7) == ("minor", (0, 0), ["warning"])
    assert state_after(4) == ("grave", (10_000, 30_000), ["warning", "liquidated_damages"])
    assert graded.outcome().as_json()["exposure_fen"] == [10_000, 30_000]
    assert state_after(6) == ("minor", (0, 0), ["warning"])
    severities = [(b and b["severity"], a["severity"]) for _, b, a in graded.events(BREACH)]
    assert severities == [(None, "minor"), ("minor", "grave"), ("grave", "minor")]


def test_each_situation_is_decided_and_kept_once_a_run(graded, week_of, at):
    for shop, replied in (("s1", 7), ("s2", 6), ("s3", 4), ("s4", 3), ("s5", 10)):
        graded.take(*week_of(shop, W10, replied, 10))
    graded.assess(at("2026-03-10T10:00"))
    situations = {s.id: s.decision["severity"] for s in graded.rows(Situation)}
    assert sorted(situations.values()) == ["grave", "minor"]
    decided = {o.shop: o.severity for o in graded.outcomes()}
    assert decided == {"s1": "minor", "s2": "minor", "s3": "grave", "s4": "grave", "s5": None}
    assert [situations.get(a.situation_id) for a in graded.rows(Assessment)] == list(decided.values())


def test_a_violation_whose_assessment_is_more_than_seven_days_old_is_not_notified_and_is_counted(
    small_office, week_of, at
):
    for cycle in ("2026-W08", "2026-W09", "2026-W10"):
        small_office.take(*week_of("s1", cycle, 1, 10))
    # Week 9 was assessed on the 3rd at 10:00: seven days ago to the second.
    done = small_office.assess(at("2026-03-10T10:00"))
    assert done.unnotified == 1
    assert [after["notify"] for _, _, after in small_office.events()] == [False, True, True]


def test_a_second_after_seven_days_is_too_late_for_a_notice(small_office, week_of, at):
    small_office.take(*week_of("s1", "2026-W09", 1, 10))
    assert small_office.assess(at("2026-03-10T10:00:01")).unnotified == 1


def test_what_a_rule_file_says_anew_does_not_touch_what_was_assessed(sqlite_ledger, open_office, like_x1, week_of, at):
    office = open_office(sqlite_ledger, [like_x1()])
    office.take(*week_of("s1", W10, 7, 10))
    office.assess(at("2026-03-10T10:00"))
    before = office.rows(Assessment)
    (rule,) = office.rules
    office.rules = [like_x1(ladder={"standard": (SanctionSpec("warning"),)}, sha256="f" * 64)]
    assert office.assess(at("2026-03-10T10:00")).runs == 0
    assert office.rows(Assessment) == before
    # And where another shop's evidence makes the week due again, this one's row stays, too.
    office.take(*week_of("s2", W10, 7, 10))
    office.assess(at("2026-03-10T10:00"))
    office.rules = [replace(rule, versions=(*rule.versions, *office.rules[0].versions))]
    assert {o.shop: o.version.sha256 for o in office.outcomes()} == {"s1": rule.versions[0].sha256, "s2": "f" * 64}


def test_the_run_keeps_what_it_read_and_under_which_version(small_office, week_of, at, x1):
    small_office.take(*week_of("s1", W10, 7, 10))
    small_office.assess(at("2026-03-10T10:00"))
    (run,) = small_office.rows(Run)
    assert (run.state, run.cycle, run.version, run.rule_sha256, run.attempts) == (
        "done",
        W10,
        "2021-01-01",
        x1.versions[0].sha256,
        1,
    )
    assert (run.due_at, len(run.input)) == (at("2026-03-10T10:00"), 64)


def test_what_a_person_says_while_a_run_is_recorded_is_not_written_over(
    request, postgres_ledger_url, open_office, x1, week_of, at, in_a_thread, waits_for_a_lock
):
    ledger = open_ledger(postgres_ledger_url)
    request.addfinalizer(ledger.dispose)
    office = open_office(ledger, [x1])
    office.take(*week_of("s1", W10, 7, 10))
    office.assess(at("2026-03-10T10:00"))
    office.take(*week_of("s1", W10, 9, 10), replace_days=True)
    with transaction(ledger) as session:
        record(
            session, BREACH, "confirmed", Actor.unbounded("a person"), "the platform says so", at("2026-03-10T10:00")
        )
        assessing = in_a_thread(lambda: office.assess(at("2026-03-10T10:00")))
        waits_for_a_lock(ledger)
    assessing.result()
    assert office.violation(BREACH).state == "confirmed"
    assert [event for event, _, _ in office.events(BREACH)] == [
        "violation.opened",
        "violation.confirmed",
        "violation.contradicted",
    ]


def test_a_registration_that_holds_one_shop_and_wants_the_next_does_not_meet_a_recording_half_way(
    request, postgres_ledger_url, open_office, x1, week_of, at, in_a_thread, waits_for_a_lock
):
    from engine.ledger.database import open_ledger

    ledger = open_ledger(postgres_ledger_url)
    request.addfinalizer(ledger.dispose)
    office = open_office(ledger, [x1])
    office.take(*week_of("s1", W10, 9, 10), *week_of("s2", W10, 3, 10))
    with transaction(ledger) as session:
        lock = select(Subject).with_for_update()
        session.exec(lock.where(Subject.external_id == "s1")).one()
        assessing = in_a_thread(lambda: office.assess(at("2026-03-10T10:00")))
        waits_for_a_lock(ledger)
        session.exec(lock.where(Subject.external_id == "s2")).one()
    assert len(assessing.result().changed) == 2


def test_a_tampered_journal_is_noticed_by_the_office(small_office, week_of, at):
    small_office.take(*week_of("s1", W10, 7, 10))
    small_office.assess(at("2026-03-10T10:00"))
    with transaction(small_office.ledger) as session:
        session.exec(update(JournalEntry).where(col(JournalEntry.event) == "violation.opened").values(actor="me"))
    assert small_office.faults() != []


def test_a_redacted_journal_still_verifies_and_assessing_goes_on(small_office, week_of, at):
    small_office.take(*week_of("s1", W10, 7, 10))
    small_office.assess(at("2026-03-10T10:00"))
    with transaction(small_office.ledger) as session:
        (entry,) = [e for e in entries(session) if e.event == "violation.opened"]
        redact(session, entry.id, "a name stood in it", "officer", at("2026-03-11T10:00"))
    small_office.take(*week_of("s1", W10, 9, 10), replace_days=True)
    small_office.assess(at("2026-03-10T10:00") + timedelta(days=1))
    assert small_office.violation(BREACH).state == "withdrawn"
