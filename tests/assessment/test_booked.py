"""What a calendar finds in the ledger: on each database the same as the outcomes that stand there."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from engine.assessment.booked import Asked, on_record
from engine.ledger.database import reading
from tests.ready import ready_office

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def seen(office, week_of, at):
    """Three shops of two clients over three weeks of March; the last of them is not assessed yet."""

    def build():
        office.register({"shop": "s1", "client": "a", "alias": "甲"}, {"shop": "s2", "client": "b"})
        for cycle, replied in (("2026-W09", 9), ("2026-W10", 7), ("2026-W11", 6)):
            office.take(week_of("s1", cycle, replied, 10), week_of("s2", cycle, 10, 10), week_of("s3", cycle, 1, 10))
        office.assess(at("2026-03-10T10:05"))

    ready_office(office, build)

    def look(now="2026-03-17T12:00", known=None, days=MARCH, **asked):
        with reading(office.ledger) as ledger:
            return on_record(ledger, office.rules if known is None else known, Asked(*days, **asked), at(now))

    return look


def test_verdicts_are_those_of_the_outcomes_that_stand(office, seen):
    record = seen()
    counted = {b.appointment.cycle: dict(b.verdicts) for b in record.booked}
    assert counted == {
        cycle: dict(Counter(o.verdict for o in office.outcomes() if o.cycle == cycle))
        for cycle in ("2026-W09", "2026-W10")
    }
    breaches = {b.appointment.cycle: [(x.shop.shown(), x.violation) for x in b.breaches] for b in record.booked}
    assert breaches == {
        cycle: [
            (o.shop.replace("s1", "甲"), o.violation) for o in office.outcomes() if o.cycle == cycle and o.violation
        ]
        for cycle in ("2026-W09", "2026-W10")
    }
    assert record.shops == {"xiaohongshu": 3}


def test_the_appointment_on_record_is_that_of_the_run(seen, x1, at):
    [of_week] = [b.appointment for b in seen().booked if b.appointment.cycle == "2026-W10"]
    assert (of_week.day, of_week.due_at, of_week.version) == (date(2026, 3, 10), at("2026-03-10T10:00"), "2021-01-01")
    assert (of_week.cycle_start, of_week.cycle_end, of_week.zone) == (date(2026, 3, 2), date(2026, 3, 8), x1.zone)


def test_what_is_due_and_done_is_told_by_cycle(seen, x1):
    record = seen()
    assert record.due == {(x1.id, "2026-W11")}
    assert record.done == {(x1.id, "2026-W09"), (x1.id, "2026-W10")}
    assert seen(now="2026-03-17T09:59").due == frozenset()


def test_only_what_is_asked_for_is_told(seen):
    assert seen(client="b").shops == {"xiaohongshu": 1}
    assert [dict(b.verdicts) for b in seen(client="b").booked] == [{"compliant": 1}, {"compliant": 1}]
    assert {m.shop.id for m in seen(shop="shop:xiaohongshu/s3").measures} == {"s3"}
    assert seen(platform="kuaishou").booked == []


def test_what_was_assessed_under_a_rule_that_is_gone_is_told(seen):
    assert [b.appointment.zone for b in seen(known=[]).booked] == ["Asia/Shanghai", "Asia/Shanghai"]


def test_a_rule_that_is_not_asked_for_is_not_told(office, seen, x1, at):
    other = replace(x1, id="xiaohongshu.other")
    office.rules.append(other)
    office.assess(at("2026-03-10T10:05"))
    assert {b.appointment.rule for b in seen().booked} == {x1.id, other.id}
    only = seen(rules=(other.id,))
    assert {b.appointment.rule for b in only.booked} == {m.rule for m in only.measures} == {other.id}


def test_measures_are_those_of_violations_that_stand(office, seen, at):
    [of_s1] = [m for m in seen().measures if m.shop.id == "s1"]
    assert (of_s1.sanction.starts, of_s1.sanction.ends) == (date(2026, 3, 10), date(2026, 3, 12))
    assert [m.shop.id for m in seen(now="2026-03-09T12:00").measures] == ["s3"]  # that of the week before
    office.say(of_s1.violation, "waived", at("2026-03-11T12:00"))
    assert "s1" not in {m.shop.id for m in seen().measures}


def test_of_a_limited_shop_all_measures_are_told_however_far_away(seen):
    assert [m.sanction.starts for m in seen().measures if m.shop.id == "s3"] == [date(2026, 3, 3), date(2026, 3, 10)]
    with_days = seen(days=(date(2026, 3, 11), date(2026, 3, 31)))
    assert [m.sanction.starts for m in with_days.measures if m.shop.id == "s3"] == [date(2026, 3, 3), date(2026, 3, 10)]
    assert seen(days=(date(2026, 3, 13), date(2026, 3, 31))).measures == []
