"""Explaining a violation: everything that stands behind it, from today's evidence, under the rule that decided it."""

import shutil

import pytest

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.violation_ids import violation_id
from tests.ready import ready_office

W10 = "2026-W10"
BREACH = violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", W10)


@pytest.fixture
def told(small_office, week_of, at):
    """An office with a violation on record: 7 of 10, all on Wednesday."""

    def build():
        small_office.take(*week_of("s1", W10, 7, 10), *week_of("s2", W10, 9, 10))
        small_office.register({"shop": "s1", "name": "小店", "alias": "one"})
        small_office.assess(at("2026-03-10T10:00"))

    ready_office(small_office, build)
    return small_office


def test_an_explanation_has_parts_that_add_up_to_the_figure(told):
    found = told.explain(BREACH)
    outcome, behind = found.outcome, found.details
    assert (outcome.numerator, outcome.denominator) == (7, 10)
    for parts in (behind.days, behind.agents, [behind.whole]):
        assert (sum(p.numerator for p in parts), sum(p.denominator for p in parts)) == (7, 10)
    assert len(behind.days) == 7
    assert behind.against_total == len(behind.against) == 3


def test_an_explanation_tells_when_it_was_assessed_until_when_it_counted_who_decided_and_why(told, at):
    found = told.explain(BREACH)
    assert found.assessed_at == found.cut_off == at("2026-03-10T10:00")
    assert (found.state, found.shop_name, found.shop_alias, found.recorded_at) == (
        "open",
        "小店",
        "one",
        at("2026-03-10T10:00"),
    )
    assert found.decided_by.startswith("durable_rules")
    assert found.facts == [{"kind": "breach"}]
    assert found.trace[0]["rule"] == "breach is a violation"
    assert [entry.event for entry in found.journal] == ["violation.opened"]
    assert found.evidence_changed is False


@pytest.mark.parametrize("name", [BREACH.lower(), f" {BREACH} "])
def test_a_violation_is_found_however_its_id_is_typed(told, name):
    found = told.explain(name)
    assert (found.outcome.violation, len(found.journal)) == (BREACH, 1)


def test_evidence_that_came_in_afterwards_is_told_until_it_is_assessed(told, week_of, at):
    told.take(*week_of("s1", W10, 6, 10), replace_days=True)
    found = told.explain(BREACH)
    assert found.evidence_changed is True
    assert (found.outcome.numerator, found.details.whole.numerator, found.details.against_total) == (7, 6, 4)
    told.assess(at("2026-03-10T10:00"))
    found = told.explain(BREACH)
    assert (found.evidence_changed, found.outcome.numerator, found.details.whole.numerator) == (False, 6, 6)


def test_evidence_that_is_gone_is_told_too(told, week_of):
    rows = [r | {"opened_at": "2026-02-25T12:00:00", "first_human_reply_at": None} for r in week_of("s1", W10, 7, 10)]
    told.take(*rows)
    found = told.explain(BREACH)
    assert (found.evidence_changed, found.details.whole.numerator) == (True, None)


def test_new_evidence_about_another_shop_is_no_news_about_this_one(told, week_of):
    told.take(*week_of("s2", W10, 5, 10), replace_days=True)
    assert told.explain(BREACH).evidence_changed is False


def test_a_withdrawn_violation_is_not_explained_and_its_history_is_pointed_to(told, week_of, at):
    told.take(*week_of("s1", W10, 9, 10), replace_days=True)
    told.assess(at("2026-03-10T10:00"))
    with pytest.raises(KaoheError, match=f"{BREACH} is withdrawn.*kaohe violations show {BREACH}"):
        told.explain(BREACH)


def test_a_confirmed_violation_that_evidence_contradicts_is_not_called_withdrawn(told, week_of, at):
    told.say(BREACH, "confirmed")
    told.take(*week_of("s1", W10, 9, 10), replace_days=True)
    told.assess(at("2026-03-10T10:00"))
    with pytest.raises(KaoheError, match=f"{BREACH} is confirmed, and by today's evidence there is no breach"):
        told.explain(BREACH)


def test_a_confirmed_violation_with_a_corrected_figure_is_explained_by_it(told, week_of, at):
    told.say(BREACH, "confirmed")
    told.take(*week_of("s1", W10, 5, 10), replace_days=True)
    told.assess(at("2026-03-10T10:00"))
    found = told.explain(BREACH)
    assert (found.state, found.outcome.numerator, found.evidence_changed) == ("confirmed", 5, False)
    assert [e.event for e in found.journal] == ["violation.opened", "violation.confirmed", "violation.corrected"]


def test_an_unknown_violation_is_named_with_those_near_it(told):
    with pytest.raises(UnknownNameError, match=BREACH):
        told.explain(BREACH[:-1] + ("A" if BREACH[-1] != "A" else "B"))


def test_a_violation_is_explained_without_any_cache_left(told):
    shutil.rmtree(told.place.cache)
    assert told.explain(BREACH).details.whole.numerator == 7


def test_days_that_another_violation_limits_as_well_are_told(small_office, week_of, at, like_x1, x1):
    small_office.rules = [x1, like_x1("xiaohongshu.twin")]
    small_office.take(week_of("s1", "2026-W10", 0, 5))
    small_office.assess(at("2026-03-10T10:00"))
    one, other = small_office.outcomes()
    (stretch,) = small_office.explain(one.violation).overlaps
    assert (str(stretch.starts), str(stretch.ends)) == ("2026-03-10", "2026-03-12")
    assert set(stretch.violations) == {one.violation, other.violation}
    small_office.say(other.violation, "waived")
    assert small_office.explain(one.violation).overlaps == ()
