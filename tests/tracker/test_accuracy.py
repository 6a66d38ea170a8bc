"""How often practice bore a rule out, and which of its claims it speaks against: exact, and said with its counts."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from engine.rulebook.book import load_or_refuse
from engine.tracker.accuracy import Judged, Missed, accuracy

RULE, VERSION = "kuaishou.service-attitude", "2021-01-01"
BOOK = load_or_refuse([Path(__file__).parents[2] / "rulesets"])
VERSIONS = {(rule.id, v.key): v for rule in BOOK.values() for v in rule.versions}


def judged(name="P1", came="confirmed", rule=RULE, **said):
    return Judged(rule, VERSION, name, came, date(2026, 4, 1), **said)


def of(*rows, missed=()):
    (found,) = accuracy(rows, missed, VERSIONS)
    return found


def claims(found):
    return [(c.claim, c.basis, c.by) for c in found.contradicted]


def test_shares_are_exact_and_none_where_nothing_was_judged():
    found = of(judged(), judged("P2"), judged("P3", "overturned"), missed=[Missed(RULE, VERSION, "M")])
    assert (found.borne_out, found.foreseen) == (Fraction(2, 3), Fraction(2, 3))
    assert of(missed=[Missed(RULE, VERSION, "M")]).borne_out is None
    assert of(judged(came="ours_only")).foreseen is None
    assert accuracy([], [], VERSIONS) == []


def test_an_assumed_severity_is_contradicted_by_each_notice_that_grades_otherwise():
    found = of(
        judged("P1", forecast="minor", severity="serious"),
        judged("P2", forecast="minor", severity="minor"),
        judged("P3", forecast="minor", severity="grave"),
        judged("P4", forecast="minor"),
        judged("P5", severity="minor"),
    )
    assert found.severities == (2, 3)
    assert claims(found) == [("severity", "assumed", ("P1", "P3"))]


@pytest.mark.parametrize(
    ("severity", "amount", "amounts"),
    [
        ("serious", 10_000, (0, 1)),
        ("serious", 30_000, (0, 1)),
        ("serious", 30_001, (1, 1)),
        ("minor", 1, (1, 1)),
        (None, 30_000, (0, 1)),  # of some rung
        (None, 40_000, (1, 1)),  # of none
        ("serious", None, (0, 0)),
    ],
)
def test_an_amount_is_held_against_the_rung_of_its_severity(severity, amount, amounts):
    found = of(judged(severity=severity, amount_fen=amount))
    assert found.amounts == amounts
    assert claims(found) == []  # this ladder was read in a source: nothing of ours is contradicted


def test_an_assumed_ladder_is_contradicted_by_an_amount_outside_of_it():
    version = VERSIONS[RULE, VERSION]
    provenance = tuple(replace(c, basis="assumed") if c.name == "ladder" else c for c in version.provenance)
    assumed = {(RULE, VERSION): replace(version, provenance=provenance)}
    (found,) = accuracy([judged(severity="serious", amount_fen=1)], [], assumed)
    assert claims(found) == [("ladder", "assumed", ("P1",))]


@pytest.mark.parametrize(
    ("verdict", "named"),
    [
        ("compliant", ["counters", "cut_off"]),
        ("not_assessed", ["counters", "cut_off", "gate"]),
        ("no_data", []),
        ("undetermined", []),
        (None, []),
    ],
)
def test_a_breach_that_we_missed_speaks_against_the_assumptions_that_may_be_why(verdict, named):
    found = of(missed=[Missed(RULE, VERSION, "M", verdict)])
    assert found.missed == 1
    assert claims(found) == [(claim, "assumed", ("M",)) for claim in named]


def test_what_was_taken_back_speaks_for_the_sources_that_dispute_the_rule():
    found = of(judged("P1", "overturned"), judged("P2"))
    assert claims(found) == [(claim, "disputed", ("P1",)) for claim in ("effective", "ladder")]


def test_every_rule_and_version_is_told_apart_and_an_unknown_one_has_counts_alone():
    gone = Judged("jd.gone", "2020-01-01", "X", "overturned", date(2020, 2, 1), "minor", "serious", 5)
    found = accuracy([judged(), gone, judged(rule="kuaishou.good-rating")], [], VERSIONS)
    assert [(one.rule, one.judged) for one in found] == [("jd.gone", 1), ("kuaishou.good-rating", 1), (RULE, 1)]
    assert (found[0].severities, found[0].amounts, found[0].contradicted) == ((1, 1), (0, 0), ())
