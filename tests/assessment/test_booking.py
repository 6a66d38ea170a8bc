"""What comes of a closed month costs money elsewhere: by new evidence, by what is decided, and never twice."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.assessment.closing import close_month
from engine.evidence.kinds import SESSIONS
from engine.evidence.removing import RemovalRequest, remove_evidence
from engine.ledger.database import reading, transaction
from engine.ledger.periods import ask_to_reopen, corrections, reopen
from engine.ledger.subjects import Wish
from engine.ledger.tables import Assessment, Run, Sanction, Violation
from engine.ledger.violation_ids import violation_id
from engine.progress import silent
from engine.rulebook.model import SanctionSpec, Severity
from tests.ready import ready_office

W10, W11 = "2026-W10", "2026-W11"
MONDAY = date(2026, 3, 2)
MINOR, SERIOUS, GRAVE, NOTHING = [1_000, 1_000], [10_000, 30_000], [50_000, 100_000], [0, 0]


def money(*yuan):
    return (SanctionSpec("liquidated_damages", amount_fen=yuan),)


def breach(shop="s1", cycle=W10):
    return violation_id("xiaohongshu.reply-rate", f"shop:xiaohongshu/{shop}", cycle)


@pytest.fixture
def april(at):
    return at("2026-04-09T12:00")


@pytest.fixture
def graded(like_x1):
    """A rule whose first breach costs 10 yuan, the second 100 to 300, the third 500 to 1,000."""
    return like_x1(
        severity=Severity("platform", within_days=180, steps={1: "minor", 2: "serious", 3: "grave"}),
        ladder={"minor": money(1_000, 1_000), "serious": money(10_000, 30_000), "grave": money(50_000, 100_000)},
    )


@pytest.fixture
def assessed(ledger, open_office, graded, week_of, april):
    """March of two shops under that rule, assessed: s1 has a breach."""
    office = open_office(ledger, [graded])

    def build():
        office.take(*week_of("s1", W10, 1, 10), *week_of("s2", W10, 9, 10))
        office.assess(april)

    ready_office(office, build)
    return office


@pytest.fixture
def paid(assessed, april):
    """The same, closed."""
    closed(assessed, april)
    return assessed


def closed(office, now, month="2026-03"):
    close_month(office.place, office.rules, month, None, "cashier", now)


def opened_again(office, now):
    for what, actor in ((lambda *a: ask_to_reopen(a[0], a[1], "paid twice", *a[2:]), "officer"), (reopen, "manager")):
        with transaction(office.ledger) as session:
            what(session, "2026-03", actor, now)


def booked(office):
    """What stands of the corrections: shop, month of booking; verdict, severity and exposure before and after."""
    with reading(office.ledger) as session:
        found = corrections(session)
    return [
        (
            b.shop.external_id,
            b.correction.booked_in,
            *(
                tuple(s[n] for n in ("verdict", "severity", "exposure_fen"))
                for s in (b.correction.before, b.correction.after)
            ),
        )
        for b in found
    ]


def stands(office):
    """Assessments, measures and exposure, as they were paid."""
    violations = [(v.id, v.exposure_min_fen, v.exposure_max_fen) for v in office.rows(Violation)]
    return office.rows(Assessment), office.rows(Sanction), violations


def owed(office, month):
    """What a month costs at the most: its own breaches, and what was booked in it."""
    with reading(office.ledger) as session:
        found = corrections(session, booked_in=month)
    own = sum(v.exposure_max_fen for v in office.rows(Violation) if f"{v.cycle_end:%Y-%m}" == month)
    both = [(b.correction.before["exposure_fen"][1], b.correction.after["exposure_fen"][1]) for b in found]
    return own + sum(after - before for before, after in both)


# Evidence.


def test_evidence_costs_and_saves_money_in_the_month_in_which_it_comes(paid, week_of, april):
    paid.take(*week_of("s1", W10, 9, 10), *week_of("s2", W10, 1, 10), replace_days=True)
    paid.assess(april)
    breached, fine = ("violation", "minor", MINOR), ("compliant", None, NOTHING)
    assert booked(paid) == [("s1", "2026-04", breached, fine), ("s2", "2026-04", fine, breached)]
    with reading(paid.ledger) as session:
        assert [b.correction.violation_id for b in corrections(session)] == [breach("s1"), breach("s2")]


def test_a_correction_names_its_breach_also_where_nothing_else_of_it_is_on_record(paid, week_of, at, april):
    for replied, now in ((1, april), (9, at("2026-05-06T12:00"))):
        paid.take(*week_of("s2", W10, replied, 10), replace_days=True)
        paid.assess(now)
    with reading(paid.ledger) as session:
        assert [b.correction.violation_id for b in corrections(session)] == [breach("s2")] * 2


def test_the_journal_tells_what_stood_until_then_even_within_a_month(paid, week_of, april):
    for replied in (2, 3):
        paid.take(*week_of("s1", W10, replied, 10), replace_days=True)
        paid.assess(april)
    told = [[e.payload[when]["numerator"] for when in ("before", "after")] for e in paid.entries("period.correction")]
    assert told == [[1, 2], [2, 3]]


def test_nothing_is_booked_before_what_is_booked_already(paid, week_of, at, april):
    paid.take(*week_of("s1", W10, 2, 10), replace_days=True)
    paid.assess(at("2026-05-09T12:00"))
    paid.take(*week_of("s1", W10, 9, 10), replace_days=True)
    paid.assess(april)
    assert [row[:2] for row in booked(paid)] == [("s1", "2026-05")]


def test_what_comes_when_the_next_months_are_closed_too_is_booked_in_the_first_that_is_open(paid, week_of, at, april):
    for month in ("2026-04", "2026-05"):
        closed(paid, at("2026-06-09T12:00"), month)
    paid.take(*week_of("s1", W10, 9, 10), replace_days=True)
    paid.assess(april)
    assert [row[:2] for row in booked(paid)] == [("s1", "2026-06")]


def test_what_was_corrected_back_is_no_longer_what_stood_before(paid, week_of, at, april):
    for replied in (9, 1):
        paid.take(*week_of("s1", W10, replied, 10), replace_days=True)
        paid.assess(april)
    paid.take(*week_of("s1", W10, 9, 10), replace_days=True)
    paid.assess(at("2026-05-09T12:00"))
    assert booked(paid) == [("s1", "2026-05", ("violation", "minor", MINOR), ("compliant", None, NOTHING))]


def test_an_assessment_that_had_gone_before_the_month_was_closed_is_not_what_stood(
    assessed, week_of, session_less, april
):
    session_less(assessed, "s2")
    assessed.assess(april)
    closed(assessed, april)
    assessed.take(*week_of("s2", W10, 1, 10))
    assessed.assess(april)
    (row,) = booked(assessed)
    assert row[2:] == ((None, None, NOTHING), ("violation", "minor", MINOR))


@pytest.fixture
def session_less(at):
    """Takes all evidence of a shop away."""

    def remove(office, shop):
        request = RemovalRequest(SESSIONS, "xiaohongshu", shop, "officer", "of another shop")
        remove_evidence(office.ledger, office.lake, request, at("2026-04-01T00:00"), silent)

    return remove


def test_who_is_waited_for_stays_as_it_is_in_a_closed_month(small_office, week_of, at, april):
    office = small_office
    office.register({"shop": "s1", "expects": Wish(("sessions",), MONDAY, None)}, now=at("2026-03-01T00:00"))
    office.take(*week_of("s2", W10, 1, 10))
    office.assess(april)
    closed(office, april)
    office.place = replace(office.place, patience=timedelta(days=60))  # it is waited for again
    office.take(*week_of("s2", W10, 9, 10), replace_days=True)
    office.assess(april)
    assert [row[0] for row in booked(office)] == ["s2"]


def test_what_is_expected_from_now_on_makes_nothing_of_a_month_that_was_closed_before(paid, at):
    paid.register({"shop": "s1", "expects": Wish(("sessions",), MONDAY, None)}, now=at("2026-04-10T12:00"))
    assert paid.assess(at("2026-04-10T13:00")).booked == 0
    with transaction(paid.ledger) as session:
        ask_to_reopen(session, "2026-03", "paid twice", "officer", at("2026-04-11T12:00"))
    paid.assess(at("2026-04-11T13:00"))
    assert booked(paid) == []
    with transaction(paid.ledger) as session:
        reopen(session, "2026-03", "manager", at("2026-04-11T14:00"))
    paid.assess(at("2026-04-11T15:00"))
    assert paid.outcome("s1").verdict == "no_data"


def test_what_was_expected_when_a_month_was_closed_is_expected_still_when_nothing_is_any_more(
    small_office, week_of, at, april
):
    office = small_office
    office.register({"shop": "s1", "expects": Wish(("sessions",), MONDAY, None)}, now=at("2026-03-01T00:00"))
    office.take(*week_of("s1", W10, 1, 10), *week_of("s2", W10, 1, 10))
    office.assess(april)
    closed(office, april)
    office.register({"shop": "s1", "expects": Wish(("sessions",), None, date(2026, 3, 3))}, now=at("2026-04-10T12:00"))
    office.take(*week_of("s2", W10, 2, 10), replace_days=True)
    office.assess(at("2026-04-10T13:00"))
    assert [row[0] for row in booked(office)] == ["s2"]


def test_a_forecast_of_a_closed_month_tells_what_would_be_booked(paid, week_of, april):
    paid.take(*week_of("s1", W10, 9, 10), replace_days=True)
    forecast = paid.forecast_whole(april)
    done = paid.assess(april)
    assert (forecast.outcomes, forecast.booked, forecast.cycles) == (done.changed, done.booked, set()) == ([], 1, set())


def test_to_restate_a_closed_month_comes_to_rest(paid, graded, april):
    paid.rules = [replace(graded, versions=(replace(graded.versions[0], gate=(), sha256="e" * 64),))]
    assert [paid.assess(april, restate=True).runs for _ in range(3)] == [1, 0, 0]
    assert len(paid.rows(Run)) == 2


def test_to_restate_while_a_shop_is_waited_for_comes_to_rest(small_office, week_of, like_x1, at):
    office, noon = small_office, at("2026-03-10T12:00")
    office.take(*week_of("s1", W10, 7, 10))
    office.assess(noon)
    office.register({"shop": "s1", "expects": Wish(("sessions",), MONDAY, None)}, now=noon)
    office.rules = [like_x1(gate=(), sha256="e" * 64)]
    assert [office.assess(noon, restate=True).runs for _ in range(3)] == [1, 0, 0]
    office.assess(at("2026-03-11T10:00"))
    assert [a.rule_sha256 for a in office.rows(Assessment, superseded_at=None)] == ["e" * 64]


# Decisions.


@pytest.mark.parametrize(
    ("way", "after"),
    [
        ([("withdrawn", {})], ("violation", "minor", NOTHING)),
        ([("waived", {})], ("exempt", None, NOTHING)),
        ([("confirmed", {"severity": "grave"})], ("violation", "grave", GRAVE)),
        ([("confirmed", {"amount_fen": 700})], ("violation", "minor", [700, 700])),
        ([("confirmed", {"severity": "grave"}), ("appealed", {}), ("overturned", {})], ("violation", "grave", NOTHING)),
        ([("confirmed", {"amount_fen": 700}), ("closed", {})], ("violation", "minor", [700, 700])),
    ],
)
def test_what_is_decided_about_a_closed_month_is_booked_and_nothing_paid_changes(paid, way, after, april, at):
    before = stands(paid)
    for state, said in way:
        paid.say(breach(), state, april, **said)
    assert paid.violation(breach()).state == state
    assert stands(paid) == before
    assert booked(paid) == [("s1", "2026-04", ("violation", "minor", MINOR), after)]
    assert (owed(paid, "2026-03"), owed(paid, "2026-04")) == (1_000, after[2][1] - 1_000)
    last = paid.entries(f"violation.{way[0][0]}")[-1]
    assert last.payload["after"]["booked_in"] == "2026-04"
    assert last.payload["before"]["exposure_fen"] == MINOR
    assert paid.assess(at("2026-04-09T13:00")).booked == 0


def test_what_is_decided_without_a_word_on_money_books_nothing(paid, april):
    for state in ("acknowledged", "confirmed", "appealed"):
        paid.say(breach(), state, april)
    assert booked(paid) == []
    assert "booked_in" not in paid.entries("violation.confirmed")[0].payload["after"]


def test_what_is_let_off_is_booked_even_where_it_had_cost_nothing(small_office, week_of, april):
    small_office.take(*week_of("s1", W10, 7, 10))
    small_office.assess(april)
    closed(small_office, april)
    small_office.say(breach(), "withdrawn", april)
    with reading(small_office.ledger) as session:
        ((correction, _),) = corrections(session)
    assert (correction.before.get("let_off"), correction.after["let_off"]) == (None, "withdrawn")
    small_office.take(*week_of("s2", W10, 7, 10))
    assert small_office.assess(april).booked == 1  # of s2
    small_office.say(breach(), "open", april)
    assert [row[0] for row in booked(small_office)] == ["s2"]


def test_to_take_note_of_a_breach_that_evidence_has_corrected_since_books_nothing(paid, week_of, april):
    paid.take(*week_of("s1", W10, 9, 10), replace_days=True)
    paid.assess(april)
    before = booked(paid)
    paid.say(breach(), "acknowledged", april)
    assert booked(paid) == before


def test_what_a_person_took_back_and_brings_back_within_the_month_leaves_no_correction(paid, april):
    paid.say(breach(), "withdrawn", april)
    paid.say(breach(), "open", april)
    assert booked(paid) == []


def test_decisions_of_several_months_are_each_booked_in_theirs(paid, at, april):
    paid.say(breach(), "confirmed", april, severity="grave")
    paid.say(breach(), "confirmed", at("2026-05-06T12:00"), amount_fen=60_000)
    assert [owed(paid, month) for month in ("2026-03", "2026-04", "2026-05")] == [1_000, 99_000, -40_000]


@pytest.mark.parametrize("state", ["withdrawn", "waived", "confirmed"])
def test_the_file_of_another_shop_books_nothing_of_what_was_decided(paid, week_of, state, april, at):
    paid.say(breach(), state, april, severity="grave")
    before = booked(paid)
    paid.take(*week_of("s2", W10, 8, 10), replace_days=True)
    paid.assess(at("2026-05-06T12:00"))
    assert [row for row in booked(paid) if row[0] == "s1"] == before


@pytest.mark.parametrize("state", ["withdrawn", "waived", "confirmed"])
def test_what_was_decided_before_the_month_was_closed_is_what_was_paid(assessed, week_of, state, april):
    assessed.say(breach(), state, april, severity="grave")
    assessed.assess(april)  # what was waived is exempt by then
    closed(assessed, april)
    assessed.take(*week_of("s2", W10, 8, 10), replace_days=True)
    assessed.assess(april)
    assert [row[0] for row in booked(assessed)] == ["s2"]


def test_of_what_was_decided_new_evidence_changes_the_figure_and_not_the_money(paid, week_of, at, april):
    paid.say(breach(), "confirmed", april, severity="grave")
    paid.take(*week_of("s1", W10, 9, 10), replace_days=True)
    paid.assess(april)
    assert booked(paid) == [("s1", "2026-04", ("violation", "minor", MINOR), ("compliant", "grave", GRAVE))]
    paid.say(breach(), "confirmed", april, amount_fen=60_000)
    assert booked(paid)[0][3] == ("compliant", "grave", [60_000, 60_000])
    paid.say(breach(), "confirmed", at("2026-05-06T12:00"), amount_fen=70_000)
    with reading(paid.ledger) as session:
        assert [b.correction.violation_id for b in corrections(session)] == [breach()] * 2


def test_what_evidence_took_back_before_the_month_was_closed_it_brings_back(assessed, week_of, april):
    assessed.take(*week_of("s1", W10, 9, 10), replace_days=True)
    assessed.assess(april)
    closed(assessed, april)
    assessed.take(*week_of("s1", W10, 2, 10), replace_days=True)
    assessed.assess(april)
    assert booked(assessed) == [("s1", "2026-04", ("compliant", None, NOTHING), ("violation", "minor", MINOR))]


def test_once_the_month_is_open_again_what_was_decided_about_it_stands_in_its_place(paid, april):
    paid.say(breach(), "confirmed", april, severity="grave")
    opened_again(paid, april)
    paid.assess(april)
    assert booked(paid) == []
    assert (owed(paid, "2026-03"), owed(paid, "2026-04")) == (100_000, 0)
    assert paid.sanctions(breach()) == [("liquidated_damages", 50_000, 100_000)]
    assert paid.outcome().exposure_fen() == (50_000, 100_000)


def test_an_outcome_of_a_closed_month_tells_what_was_paid(assessed, april):
    assessed.say(breach(), "confirmed", april, severity="grave", amount_fen=80_000)
    closed(assessed, april)
    assessed.say(breach(), "confirmed", april, amount_fen=60_000)
    assert list(assessed.outcome().exposure_fen()) == [80_000, 80_000]
    assert booked(assessed)[0][2:] == (
        ("violation", "grave", [80_000, 80_000]),
        ("violation", "grave", [60_000, 60_000]),
    )
