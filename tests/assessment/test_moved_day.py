"""A rule file that assesses on another day by now: violation and assessment tell the same day, and so do measures."""

from datetime import date, time

import pytest

from engine.calendar.assessment import AssessedOn
from engine.ledger.tables import Assessment, Sanction

W10, NOW = "2026-W10", "2026-03-20T10:00"
TUESDAY, FRIDAY = date(2026, 3, 10), date(2026, 3, 13)


@pytest.fixture
def moved(like_x1):
    """The rule that ships, but for its assessment day: Friday."""
    return like_x1(assessed=AssessedOn(time(10), weekday=4), sha256="e" * 64)


@pytest.fixture
def found(small_office, week_of, at):
    """A breach, assessed on Tuesday."""
    small_office.take(*week_of("s1", W10, 7, 10))
    small_office.assess(at(NOW))
    return small_office


def days(office):
    """The assessment day as all tell it, and the first days of the measures."""
    outcome = office.outcome()
    assert outcome.assessed_on == office.violation(outcome.violation).assessed_on
    return outcome.assessed_on, {row.starts for row in office.rows(Sanction) if row.starts}


def test_a_rule_that_is_restated_moves_the_violation_too(found, moved, at):
    assert days(found) == (TUESDAY, {TUESDAY})
    found.rules = [moved]
    found.assess(at(NOW), restate=True)
    assert days(found) == (FRIDAY, {FRIDAY})


def test_evidence_that_is_corrected_under_the_changed_file_moves_it(found, moved, week_of, at):
    found.rules = [moved]
    found.take(*week_of("s1", W10, 6, 10), replace_days=True)
    found.assess(at(NOW))
    assert days(found) == (FRIDAY, {FRIDAY})


@pytest.mark.parametrize("state", ["confirmed", "withdrawn"])
def test_what_was_decided_stays_so_on_the_new_day(found, moved, week_of, state, at):
    (name,) = [a.violation_id for a in found.rows(Assessment)]
    found.say(name, state)
    found.rules = [moved]
    found.take(*week_of("s1", W10, 6, 10), replace_days=True)
    found.assess(at(NOW))
    assert found.violation(name).state == state
    assert days(found) == (FRIDAY, {FRIDAY} if state == "confirmed" else set())
    assert [s.starts for s in found.outcome().sanctions if s.starts] == ([FRIDAY] if state == "confirmed" else [])


def test_what_was_waived_moves_along(found, moved, week_of, at):
    (name,) = [a.violation_id for a in found.rows(Assessment)]
    found.say(name, "waived")
    found.rules = [moved]
    found.take(*week_of("s1", W10, 6, 10), replace_days=True)
    found.assess(at(NOW))
    assert (found.violation(name).assessed_on, found.outcome().verdict) == (FRIDAY, "exempt")
