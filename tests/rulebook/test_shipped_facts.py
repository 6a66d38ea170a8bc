"""The shipped rules on messages and ratings say what the platforms' pages say, and what those leave open."""

from datetime import time
from fractions import Fraction
from math import ceil

import pytest

from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import DAY, MONTH, WEEK
from engine.calendar.deadlines import Term
from engine.calendar.hours import parse_hours
from engine.judge.coverage import uncovered
from engine.rulebook.book import RuleBook
from engine.rulebook.waiting import waiting_bound

GOOD, ATTITUDE, REPLY = "kuaishou.good-rating", "kuaishou.service-attitude", "kuaishou.reply-rate-3min"
EFFECTIVE, XIAOHONGSHU = "pinduoduo.effective-reply-rate", "xiaohongshu.reply-rate"
KUAISHOU = (GOOD, ATTITUDE, REPLY)
TUESDAY, NEXT_DAY, FIRST = (
    AssessedOn(time(10), weekday=1),
    AssessedOn(time(10), day="next"),
    AssessedOn(time(10), day=1),
)


@pytest.fixture(scope="module")
def versions(rulesets):
    """The one version of every shipped rule, by the rule's id."""
    return {rule.id: rule.versions[0] for rule in RuleBook.load([rulesets])[0].values()}


@pytest.fixture(scope="module")
def claims(versions):
    return {name: {claim.name: claim for claim in version.provenance} for name, version in versions.items()}


def test_the_five_rules_of_the_card_are_shipped_each_in_one_version(rulesets, versions):
    assert set(versions) == {*KUAISHOU, EFFECTIVE, XIAOHONGSHU}
    assert {version.key for version in versions.values()} == {"2021-01-01"}
    assert all(len(rule.versions) == 1 for rule in RuleBook.load([rulesets])[0].values())


@pytest.mark.parametrize(
    ("name", "cycle", "assessed", "standard", "gate", "cut_off"),
    [
        (GOOD, WEEK, TUESDAY, ">= 80%", [], "assessed"),
        (ATTITUDE, MONTH, FIRST, "<= 6%", ["poor >= 1"], "assessed"),
        (REPLY, MONTH, FIRST, ">= 70%", [], "bounded"),
        (EFFECTIVE, DAY, NEXT_DAY, ">= 50%", ["people >= 100"], "bounded"),
        (XIAOHONGSHU, WEEK, TUESDAY, ">= 80%", ["sessions >= 5"], "assessed"),
    ],
)
def test_each_has_its_cycle_day_standard_gate_and_cut_off(versions, name, cycle, assessed, standard, gate, cut_off):
    version = versions[name]
    assert (version.cycle, version.assessed, version.cut_off) == (cycle, assessed, cut_off)
    assert str(version.standard.complies) == standard
    assert [f"{counter} {bound}" for counter, bound in version.gate] == gate


def test_ratings_are_counted_whoever_asked_and_whatever_served(versions):
    counters = {c.name: (c.relation, c.where, c.hours) for name in (GOOD, ATTITUDE) for c in versions[name].counters}
    scored, poor = "score IN ('satisfied', 'neutral', 'disappointed')", "score IN ('neutral', 'disappointed')"
    assert counters == {
        "rated": ("ratings", scored, None),
        "good": ("ratings", f"{scored} AND score = 'satisfied'", None),
        "poor": ("ratings", poor, None),
        "bad_attitude": ("ratings", f"{poor} AND bad_attitude", None),
    }


@pytest.mark.parametrize(("name", "hours", "limit"), [(REPLY, "08:00-24:00", 180), (EFFECTIVE, "08:00-23:00", 3600)])
def test_people_are_counted_by_the_day_within_the_hours_and_up_to_the_limit(versions, name, hours, limit):
    people, in_time = versions[name].counters
    assert {c.relation for c in (people, in_time)} == {"person_days"}
    assert {c.hours for c in (people, in_time)} == {parse_hours(hours)}
    counted = "day < '2022-01-25' OR day > '2022-02-08'"  # Kuaishou left the days around New Year 2022 out
    expected = (
        (counted, f"worst_wait <= {limit} AND ({counted})") if name == REPLY else (None, f"worst_wait <= {limit}")
    )
    assert (people.where, in_time.where) == expected
    assert (waiting_bound(people), waiting_bound(in_time)) == (0, limit)


@pytest.mark.parametrize("name", KUAISHOU)
def test_kuaishou_has_one_ladder_of_three_rungs_which_the_platform_chooses(versions, name):
    version = versions[name]
    rungs = {rung: [(s.kind, s.amount_fen) for s in sanctions] for rung, sanctions in version.ladder.items()}
    assert rungs == {
        "minor": [("warning", None), ("mandatory_study", None), ("mandatory_exam", None)],
        "serious": [("warning", None), ("mandatory_exam", None), ("liquidated_damages", (10_000, 30_000))],
        "grave": [("warning", None), ("mandatory_exam", None), ("liquidated_damages", (50_000, 100_000))],
    }
    severity = version.severity
    assert (severity.decided_by, severity.within_days) == ("platform", 180)
    assert severity.steps == {1: "minor", 2: "serious", 3: "grave"}
    assert (version.appeal.within, version.appeal.of, version.appeal.attempts) == (Term(7, "days"), "notice", 1)
    assert "confirming" in version.appeal.forfeited_by.en


def test_pinduoduo_may_charge_a_thousand_from_deposit_and_payments(versions):
    version = versions[EFFECTIVE]
    assert (version.severity, version.appeal, list(version.ladder)) == (None, None, ["standard"])
    (damages,) = version.ladder["standard"]
    assert (damages.kind, damages.amount_fen) == ("liquidated_damages", (100_000, 100_000))
    assert (damages.discretionary, damages.accounts) == (True, ("deposit", "payments"))
    assert damages.exposure_fen() == (0, 100_000)
    assert version.standard.stated == "violates_when"


@pytest.mark.parametrize(
    ("name", "assumed"),
    [
        (GOOD, ("effective", "counters", "cycle", "assessed", "cut_off", "severity")),
        (ATTITUDE, ("effective", "counters", "assessed", "cut_off", "gate", "severity")),
        (REPLY, ("effective", "assessed", "severity")),
        (EFFECTIVE, ("effective", "assessed")),
    ],
)
def test_what_no_source_says_is_assumed_until_a_date(versions, claims, name, assumed):
    assert versions[name].claims("assumed") == assumed
    assert all(claims[name][claim].review_by and claims[name][claim].because for claim in assumed)


@pytest.mark.parametrize(
    ("name", "claim", "by", "says"),
    [
        (GOOD, "effective", "KS-REV-20221124", "28 November"),
        (GOOD, "compliant_when", "KS-STD-20221005", "exactly 80 %"),
        (GOOD, "counters", "KS-NOTICE-20230327", "23:00"),
        (GOOD, "ladder", "KS-REV-20221124", "eased|deleted"),
        (ATTITUDE, "effective", "KS-REV-20221124", "monthly"),
        (ATTITUDE, "ladder", "KS-SERVICE-LADDER-20220218", "18 February 2022"),
        (REPLY, "effective", "KS-REPLY3-V1", "1 September 2021"),
        (REPLY, "effective", "KS-REV-20221124", "28 November"),
        (REPLY, "effective", "KS-NOTICE-20230327", "23:00"),
        (REPLY, "figure", "S2", "by messages"),
        (REPLY, "ladder", "KS-REPLY-LADDER-39ZN", "200 to 300"),
        (EFFECTIVE, "ladder", "PDD-NO-MONEY", "no money"),
    ],
)
def test_what_a_later_or_another_page_says_otherwise_is_a_dispute(versions, claims, name, claim, by, says):
    assert claim in versions[name].disputed()
    found = claims[name][claim]
    assert by in found.disputed_by
    assert any(words in found.dispute.en for words in says.split("|"))


def test_a_change_that_was_announced_is_shown_and_decides_nothing(rulesets):
    book = RuleBook.load([rulesets])[0]
    announced = {rule.id: [a.since.isoformat() for a in rule.announced] for rule in book.values() if rule.announced}
    assert announced == {GOOD: ["2022-11-28"], ATTITUDE: ["2022-11-24"], REPLY: ["2022-11-28"]}


def cases_of(version):
    """Verdicts of the cases by (numerator, denominator), None where a number is missing."""
    names = version.figure.numerator, version.figure.denominator
    return {tuple(case.given.get(name) for name in names): case.expect.verdict for case in version.cases}


@pytest.mark.parametrize(
    ("name", "numerator", "denominator", "verdict"),
    [
        (GOOD, 80, 100, "compliant"),
        (GOOD, 79, 100, "violation"),
        (GOOD, 4, 5, "compliant"),
        (GOOD, 863, 1079, "violation"),
        (GOOD, 799, 1000, "violation"),
        (GOOD, 0, 0, "not_assessed"),
        (GOOD, None, 100, "no_data"),
        (ATTITUDE, 6, 100, "compliant"),
        (ATTITUDE, 7, 100, "violation"),
        (ATTITUDE, 1, 16, "violation"),
        (ATTITUDE, 1, 17, "compliant"),
        (ATTITUDE, 2, 33, "violation"),
        (ATTITUDE, 0, 1, "compliant"),
        (ATTITUDE, 0, 0, "not_assessed"),
        (ATTITUDE, None, 100, "no_data"),
        (REPLY, 70, 100, "compliant"),
        (REPLY, 69, 100, "violation"),
        (REPLY, 0, 0, "not_assessed"),
        (REPLY, None, 100, "no_data"),
        (EFFECTIVE, 50, 100, "compliant"),
        (EFFECTIVE, 49, 100, "violation"),
        (EFFECTIVE, 0, 99, "not_assessed"),
        (EFFECTIVE, None, 100, "no_data"),
    ],
)
def test_the_cases_hold_the_promised_examples(versions, name, numerator, denominator, verdict):
    assert cases_of(versions[name])[numerator, denominator] == verdict


@pytest.mark.parametrize("name", [*KUAISHOU, EFFECTIVE, XIAOHONGSHU])
def test_the_cases_agree_with_the_bounds_and_leave_nothing_untried(rulesets, versions, name):
    version = versions[name]
    for (numerator, denominator), verdict in cases_of(version).items():
        if verdict in ("compliant", "violation"):
            assert version.standard.complies.admits(numerator, denominator) == (verdict == "compliant")
    assert uncovered(RuleBook.load([rulesets])[0].rule(name)) == []


@pytest.mark.parametrize("name", KUAISHOU)
def test_the_cases_reach_every_rung_with_its_money(versions, name):
    exposures = {
        case.expect.severity: case.expect.exposure_fen for case in versions[name].cases if case.expect.exposure_fen
    }
    assert exposures == {"minor": (0, 0), "serious": (10_000, 30_000), "grave": (50_000, 100_000)}


@pytest.mark.parametrize("good", [0, 1, 2, 79, 80, 81, 999])
@pytest.mark.parametrize("rated", [1, 4, 5, 100, 1000])
def test_four_good_ratings_make_up_for_one_bad_as_the_source_says(versions, good, rated):
    """The number of good ratings that mend the figure is ceil((0.8 n - k) / 0.2), and one less does not."""
    if good > rated:
        return
    needed = max(0, ceil((Fraction(4, 5) * rated - good) / Fraction(1, 5)))
    complies = versions[GOOD].standard.complies
    assert complies.admits(good + needed, rated + needed)
    assert needed == 0 or not complies.admits(good + needed - 1, rated + needed - 1)


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        (GOOD, "8fed5f1bad82cb723ac80f27657da4d986168b9745b098ad32de87912628a1b5"),
        (ATTITUDE, "72d95cde98e0c6529012973079ecadb448a53c562b3c8175e10681dca5070001"),
        (REPLY, "c4e3ee8c687a0dd7f5dfc55eae144ec840c940e36dc385ea09aa295a015ba61e"),
        (EFFECTIVE, "0eb81a67443d4dab5d88c050b7b894fe3bc240f6ba9d64ae70206c0ca412e04e"),
    ],
)
def test_what_decides_is_what_was_released(versions, name, sha256):
    """A new digest means that the rule decides anew: then a version of its own is due, not an edit."""
    assert versions[name].sha256 == sha256
