"""Breaches that the platform let off, or that fell into days that do not count: exempt, and the record says why."""

import pytest

import engine.assessment.plan as plan_module
from engine.judge.facts import Fact
from engine.ledger.tables import Assessment, Situation

W10, TUESDAY = "2026-W10", "2026-03-10T10:00"


@pytest.mark.parametrize("kind", ["waiver", "exclusion"])
def test_an_exempt_breach_is_no_violation_and_its_situation_names_the_reason(office, week_of, at, monkeypatch, kind):
    fact = Fact.of(kind, reference="公告 7")
    exempting = {"s1": [fact], "s3": [fact]}
    monkeypatch.setattr(plan_module, "waivers_of", lambda *_: {W10: exempting})
    for shop, replied in (("s1", 5), ("s2", 5), ("s3", 9)):
        office.take(*week_of(shop, W10, replied, 10))
    office.assess(at(TUESDAY))
    assert {o.shop: o.verdict for o in office.outcomes()} == {"s1": "exempt", "s2": "violation", "s3": "compliant"}
    exempt = office.outcome("s1").as_json()
    assert (exempt["sanctions"], exempt["exposure_fen"], exempt["violation"]) == ([], [0, 0], None)
    situation_id = office.rows(Assessment)[0].situation_id
    (situation,) = office.rows(Situation, id=situation_id)
    (firing,) = situation.trace
    assert firing["matched"][kind] == {"kind": kind, "reference": "公告 7"}
    assert situation.decision["outcome"] == "exempt"


def test_a_waiver_that_comes_later_takes_the_violation_back(small_office, week_of, row, at, monkeypatch):
    small_office.take(*week_of("s1", W10, 5, 10))
    small_office.assess(at(TUESDAY))
    breach = small_office.outcome("s1").violation
    waived = {"s1": [Fact.of("waiver", reference="W1")]}
    monkeypatch.setattr(plan_module, "waivers_of", lambda *_: {W10: waived})
    small_office.take(row("late", "2026-03-08T12:00:00", opened_by="agent"))  # so that the week is assessed again
    small_office.assess(at(TUESDAY))
    assert small_office.outcome("s1").verdict == "exempt"
    assert small_office.violation(breach).state == "withdrawn"
    assert [event for event, _, _ in small_office.events(breach)] == ["violation.opened", "violation.withdrawn"]
