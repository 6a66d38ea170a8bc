"""Evidence that was rounded: figures with ends, on record and in what is printed, and verdicts only where they hold."""

import json

import pytest

import engine.assessment.plan as plan_module
from engine.ledger.tables import Assessment
from engine.measure.figures import measure

W10, TUESDAY = "2026-W10", "2026-03-10T10:00"


@pytest.fixture
def rounding(monkeypatch):
    """From now on the numerator may have been so many less or more, as it may after a rounded import."""

    def by(less, more):
        def rounded(con, *given):
            measure(con, *given)
            con.execute(f'UPDATE figures SET "replied!low" = replied - {less}, "replied!high" = replied + {more}')

        monkeypatch.setattr(plan_module, "measure", rounded)

    return by


@pytest.mark.parametrize(
    ("replied", "less", "more", "verdict"),
    [
        (7, 1, 0, "violation"),
        (7, 0, 1, "undetermined"),
        (8, 1, 0, "undetermined"),
        (8, 0, 1, "compliant"),
        (9, 0, 3, "compliant"),  # a part is never more than the whole
    ],
)
def test_a_rounded_figure_has_a_verdict_only_where_all_its_numbers_agree(
    small_office, rounding, week_of, at, replied, less, more, verdict
):
    small_office.take(*week_of("s1", W10, replied, 10))
    rounding(less, more)
    small_office.assess(at(TUESDAY))
    line = json.loads(small_office.lines()[0])
    assert (line["verdict"], line["numerator"]) == (verdict, replied)
    assert line["numerator_range"] == [replied - less, replied + more]
    assert "denominator_range" not in line
    assert (line["violation"] is not None) == (verdict == "violation")
    assert line["at_risk"] == (replied - less < 9)


def test_what_is_recorded_of_a_rounded_figure_is_what_was_forecast_and_stays(office, rounding, week_of, at):
    for shop, replied in (("s1", 5), ("s2", 8), ("s3", 10)):
        office.take(*week_of(shop, W10, replied, 10))
    rounding(1, 0)
    expected = [json.dumps(o.as_json(), ensure_ascii=False) for o in office.forecast(at(TUESDAY))]
    office.assess(at(TUESDAY))
    assert office.lines() == expected
    assert office.assess(at(TUESDAY)).changed == []
    violation = office.violation(office.outcome("s1").violation)
    assert (violation.numerator, violation.numerator_low, violation.numerator_high) == (5, 4, 5)
    assert (violation.denominator_low, violation.denominator_high) == (None, None)
    (event,) = office.events(violation.id)
    assert event[2]["numerator_range"] == [4, 5]


def test_ends_that_change_are_news_though_the_numbers_stay(small_office, rounding, week_of, row, at):
    small_office.take(*week_of("s1", W10, 5, 10))
    rounding(1, 1)
    small_office.assess(at(TUESDAY))
    rounding(0, 0)
    small_office.take(row("late", "2026-03-08T12:00:00", opened_by="agent"))  # so that the week is assessed again
    small_office.assess(at(TUESDAY))
    old, new = small_office.rows(Assessment)
    assert (old.numerator_low, old.numerator_high, old.superseded_at is None) == (4, 6, False)
    assert (new.numerator_low, new.numerator_high, new.superseded_at is None) == (None, None, True)
    assert small_office.violation(new.violation_id).numerator_low is None
    assert [event for event, _, _ in small_office.events()] == ["violation.opened", "violation.corrected"]
