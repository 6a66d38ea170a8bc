"""What people decided about earlier violations grades the next one."""

from datetime import UTC, datetime
from time import sleep

import pytest

from engine.assessment.standing import history_of
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.journal import entries, redact
from engine.ledger.violation_ids import violation_id
from engine.rulebook.model import PastViolation, SanctionSpec, Severity

WEEKS = ["2026-W09", "2026-W10", "2026-W11", "2026-W12"]
ALL_CONFIRMED = {week: ["confirmed"] for week in WEEKS}
TUESDAYS = ["2026-03-03", "2026-03-10", "2026-03-17", "2026-03-24"]


def breach(week, shop="s1"):
    return violation_id("xiaohongshu.reply-rate", f"shop:xiaohongshu/{shop}", week)


@pytest.fixture
def steps(like_x1):
    """A rule whose severity is a forecast by the number of confirmed violations within some days."""

    def rule(within_days=180):
        return like_x1(
            severity=Severity("platform", within_days=within_days, steps={1: "minor", 2: "serious", 3: "grave"}),
            ladder={
                "minor": (SanctionSpec("warning"),),
                "serious": (SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000)),),
                "grave": (SanctionSpec("liquidated_damages", amount_fen=(50_000, 100_000)),),
            },
        )

    return rule


@pytest.fixture
def court(sqlite_ledger, open_office, steps, week_of):
    """An office under such a rule; one shop breaches it every week, and another does, too."""

    def open_court(within_days=180, ledger=sqlite_ledger):
        office = open_office(ledger, [steps(within_days)])
        office.take(*(row for week in WEEKS for shop in ("s1", "s2") for row in week_of(shop, week, 1, 10)))
        return office

    return open_court


@pytest.fixture
def weekly(at):
    """Assesses Tuesday after Tuesday; `said` maps weeks to what is said about the first shop's violation after each."""

    def assess(office, said=None):
        for week, tuesday in zip(WEEKS, TUESDAYS, strict=True):
            office.assess(at(f"{tuesday}T10:00"))
            for state in (said or {}).get(week, ()):
                office.say(breach(week), state)
        return [o.severity for o in office.outcomes() if o.shop == "s1"]

    return assess


def test_as_long_as_nothing_is_confirmed_every_violation_is_the_first(court, weekly):
    assert weekly(court()) == ["minor"] * 4


@pytest.mark.parametrize("url", ["sqlite_ledger_url", "postgres_ledger_url"])
def test_confirmed_violations_count_one_by_one_and_for_their_own_shop_only(court, weekly, request, url):
    ledger = open_ledger(request.getfixturevalue(url))
    request.addfinalizer(ledger.dispose)
    office = court(ledger=ledger)
    assert weekly(office, ALL_CONFIRMED) == ["minor", "serious", "grave", "grave"]
    assert [o.severity for o in office.outcomes() if o.shop == "s2"] == ["minor"] * 4
    exposures = [o.as_json()["exposure_fen"] for o in office.outcomes() if o.shop == "s1"]
    assert exposures == [[0, 0], [10_000, 30_000], [50_000, 100_000], [50_000, 100_000]]
    assert office.violation(breach("2026-W11")).exposure_max_fen == 100_000


@pytest.mark.parametrize(
    ("within_days", "severities"),
    [
        (14, ["minor", "serious", "grave", "grave"]),  # the one before last is exactly 14 days ago, and counts
        (13, ["minor", "serious", "serious", "serious"]),
        (6, ["minor", "minor", "minor", "minor"]),
    ],
)
def test_confirmed_violations_count_only_within_their_days(court, weekly, within_days, severities):
    assert weekly(court(within_days), ALL_CONFIRMED) == severities


# By a shop of that name: what is said about its first violation, and whether its second is the second, then.
COUNTS = {
    "acknowledged": (["acknowledged"], False),
    "confirmed": (["confirmed"], True),
    "confirmed in the end": (["appealed", "confirmed"], True),
    "under appeal": (["confirmed", "appealed"], False),
    "overturned": (["confirmed", "appealed", "overturned"], False),
    "waived": (["waived"], False),
    "withdrawn": (["withdrawn"], False),
    "confirmed and closed": (["confirmed", "closed"], True),
    "appealed, confirmed and closed": (["confirmed", "appealed", "confirmed", "closed"], True),
    "overturned and closed": (["confirmed", "appealed", "overturned", "closed"], False),
    "waived and closed": (["waived", "closed"], False),
    "withdrawn and closed": (["withdrawn", "closed"], False),
}


def test_what_counts_as_history_is_what_was_confirmed_and_not_taken_back(
    sqlite_ledger, open_office, steps, week_of, at
):
    office = open_office(sqlite_ledger, [steps()])
    office.take(*(row for week in WEEKS[:2] for shop in COUNTS for row in week_of(shop, week, 1, 10)))
    office.assess(at(f"{TUESDAYS[0]}T10:00"))
    for shop, (said, _) in COUNTS.items():
        for state in said:
            office.say(breach(WEEKS[0], shop), state)
    office.assess(at(f"{TUESDAYS[1]}T10:00"))
    assert {o.shop: o.severity for o in office.outcomes() if o.cycle == WEEKS[1]} == {
        shop: "serious" if counts else "minor" for shop, (_, counts) in COUNTS.items()
    }


def test_a_closed_violation_counts_though_its_journal_entries_were_redacted(court, at):
    office = court()
    office.assess(at(f"{TUESDAYS[0]}T10:00"))
    office.say(breach(WEEKS[0]), "confirmed")
    office.say(breach(WEEKS[0]), "closed")
    with transaction(office.ledger) as session:
        for entry in [e for e in entries(session) if e.object_id == breach(WEEKS[0])]:
            redact(session, entry.id, "a name stood in it", "officer", at("2026-03-04T10:00"))
    office.assess(at(f"{TUESDAYS[1]}T10:00"))
    assert office.outcome("s1", WEEKS[1]).severity == "serious"


def test_history_tells_when_and_what_and_only_what_was_before(court, weekly, at):
    office = court()
    weekly(office, {WEEKS[0]: ["confirmed", "closed"], WEEKS[1]: ["waived", "closed"]})
    with reading(office.ledger) as session:
        found = history_of(session, "xiaohongshu.reply-rate", at("2026-03-17T10:00").date())
        assert history_of(session, "xiaohongshu.other", at("2026-03-17T10:00").date()) == {}
    assert found["s1"] == [PastViolation(14, "confirmed", "minor"), PastViolation(7, "waived", "serious")]
    assert [past.state for past in found["s2"]] == ["open", "open"]


def test_a_severity_that_a_person_recorded_stays_when_the_figure_is_corrected(court, weekly, week_of, at):
    office = court()
    weekly(office)
    office.say(breach(WEEKS[1]), "confirmed", severity="grave")
    office.take(*week_of("s1", WEEKS[1], 2, 10), replace_days=True)
    office.assess(at("2026-03-24T10:00"))
    violation = office.violation(breach(WEEKS[1]))
    assert (violation.severity, violation.numerator, office.outcome("s1", WEEKS[1]).severity) == ("grave", 2, "grave")


def test_a_week_that_is_judged_again_is_graded_by_what_is_confirmed_by_then(court, weekly, week_of, at):
    office = court()
    weekly(office)
    office.say(breach(WEEKS[0]), "confirmed")
    office.take(*week_of("s2", WEEKS[1], 2, 10), replace_days=True)  # the other shop's evidence
    office.assess(at("2026-03-25T10:00"))
    assert (office.outcome("s1", WEEKS[1]).severity, office.violation(breach(WEEKS[1])).severity) == (
        "serious",
        "serious",
    )
    assert office.outcome("s2", WEEKS[1]).severity == "minor"


def test_the_severity_that_the_platform_decided_takes_the_place_of_our_forecast_as_history(court, weekly, row, at):
    office = court()
    weekly(office, {WEEKS[0]: ["acknowledged"]})
    office.say(breach(WEEKS[0]), "confirmed", severity="grave")
    with reading(office.ledger) as ledger:
        told = history_of(ledger, office.rules[0].id, at("2026-03-10T10:00").date())
    assert told["s1"] == [PastViolation(7, "confirmed", "grave")]
    assert told["s2"] == [PastViolation(7, "open", "minor")]
    office.take(row("one more", "2026-02-25T12:00:00"))  # evidence that corrects the figure leaves what was decided
    office.assess(at("2026-03-24T10:00"))
    assert office.violation(breach(WEEKS[0])).severity == "grave"


def test_as_known_at_a_time_history_is_what_had_been_decided_by_then(court, at):
    office = court()
    office.assess(at("2026-03-24T10:00"))
    moments = [datetime.now(UTC)]
    for state in ("confirmed", "closed"):
        sleep(0.002)
        office.say(breach("2026-W09"), state)
        moments.append(datetime.now(UTC))
        sleep(0.002)
    known = [office.forecast(at("2026-03-10T10:00"), known_at=moment) for moment in moments]
    severities = [[o.severity for o in outcomes if o.shop == "s1"] for outcomes in known]
    assert severities == [["minor", "minor"], ["minor", "serious"], ["minor", "serious"]]
