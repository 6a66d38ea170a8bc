"""A shop whose registered evidence has not come waits, comes later, or has no data: on record, forecast and ahead."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.assessment.closing import close_month
from engine.assessment.forecast import forecast_due
from engine.assessment.outlook import outlook
from engine.errors import KaoheError
from engine.evidence.covering import Covers
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import SESSIONS
from engine.ledger.database import reading
from engine.ledger.journal import entries
from engine.ledger.subjects import Wish
from engine.measure.tallies import TallyCache
from engine.progress import silent

ASSESSED, DEADLINE = "2026-03-10T10:00", "2026-03-11T10:00"
MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)


@pytest.fixture
def place(office, at):
    """An office to which evidence comes at a time; shops are registered as expecting sessions from week 10 on."""

    class Place:
        def take(self, rows, covers=None, shop=None, now="2026-03-12T00:00", all_shops=False):
            given = Covers(*covers, all_shops) if covers else None
            request = ImportRequest(
                SESSIONS, (office.file(rows),), "officer", platform="xiaohongshu", shop=shop, covers=given
            )
            return import_evidence(office.ledger, office.lake, bytes(32), request, at(now), silent)

        def expect(self, *shops, since=MONDAY, until=None):
            office.register(
                *({"shop": s, "expects": Wish(("sessions",), since, until)} for s in shops), now=at(ASSESSED)
            )

        def told(self):
            with reading(office.ledger) as ledger:
                found = [e for e in entries(ledger) if e.event == "evidence.missing"]
            return [(e.object_id, e.payload["after"]["missing"]) for e in found]

    return Place()


def verdicts(office):
    return {o.shop: o.verdict for o in office.outcomes() if o.cycle == "2026-W10"}


def test_a_shop_with_a_missing_day_is_left_out_until_its_evidence_comes(office, place, at, week_of):
    place.expect("s1", "s2")
    place.take(week_of("s1", "2026-W10", 1, 10), (MONDAY, SUNDAY))
    place.take(week_of("s2", "2026-W10", 1, 10))
    done = office.assess(at(ASSESSED))
    assert (done.runs, [o.shop for o in done.changed], verdicts(office)) == (1, ["s1"], {"s1": "violation"})
    assert office.assess(at(ASSESSED)).runs == 0
    place.take(week_of("s2", "2026-W10", 1, 10), (MONDAY, SUNDAY))  # nothing new, but now it is known to be all
    assert [o.shop for o in office.assess(at("2026-03-10T12:00")).changed] == ["s2"]
    assert verdicts(office) == {"s1": "violation", "s2": "violation"}
    assert place.told() == []


def test_past_the_deadline_it_has_no_data_and_that_is_told_once(office, place, at, week_of):
    place.expect("s1")
    place.take(week_of("s1", "2026-W10", 1, 10))  # its one day is Wednesday
    assert office.assess(at("2026-03-11T09:59")).changed == []
    done = office.assess(at(DEADLINE))
    missing = ["sessions 2026-03-02..2026-03-03 2026-03-05..2026-03-08"]
    line = office.outcome().as_json()
    assert (line["verdict"], line["missing"], line["numerator"], line["denominator"]) == (
        "no_data",
        missing,
        None,
        None,
    )
    assert [o.shop for o in done.missing] == ["s1"]
    place.take([], (MONDAY, date(2026, 3, 6)), shop="s1")
    done = office.assess(at(DEADLINE))
    assert (office.outcome().missing, done.missing) == (("sessions 2026-03-07..2026-03-08",), [])
    assert place.told() == [("shop:xiaohongshu/s1", missing)]
    place.take([], (MONDAY, SUNDAY), shop="s1")
    office.assess(at(DEADLINE))
    assert office.outcome().verdict == "violation"


def test_a_violation_stays_while_its_shop_waits_and_is_withdrawn_after_the_deadline(office, place, at, week_of):
    place.take(week_of("s1", "2026-W10", 1, 10))
    office.assess(at(ASSESSED))
    name = office.outcome().violation
    place.expect("s1")
    assert office.assess(at("2026-03-10T11:00")).runs == 1
    assert (office.outcome().verdict, office.violation(name).state) == ("violation", "open")
    office.assess(at(DEADLINE))
    assert (office.outcome().verdict, office.violation(name).state) == ("no_data", "withdrawn")
    place.take([], (MONDAY, SUNDAY), shop="s1")
    office.assess(at("2026-03-12T10:00"))
    assert (office.outcome().verdict, office.violation(name).state) == ("violation", "open")
    assert [event for event, _, _ in office.events(name)] == [
        "violation.opened",
        "violation.withdrawn",
        "violation.reopened",
    ]


def test_of_a_shop_that_is_covered_and_silent_it_is_known_that_nothing_happened(office, place, at):
    place.expect("s1", "s2")
    place.take([], (MONDAY, SUNDAY), shop="s1")
    office.assess(at(DEADLINE))
    assert verdicts(office) == {"s1": "not_assessed", "s2": "no_data"}
    place.take([], (MONDAY, SUNDAY), all_shops=True)
    office.assess(at(DEADLINE))
    assert verdicts(office) == {"s1": "not_assessed", "s2": "not_assessed"}


def test_an_expectation_that_is_taken_back_waits_no_longer(office, place, at, week_of):
    place.expect("s1")
    place.take(week_of("s1", "2026-W10", 1, 10))
    assert office.assess(at(ASSESSED)).changed == []
    place.expect("s1", since=None, until=MONDAY - timedelta(days=1))
    assert [o.verdict for o in office.assess(at(ASSESSED)).changed] == ["violation"]


def test_the_forecast_says_what_the_assessment_then_does(office, place, at, week_of):
    place.take(week_of("s1", "2026-W10", 1, 10))
    office.assess(at(ASSESSED))
    recorded = office.outcomes()
    place.expect("s1")
    place.take(week_of("s2", "2026-W10", 1, 10))
    for now in (ASSESSED, DEADLINE):
        forecast = forecast_due(office.place, office.rules, at(now), silent)
        said = {(o.shop, o.verdict) for o in forecast.over(recorded)}
        office.assess(at(now))
        assert said == {(o.shop, o.verdict) for o in office.outcomes()}
    assert said == {("s1", "no_data"), ("s2", "violation")}


def test_a_month_is_not_closed_while_a_shop_is_waited_for(office, place, at, week_of):
    office.register({"shop": "s1", "expects": Wish(("sessions",), date(2026, 3, 23), date(2026, 3, 29))})
    office.assess(at("2026-04-01T09:00"))
    with pytest.raises(KaoheError, match=r"2026-W13 \(evidence of shops is waited for\)"):
        close_month(
            replace(office.place, patience=timedelta(days=7)),
            office.rules,
            "2026-03",
            None,
            "li",
            at("2026-04-01T09:00"),
        )


def test_what_was_expected_and_covered_then_is_what_is_known_at_that_time(office, place, at, week_of):
    place.expect("s1")
    place.take(week_of("s1", "2026-W10", 1, 10), (MONDAY, SUNDAY), now="2026-03-12T00:00")

    def known(then):
        found = forecast_due(office.place, office.rules, at("2026-03-20T10:00"), silent, known_at=at(then))
        return [(o.cycle, o.verdict) for o in found.outcomes if o.shop == "s1" and o.cycle == "2026-W10"]

    assert known("2026-03-11T00:00") == [("2026-W10", "no_data")]
    assert known("2026-03-12T00:00") == [("2026-W10", "violation")]
    place.expect("s1", since=None, until=MONDAY - timedelta(days=1))
    assert known("2026-03-10T09:00") == []


def test_the_outlook_knows_nothing_of_a_shop_whose_evidence_has_not_come(office, place, at, week_of):
    place.expect("s1", "s2", "s3")
    place.take(week_of("s1", "2026-W10", 9, 10), (MONDAY, date(2026, 3, 4)), now="2026-03-05T09:00")
    place.take(week_of("s2", "2026-W10", 9, 10), now="2026-03-05T09:00")

    def standing(now):
        with reading(office.ledger) as ledger:
            cache = TallyCache(office.place.cache)
            found = outlook(ledger, office.lake, cache, office.rules, at(now), silent)
        return {o.shop: (o.standing, o.missing) for o in found}

    assert standing("2026-03-05T12:00") == {
        "s1": ("holding", ()),
        "s2": ("unknown", ("sessions 2026-03-02..2026-03-03",)),
        "s3": ("unknown", ("sessions 2026-03-02..2026-03-04",)),
    }
    assert standing("2026-03-06T12:00")["s1"] == ("unknown", ("sessions 2026-03-05",))
