"""Penalties and violations compared: who belongs to whom, and when only a person can tell."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.book import load_or_refuse
from engine.tracker.guessing import Guesser
from engine.tracker.matching import Ours, match
from engine.tracker.penalties import Penalty

RULE, OTHER = "kuaishou.service-attitude", "kuaishou.good-rating"
TODAY = date(2026, 6, 1)
GUESSER = Guesser(load_or_refuse([Path(__file__).parents[2] / "rulesets"]))


def at(day):
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=2)


def penalty(reference="P1", noticed="2026-03-11", **said):
    given = dict.fromkeys(("kind", "rule", "cycle", "severity", "measure", "amount_fen", "account", "borne_by"))
    given |= {"platform": "kuaishou", "shop": "k1", "appeal_until": None, "status": "open"}
    return Penalty(**given | {"reference": reference, "noticed_at": at(date.fromisoformat(noticed))} | said)


def ours(name="V-1", assessed="2026-03-10", **said):
    """A violation of a week, assessed on the Tuesday after it."""
    day = date.fromisoformat(assessed)
    year, week, _ = (day - timedelta(days=7)).isocalendar()
    given = {"rule": RULE, "platform": "kuaishou", "shop": "k1", "cycle": f"{year}-W{week:02d}", "cycle_days": 7}
    given |= {"state": "open", "severity": "minor", "amount_fen": (0, 0), "reference": None}
    return Ours(id=name, assessed_on=day, **given | said)


def lines(penalties, violations, today=TODAY, decided=None):
    found = match(penalties, violations, GUESSER, today, 30, decided)
    return [(m.penalty and m.penalty.reference, m.violation, m.result, m.doubts) for m in found]


def one(said, *violations, **more):
    """The one line of a penalty."""
    return next(line for line in match([said], violations, GUESSER, TODAY, 30, **more) if line.penalty)


def test_a_notice_that_names_rule_and_cycle_is_matched_however_late_it_comes():
    said = penalty(rule=RULE, cycle="2026-W10", noticed="2026-05-30")
    assert lines([said], [ours(), ours("V-2", "2026-03-17")])[0] == ("P1", "V-1", "matched", ())
    assert one(said, ours()).basis == "rule and cycle"


@pytest.mark.parametrize(
    "name", [RULE, "快手客服服务态度差中差评率", "Kuaishou share of poor ratings for bad attitude"]
)
def test_a_rule_is_named_by_its_id_or_its_title(name):
    assert one(penalty(rule=name, cycle="2026-W10"), ours(rule=OTHER), ours("V-2")).violation == "V-2"


def test_without_a_cycle_the_one_last_assessed_is_meant():
    notices = [penalty("P1", "2026-03-11", rule=RULE), penalty("P2", "2026-03-18", rule=RULE)]
    assert lines(notices, [ours(), ours("V-2", "2026-03-17")]) == [
        ("P1", "V-1", "matched", ()),
        ("P2", "V-2", "matched", ()),
    ]


def test_a_notice_after_the_next_assessment_is_doubtful():
    found = one(penalty(noticed="2026-03-18", rule=RULE), ours())
    assert (found.violation, found.doubts, found.candidates) == ("V-1", ("late",), ("V-1",))


@pytest.mark.parametrize(
    ("noticed", "found"), [("2026-03-09", None), ("2026-03-10", "V-1"), ("2026-04-09", "V-1"), ("2026-04-10", None)]
)
def test_a_notice_is_looked_for_from_the_assessment_day_to_the_last_of_the_days(noticed, found):
    assert one(penalty(noticed=noticed, rule=RULE), ours()).violation == found


@pytest.mark.parametrize(
    ("text", "rule", "likeness"),
    [
        ("服务态度差", RULE, "1/3"),
        ("好评率不达标", OTHER, "1"),
        ("3分钟回复率未达标", "kuaishou.reply-rate-3min", "1"),
        ("poor ratings", RULE, "1/2"),
    ],
)
def test_a_rule_is_guessed_from_words_and_that_is_doubtful(text, rule, likeness):
    found = one(penalty(kind=text, cycle="2026-W10"), *(ours(f"V-{n}", rule=r) for n, r in enumerate(GUESSER.rules)))
    assert (found.violation, found.doubts) == (f"V-{list(GUESSER.rules).index(rule)}", ("rule guessed",))
    assert str(found.likeness) == likeness


@pytest.mark.parametrize("said", [{"rule": "客服 3分钟回复率"}, {"kind": "3 分钟回复率"}, {"rule": "reply-rate-3min"}])
def test_a_rule_is_named_by_its_title_also_without_what_all_titles_have(said):
    found = one(penalty(cycle="2026-W10", **said), ours(), ours("V-2", rule="kuaishou.reply-rate-3min"))
    assert (found.violation, found.doubts) == ("V-2", ())


@pytest.mark.parametrize(
    ("said", "doubts", "means"),
    [
        ({"kind": "好评率不达标"}, ("rule guessed",), (OTHER,)),
        ({"kind": "3分钟回复率"}, (), ("kuaishou.reply-rate-3min",)),
        ({"kind": "发票"}, ("rule unknown",), ()),
        ({}, ("rule unknown",), ()),
    ],
)
def test_what_we_missed_says_which_rule_it_means_and_is_doubtful_where_that_is_not_told(said, doubts, means):
    found = one(penalty(**said))
    assert (found.result, found.doubts, found.means) == ("theirs_only", doubts, means)


def test_a_notice_that_says_nothing_is_matched_with_a_doubt():
    found = one(penalty(), ours())
    assert (found.violation, found.doubts, found.basis) == ("V-1", ("rule unknown",), "time")


def test_between_equally_likely_violations_nobody_but_a_person_can_tell():
    rivals = [ours("V-1", rule=RULE), ours("V-2", rule=OTHER)]
    assert lines([penalty()], rivals) == [("P1", None, "theirs_only", ("rule unknown", "several"))]
    assert one(penalty(), *rivals).candidates == ("V-1", "V-2")
    assert one(penalty(rule=OTHER), *rivals).violation == "V-2"


def test_of_two_notices_about_one_violation_neither_is_preferred():
    notices = [penalty(name, rule=RULE, cycle="2026-W10") for name in ("P1", "P2")]
    assert [(line[1], line[3]) for line in lines(notices, [ours()])] == [(None, ("several",))] * 2


def test_figures_tell_one_of_several_apart_and_that_is_doubtful():
    rivals = [ours("V-1", rule=RULE), ours("V-2", rule=OTHER, severity="serious")]
    found = one(penalty(severity="serious"), *rivals)
    assert (found.violation, found.doubts) == ("V-2", ("rule unknown", "several"))


@pytest.mark.parametrize(
    ("theirs", "mine", "differs"),
    [
        ({"severity": "serious"}, {}, ("severity",)),
        ({"severity": "minor"}, {}, ()),
        ({}, {}, ()),
        ({"severity": "serious"}, {"severity": None}, ()),
        ({"amount_fen": 30000}, {}, ("amount",)),
        ({"amount_fen": 30000}, {"amount_fen": (10000, 30000)}, ()),
        ({"amount_fen": 30001}, {"amount_fen": (10000, 30000)}, ("amount",)),
        ({"amount_fen": 0}, {"amount_fen": (10000, 30000)}, ("amount",)),
        ({"amount_fen": 30000}, {"amount_fen": None}, ()),
        ({"severity": "grave", "amount_fen": 1}, {}, ("severity", "amount")),
    ],
)
def test_what_one_side_lacks_does_not_differ(theirs, mine, differs):
    found = one(penalty(rule=RULE, cycle="2026-W10", **theirs), ours(**mine))
    assert (found.result, found.differs) == ("differing" if differs else "matched", differs)


def test_another_shop_s_violation_is_never_meant():
    assert one(penalty(rule=RULE, cycle="2026-W10"), ours(shop="k2")).violation is None


def test_what_was_withdrawn_is_not_ours_any_more():
    assert lines([penalty(rule=RULE, cycle="2026-W10")], [ours(state="withdrawn")]) == [("P1", None, "theirs_only", ())]


@pytest.mark.parametrize(
    ("today", "said", "listed"),
    [
        (date(2026, 4, 9), {}, False),  # it may still come
        (date(2026, 4, 10), {}, True),
        (TODAY, {"state": "acknowledged"}, True),
        (TODAY, {"state": "confirmed"}, False),
        (TODAY, {"state": "waived"}, False),
        (TODAY, {"spoken": True}, False),
    ],
)
def test_a_violation_is_ours_alone_once_no_notice_can_come_any_more(today, said, listed):
    assert lines([], [ours(**said)], today) == ([(None, "V-1", "ours_only", ())] if listed else [])


def test_a_recorded_number_stands_before_everything_but_a_person():
    recorded = ours("V-2", "2025-01-07", rule=OTHER, reference="P1")
    said = penalty(rule=RULE, cycle="2026-W10")
    assert one(said, ours(), recorded).violation == "V-2"
    assert one(said, ours(), recorded, decided={said.key: "V-1"}).violation == "V-1"


def test_what_a_person_decided_stands():
    said = penalty(rule=RULE, cycle="2026-W10")
    found = one(said, ours(), decided={said.key: None})
    assert (found.violation, found.result, found.basis, found.doubts) == (None, "theirs_only", "person", ())
    assert one(penalty(), ours(), ours("V-2", rule=OTHER), decided={said.key: "V-2"}).basis == "person"


DAYS = st.integers(0, 40).map(lambda n: date(2026, 3, 3) + timedelta(days=n))
NOTICES = st.builds(
    lambda day, said: penalty(noticed=day.isoformat(), **said),
    DAYS,
    st.fixed_dictionaries(
        {"shop": st.sampled_from(["k1", "k2"])},
        optional={
            "rule": st.sampled_from([RULE, OTHER, "服务态度差"]),
            "cycle": st.sampled_from(["2026-W09", "2026-W10", "2026-W11"]),
            "severity": st.sampled_from(["minor", "serious"]),
            "amount_fen": st.sampled_from([0, 30000]),
        },
    ),
)
WEEKS = st.sampled_from(["2026-03-03", "2026-03-10", "2026-03-17"])
VIOLATIONS = st.builds(
    lambda assessed, said: ours(assessed=assessed, **said),
    WEEKS,
    st.fixed_dictionaries(
        {"shop": st.sampled_from(["k1", "k2"]), "rule": st.sampled_from([RULE, OTHER])},
        optional={"severity": st.sampled_from(["minor", "serious"]), "reference": st.sampled_from(["P0", "P1"])},
    ),
)


@given(st.lists(NOTICES, max_size=7), st.lists(VIOLATIONS, max_size=7), st.randoms(use_true_random=False), st.data())
def test_the_comparison_is_the_same_in_any_order_and_gives_each_at_most_one_other(notices, violations, random, data):
    notices = [replace(said, reference=f"P{n}") for n, said in enumerate(notices)]
    violations = [replace(v, id=f"V-{n}") for n, v in enumerate(violations)]
    names = [None, *(v.id for v in violations)]
    decided = {p.key: data.draw(st.sampled_from(names)) for p in notices if data.draw(st.integers(0, 4)) == 0}
    linked = [name for name in decided.values() if name]
    if len(set(linked)) < len(linked):
        decided = {}
    first = match(notices, violations, GUESSER, TODAY, 30, decided)
    random.shuffle(notices)
    random.shuffle(violations)
    assert match(notices, violations, GUESSER, TODAY, 30, decided) == first
    given_, taken = [m.penalty for m in first if m.penalty], [m.violation for m in first if m.violation]
    assert sorted(given_) == sorted(p.key for p in notices)
    assert len(set(taken)) == len(taken)
    shops = {v.id: v.shop for v in violations}
    assert all(shops[m.violation] == m.penalty.shop for m in first if m.penalty and m.violation)
    assert all(m.candidates for m in first if m.doubts and m.violation)
