"""What a sound file becomes: every part of it, as exact values."""

from datetime import date, time
from fractions import Fraction

import pytest

from engine.calendar.assessment import AssessedOn
from engine.calendar.cycles import MONTH, rolling
from engine.calendar.deadlines import Term
from engine.calendar.hours import parse_hours
from engine.rulebook.loader import load
from engine.rulebook.model import (
    Announcement,
    Appeal,
    Band,
    Bound,
    Counter,
    Figure,
    Interval,
    PastViolation,
    SanctionSpec,
    Severity,
    Standard,
    Text,
)


def test_the_rule_itself_says_who_it_is(graded):
    assert (graded.id, graded.platform, graded.subject, graded.zone) == (
        "kuaishou.unanswered-share",
        "kuaishou",
        "shop",
        "Asia/Shanghai",
    )
    assert graded.title == Text("未回复会话占比", "Share of unanswered conversations")
    assert graded.path == "sample.yaml"


def test_sources_keep_their_days_and_grades(graded):
    source = graded.sources["ladder-2022"]
    assert (source.url, source.document, source.grade) == ("https://example.com/ladder", None, "A")
    assert (source.published, source.retrieved) == (date(2022, 2, 11), date(2026, 11, 22))
    assert source.title == Text("A ladder", "A ladder")


def test_counters_figure_and_gate_are_exact(graded):
    (version,) = graded.versions
    assert version.counters == (
        Counter("asked", "sessions", "opened_by = 'buyer'"),
        Counter(
            "unanswered",
            "sessions",
            "opened_by = 'buyer' AND NOT replied_before_close",
            hours=parse_hours("08:00-24:00"),
        ),
    )
    assert version.figure == Figure("unanswered", "asked")
    assert version.gate == (("asked", Bound("at_least", Fraction(1), "1")),)
    assert f"asked {version.gate[0][1]}" == "asked >= 1"


def test_cycle_assessment_and_cut_off_are_read(graded):
    (version,) = graded.versions
    assert version.since == date(2021, 1, 1)
    assert version.cycle == MONTH
    assert version.assessed == AssessedOn(time(10), day=1)
    assert version.cut_off == "assessed"


def test_a_standard_is_kept_as_it_is_stated(graded, banded):
    assert graded.versions[0].standard == Standard(Bound("at_most", Fraction(6, 100), "6%"), "compliant_when")
    assert graded.versions[0].at_risk == Bound("above", Fraction(48, 1000), "4.8%")
    # `violates_when: {at_least: 1000.5}` complies below it.
    assert banded.versions[0].standard == Standard(Bound("below", Fraction(2001, 2), "1000.5"), "violates_when")


def test_a_forecast_has_its_steps(graded):
    assert graded.versions[0].severity == Severity(
        "platform", within_days=180, steps={1: "minor", 2: "serious", 3: "grave"}
    )


def test_severity_by_history_has_its_steps(edited):
    result = edited("graded-by-platform", ("platform\n      forecast", "history\n      history"))
    assert result.rule.versions[0].severity == Severity(
        "history", within_days=180, steps={1: "minor", 2: "serious", 3: "grave"}
    )


def test_bands_keep_their_order(banded):
    assert banded.versions[0].severity == Severity(
        "metric",
        bands=(
            Band("grave", Bound("at_least", Fraction(5000), "5000")),
            Band("minor", Bound("at_least", Fraction(2001, 2), "1000.5")),
        ),
    )


def test_a_ladder_of_three_rungs_has_its_measures_and_amounts(graded):
    ladder = graded.versions[0].ladder
    assert list(ladder) == ["minor", "serious", "grave"]
    assert [s.kind for s in ladder["minor"]] == ["warning", "mandatory_study", "mandatory_exam"]
    assert ladder["serious"][2] == SanctionSpec("liquidated_damages", amount_fen=(10_000, 30_000))
    assert ladder["grave"][2] == SanctionSpec(
        "liquidated_damages",
        amount_fen=(50_000, 100_000),
        discretionary=True,
        accounts=("deposit", "payments"),
    )
    assert ladder["grave"][2].exposure_fen() == (0, 100_000)


def test_points_shares_and_declared_measures_have_their_sizes(banded):
    ladder = banded.versions[0].ladder
    assert ladder["minor"] == (SanctionSpec("points", points=2), SanctionSpec("bonus_cut", share=Fraction(1, 10)))
    assert ladder["grave"] == (
        SanctionSpec("closed_entry", days=(7, 7), scope="chat"),
        SanctionSpec("demotion", scope="all_goods"),
        SanctionSpec("closed_entry"),
    )
    assert banded.measures == {"closed_entry": Text("关闭咨询入口", "chat entry closed")}


@pytest.mark.parametrize(
    ("size", "sanction"),
    [
        ("3 days", SanctionSpec("closed_entry", days=(3, 3), scope="chat")),
        ("1..3 days", SanctionSpec("closed_entry", days=(1, 3), scope="chat")),
        ("20 CNY", SanctionSpec("closed_entry", amount_fen=(2000, 2000), scope="chat")),
        ("4", SanctionSpec("closed_entry", points=4, scope="chat")),
        ("5%", SanctionSpec("closed_entry", share=Fraction(1, 20), scope="chat")),
        ("unstated", SanctionSpec("closed_entry", scope="chat")),
    ],
)
def test_a_declared_measure_takes_any_size(edited, size, sanction):
    lasting = (", closed_entry]", ", closed_entry, {listing_ban: 1 day}]")  # so that something has a first day
    result = edited("banded-and-repealed", ("closed_entry: 7 days", f"closed_entry: {size}"), lasting)
    assert result.rule.versions[0].ladder["grave"][0] == sanction


def test_an_appeal_is_read(graded):
    assert graded.versions[0].appeal == Appeal(
        Term(7, "days"), "notice", 1, Text("confirming the notice", "confirming the notice")
    )


def test_claims_keep_the_order_of_the_file_and_their_disputes(graded):
    (version,) = graded.versions
    assert version.claims("assumed") == ("assessed", "cut_off", "gate", "severity", "effective")
    assert version.disputed() == ("ladder", "effective")
    claims = {claim.name: claim for claim in version.provenance}
    assert claims["compliant_when"].cite == ("guide", "ladder-2022")
    assert claims["figure"].assuming == Text("bots do not answer", "bots do not answer")
    assert claims["ladder"].disputed_by == ("ladder-2022",)
    assert claims["effective"].disputed_by == ("revision-2022",)
    assert claims["effective"].dispute == Text("已取消", "ended with November 2022")
    assert claims["effective"].review_by == date(2027, 3, 31)
    # An assumption may lean on a source that says a part of it.
    assert (claims["cut_off"].basis, claims["cut_off"].cite) == ("assumed", ("guide",))


def test_cases_are_read_with_their_history_and_line(graded, texts):
    case = graded.versions[0].cases[2]
    assert case.given == {"asked": 100, "unanswered": 7}
    assert case.history == (PastViolation(31, "confirmed", "minor"),)
    assert (case.expect.verdict, case.expect.severity) == ("violation", "serious")
    assert case.expect.exposure_fen == (10_000, 30_000)
    assert case.expect.sanctions == ("warning", "mandatory_exam", "liquidated_damages")
    assert case.name in texts["graded-by-platform"].splitlines()[case.line - 1]
    assert graded.versions[0].cases[3].expect.missing == ("unanswered",)


def test_a_case_may_give_the_two_numbers_that_a_counter_lies_between(edited):
    line = "      - {name: between, given: {asked: 90..110, unanswered: 6}, expect: {verdict: undetermined}}\n"
    one_more = "      - {name: one more"
    case = edited("graded-by-platform", (one_more, line + one_more)).rule.versions[0].cases[1]
    assert (case.given, case.expect.verdict) == ({"asked": Interval(90, 110), "unanswered": 6}, "undetermined")


def test_a_sum_stands_over_one(banded):
    version = banded.versions[0]
    assert version.counters == (Counter("seconds", "sessions", total_of="second"),)
    assert version.figure == Figure("seconds", None)
    assert version.cycle == rolling(7)
    assert version.assessed == AssessedOn(time(0, 30), day="next")


def test_a_repealed_version_is_a_version(banded):
    in_force, repealed = banded.versions
    assert (in_force.repealed, repealed.repealed) == (False, True)
    assert [claim.name for claim in repealed.provenance] == ["effective"]
    assert (repealed.figure, repealed.standard, repealed.cases) == (None, None, ())
    assert banded.version_for(date(2024, 12, 31)) is in_force
    assert banded.version_for(date(2025, 1, 1)) is repealed
    assert banded.version_for(date(2024, 5, 5)) is None


def test_an_announcement_is_kept_apart_from_the_versions(banded):
    assert banded.announced == (Announcement(date(2026, 12, 1), ("page",), Text("恢复考核", "It will come back")),)
    assert [version.key for version in banded.versions] == ["2024-05-06", "2025-01-01"]
    assert banded.version_for(date(2027, 1, 1)).repealed


def test_the_text_of_the_file_is_kept_as_it_was_read(texts):
    text = texts["graded-by-platform"]
    assert load("a.yaml", text.encode()).rule.source_text == text


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(texts, graded):
    data = b"\xef\xbb\xbf" + texts["graded-by-platform"].replace("\n", "\r\n").encode()
    rule = load("a.yaml", data).rule
    assert rule.versions[0].sha256 == graded.versions[0].sha256
    assert rule.versions[0].cases == graded.versions[0].cases
    assert rule.source_text.startswith("# A rule")


def test_quotes_do_not_change_what_a_value_is(edited, graded):
    result = edited(
        "graded-by-platform",
        ("cycle: month", "cycle: 'month'"),
        ("at_most: 6%", 'at_most: "6%"'),
        ("2021-01-01:", '"2021-01-01":'),
        ("attempts: 1", 'attempts: "1"'),
    )
    assert result.rule.versions == graded.versions


def test_words_that_yaml_would_convert_stay_what_they_are(edited):
    # YAML 1.1 reads `no` as false, 1:30 as 90 and a date as an object; here they are text.
    result = edited("graded-by-platform", ('at: "10:00"', "at: 01:30"), ("says: one natural month", "says: no"))
    assert result.rule.versions[0].assessed.at == time(1, 30)
    assert result.rule.versions[0].provenance[1].says == Text("no", "no")
