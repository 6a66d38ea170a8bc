"""Registrations as they were known at a time: what was said since must not change what could have been known then."""

from datetime import date

import pytest
from sqlmodel import select

from engine.evidence.kinds import SESSIONS
from engine.evidence.removing import RemovalRequest, remove_evidence
from engine.ledger.database import transaction
from engine.ledger.journal import entries, redact
from engine.ledger.registration import unregister_shop
from engine.ledger.tables import Subject
from engine.progress import silent

MONDAY = date(2026, 3, 2)


@pytest.fixture
def known(office, at):
    """What would have come out on 12 March by what was known then: shop, cycle, verdict."""
    then = at("2026-03-12T00:00")
    return lambda: [(o.shop, o.cycle, o.verdict) for o in office.forecast(then, known_at=then)]


@pytest.fixture
def unregister(office, at):
    def gone(now):
        with transaction(office.ledger) as session:
            shop = session.exec(select(Subject).where(Subject.key == "shop:xiaohongshu/s1")).one()
            unregister_shop(session, shop, "it left", at(now), "officer")

    return gone


def test_a_shop_that_is_unregistered_since_was_registered_then(office, known, unregister, week_of, at):
    office.register({"shop": "s1", "opened_on": MONDAY}, now=at("2026-03-01T00:00"))
    office.take(*week_of("s2", "2026-W10", 7, 10), now=at("2026-03-09T00:00"))
    before = known()
    assert ("s1", "2026-W10", "no_data") in before
    unregister("2026-03-20T00:00")
    assert known() == before
    office.register({"shop": "s1", "opened_on": date(2026, 2, 2)}, now=at("2026-03-21T00:00"))
    assert known() == before


def test_a_shop_that_was_unregistered_then_or_not_registered_yet_was_not_registered(office, known, unregister, at):
    office.register({"shop": "s1", "opened_on": MONDAY}, now=at("2026-03-01T00:00"))
    unregister("2026-03-11T00:00")
    assert known() == []
    office.register({"shop": "s1"}, {"shop": "s2"}, now=at("2026-03-12T00:01"))
    assert known() == []


def test_an_opening_that_was_corrected_since_was_another_day_then(office, known, at):
    office.register({"shop": "s1", "opened_on": MONDAY}, now=at("2026-03-01T00:00"))
    before = known()
    assert before == [("s1", "2026-W10", "no_data")]
    office.register({"shop": "s1", "opened_on": date(2026, 2, 2)}, now=at("2026-03-20T00:00"))
    office.register({"shop": "s1", "opened_on": date(2026, 1, 5)}, now=at("2026-03-21T00:00"))
    assert known() == before
    office.register({"shop": "s2"}, now=at("2026-03-11T00:00"))  # without a day, since its registration
    office.register({"shop": "s2", "opened_on": MONDAY}, now=at("2026-03-20T00:00"))
    assert known() == before


def test_what_was_redacted_is_as_it_is_today(office, known, at):
    office.register({"shop": "s1", "opened_on": MONDAY}, now=at("2026-03-01T00:00"))
    office.register({"shop": "s1", "opened_on": date(2026, 2, 23)}, now=at("2026-03-20T00:00"))
    assert [cycle for _, cycle, _ in known()] == ["2026-W10"]
    with transaction(office.ledger) as session:
        (change,) = [entry for entry in entries(session) if entry.event == "shop.changed"]
        redact(session, change.id, "a name stood in it", "officer", at("2026-03-21T00:00"))
    assert [cycle for _, cycle, _ in known()] == ["2026-W09", "2026-W10"]


def test_evidence_of_earlier_days_that_came_since_lists_a_shop_no_sooner_then(office, known, week_of, at):
    office.register({"shop": "s1"}, now=at("2026-03-01T00:00"))
    office.take(*week_of("s1", "2026-W10", 7, 10), now=at("2026-03-09T00:00"))
    before = known()
    office.take(*week_of("s1", "2026-W05", 9, 10), now=at("2026-03-20T00:00"))
    assert known() == before == [("s1", "2026-W10", "violation")]


def test_evidence_that_was_removed_since_listed_a_shop_then(office, known, week_of, at):
    office.register({"shop": "s1"}, now=at("2026-03-11T00:00"))
    office.take(*week_of("s1", "2026-W08", 7, 10), now=at("2026-03-02T00:00"))
    before = known()
    assert [cycle for _, cycle, _ in before] == ["2026-W08", "2026-W09", "2026-W10"]
    request = RemovalRequest(SESSIONS, "xiaohongshu", "s1", "officer", "of another shop")
    remove_evidence(office.ledger, office.lake, request, at("2026-03-20T00:00"), silent)
    assert known() == before


def test_evidence_counts_until_the_instant_at_which_it_was_removed_and_from_that_on_no_more(office, week_of, at):
    office.take(*week_of("s1", "2026-W10", 7, 10), now=at("2026-03-09T00:00"))
    request = RemovalRequest(SESSIONS, "xiaohongshu", "s1", "officer", "of another shop")
    remove_evidence(office.ledger, office.lake, request, at("2026-03-11T00:00"), silent)

    def numerators(known_at):
        return [o.numerator for o in office.forecast(at("2026-03-12T00:00"), known_at=at(known_at))]

    assert numerators("2026-03-10T23:59:59.999999") == [7]
    assert numerators("2026-03-11T00:00") == []
