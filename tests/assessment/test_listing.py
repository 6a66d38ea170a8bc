"""Who is listed, and as what, where nothing was counted."""

from datetime import date

import pytest

from engine.ledger.database import transaction
from engine.ledger.subjects import ShopRow, register_shops
from engine.measure.relations import DERIVATIONS, Derivation, Reads
from engine.rulebook.model import Counter, Figure

TUESDAY = "2026-03-24T10:00"  # weeks 10, 11 and 12 are over


@pytest.fixture
def verdicts(small_office, at):
    """Cycle → verdict of a shop, after an assessment."""

    def of(shop="s1"):
        small_office.assess(at(TUESDAY))
        return {o.cycle: o.verdict for o in small_office.outcomes() if o.shop == shop}

    return of


def test_a_shop_with_at_least_one_session_is_listed_registered_or_not(small_office, week_of, verdicts):
    small_office.take(*week_of("s1", "2026-W10", 1, 1))
    assert verdicts() == {"2026-W10": "not_assessed"}


def test_an_unregistered_shop_without_anything_that_counts_is_not_listed(small_office, row, verdicts):
    small_office.take(row("c1", "2026-03-04T12:00:00", opened_by="agent"))
    assert verdicts() == {}


def test_a_registered_shop_without_evidence_in_a_cycle_has_no_data_and_the_kind_is_named(small_office, verdicts):
    small_office.register({"shop": "s1", "opened_on": date(2026, 3, 2)})
    assert verdicts() == {"2026-W10": "no_data", "2026-W11": "no_data", "2026-W12": "no_data"}
    line = small_office.outcome().as_json()
    assert (line["numerator"], line["denominator"], line["value"], line["missing"]) == (None, None, None, ["sessions"])
    assert (line["at_risk"], line["sanctions"], line["violation"]) == (False, [], None)


def test_a_registered_shop_with_evidence_but_nothing_that_counts_is_not_assessed(small_office, row, verdicts):
    small_office.register({"shop": "s1", "opened_on": date(2026, 3, 2)})
    small_office.take(
        row("c1", "2026-03-11T12:00:00", opened_by="agent"), row("c2", "2026-03-15T23:59:59", opened_by="system")
    )
    assert verdicts() == {"2026-W10": "no_data", "2026-W11": "not_assessed", "2026-W12": "no_data"}
    outcome = small_office.outcome(cycle="2026-W11")
    assert (outcome.numerator, outcome.denominator, outcome.missing) == (0, 0, ())


def test_a_registered_shop_is_listed_from_the_first_cycle_that_begins_on_or_after_its_opening(small_office, verdicts):
    small_office.register({"shop": "s1", "opened_on": date(2026, 3, 9)}, {"shop": "s2", "opened_on": date(2026, 3, 10)})
    assert list(verdicts("s1")) == ["2026-W11", "2026-W12"]
    assert list(verdicts("s2")) == ["2026-W12"]


def test_without_an_opening_day_it_is_listed_from_its_first_day_of_evidence(small_office, week_of, verdicts):
    small_office.register({"shop": "s1"})  # on the first of January
    small_office.take(*week_of("s1", "2026-W10", 5, 5))
    assert verdicts() == {"2026-W10": "compliant", "2026-W11": "no_data", "2026-W12": "no_data"}


def test_without_either_it_is_listed_from_the_day_of_its_registration(small_office, at, verdicts):
    # In Shanghai it is Monday already.
    small_office.register({"shop": "s1"}, now=at("2026-03-09T00:00"))
    small_office.register({"shop": "s2"}, now=at("2026-03-09T00:00:01"))
    assert list(verdicts("s1")) == ["2026-W11", "2026-W12"]
    small_office.register({"shop": "s3"}, now=at("2026-03-15T23:59:59"))
    assert list(verdicts("s3")) == ["2026-W12"]


def test_evidence_before_its_opening_day_lists_it_all_the_same(small_office, week_of, verdicts):
    small_office.register({"shop": "s1", "opened_on": date(2026, 3, 16)})
    small_office.take(*week_of("s1", "2026-W10", 9, 10))
    assert verdicts() == {"2026-W10": "compliant", "2026-W12": "no_data"}


def test_late_evidence_takes_the_place_of_no_data(small_office, week_of, verdicts):
    small_office.register({"shop": "s1", "opened_on": date(2026, 3, 2)})
    assert set(verdicts().values()) == {"no_data"}
    small_office.take(*week_of("s1", "2026-W11", 1, 10))
    assert verdicts() == {"2026-W10": "no_data", "2026-W11": "violation", "2026-W12": "no_data"}


def test_a_first_evidence_that_comes_later_than_the_registration_ends_the_listing_before_it(small_office, week_of, at):
    small_office.register({"shop": "s1"}, now=at("2026-03-02T00:00"))
    small_office.assess(at(TUESDAY))
    assert [o.cycle for o in small_office.outcomes()] == ["2026-W10", "2026-W11", "2026-W12"]
    small_office.take(*week_of("s1", "2026-W11", 10, 10))
    small_office.assess(at(TUESDAY))
    assert {o.cycle: o.verdict for o in small_office.outcomes()} == {"2026-W11": "compliant", "2026-W12": "no_data"}


def test_a_shop_that_is_registered_late_is_listed_afterwards_in_the_weeks_that_are_over(small_office, row, verdicts):
    small_office.take(row("c1", "2026-03-04T12:00:00", opened_by="agent"))
    assert verdicts() == {}
    small_office.register({"shop": "s1", "opened_on": date(2026, 3, 2)})
    assert verdicts() == {"2026-W10": "not_assessed", "2026-W11": "no_data", "2026-W12": "no_data"}


def test_outcomes_tell_the_client_to_whom_the_shop_belongs_now(small_office, week_of, verdicts):
    small_office.take(*week_of("s1", "2026-W10", 1, 10))
    verdicts()
    assert small_office.outcome().client == "default"
    small_office.register({"shop": "s1", "client": "c1", "opened_on": date(2026, 3, 16)})
    verdicts()
    assert small_office.outcome().client == "c1"


def test_shops_of_other_platforms_are_not_listed_here(small_office, verdicts, at):
    with transaction(small_office.ledger) as session:
        shop = ShopRow("kuaishou", "s1", opened_on=date(2026, 3, 2))
        register_shops(session, [shop], at("2026-03-01T00:00"), "officer")
    assert verdicts() == {}


def test_a_shop_whose_number_is_missing_has_no_data_registered_or_not(
    small_office, like_x1, row, verdicts, monkeypatch, at
):
    waits = (
        "SELECT w.day, w.cut_off, s.shop, s.agent, "
        "date_diff('second', s.opened_at, s.first_human_reply_at) AS wait "
        "FROM {sessions} s JOIN wanted w ON s.day = w.day"
    )
    monkeypatch.setitem(DERIVATIONS, "waits", Derivation((Reads("sessions"),), waits, edition=1))
    counters = (Counter("waited", "waits", None, None, "wait"), Counter("sessions", "waits"))
    small_office.rules = [like_x1(counters=counters, figure=Figure("waited", "sessions"), gate=())]
    small_office.take(row("c1", "2026-03-04T12:00:00"), row("c2", "2026-03-04T12:00:00", "2026-03-04T12:00:01"))
    assert verdicts() == {"2026-W10": "no_data"}
    assert (small_office.outcome().missing, small_office.outcome().denominator) == (("waited",), 2)
    small_office.rules = [
        like_x1("xiaohongshu.inverse", counters=counters, figure=Figure("sessions", "waited"), gate=())
    ]
    small_office.assess(at(TUESDAY))
    inverse = small_office.outcomes(rules=["xiaohongshu.inverse"])
    assert [(o.verdict, o.numerator, o.denominator) for o in inverse] == [("no_data", 2, None)]
