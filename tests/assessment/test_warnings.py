"""What an outlook is worth waking somebody for: by arithmetic, against what could really still happen."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.assessment.outlook import Outlook
from engine.assessment.warnings import AT_RISK, CERTAIN, EVENTS, ONE_MORE, EarlyWarning, event_of, untold, warnings_of
from engine.calendar.cycles import parse_cycle
from engine.judge.headroom import headroom
from engine.rulebook.model import Bound, Figure, Interval, Standard

W10 = parse_cycle("2026-W10")  # Monday the 2nd to Sunday the 8th of March
FAR = 300  # more things than any of these figures needs

limits = st.builds(Fraction, st.integers(1, 9), st.just(10))
numbers = st.integers(0, 30)


@pytest.fixture(scope="module")
def looks(x1, at_):
    """Makes an outlook of the rule that ships, or of one that differs, as the standing really is."""

    def look(good, of, pending=0, running=True, now="2026-03-05T12:00", **differing):
        version = replace(x1.versions[0], **differing)
        head = headroom(version.standard.complies, good, of, running, pending)
        found = Outlook(
            rule=x1,
            version=version,
            client="default",
            shop="s1",
            cycle=W10,
            due_at=at_("2026-03-10T10:00"),
            running=running,
            numerator=good,
            denominator=of,
            standing=head.standing,
            mends=head.mends,
            breaks=head.breaks,
            dilutes=head.dilutes,
            pending=pending,
        )
        return event_of(found, at_(now))

    return look


@pytest.fixture(scope="module")
def at_():
    return lambda text: datetime.fromisoformat(f"{text}+08:00")


def at_least(limit):
    return Standard(Bound("at_least", limit, str(limit)), "compliant_when")


def at_most(limit):
    return Standard(Bound("at_most", limit, str(limit)), "compliant_when")


@given(limit=limits, good=numbers, bad=numbers, pending=numbers, running=st.booleans())
def test_certain_is_what_nothing_that_can_still_happen_mends(looks, limit, good, bad, pending, running):
    whole = good + bad + pending
    assume(whole)
    now = "2026-03-05T12:00" if running else "2026-03-09T12:00"
    said = looks(good, whole, pending, running, now, standard=at_least(limit), at_risk=None)
    best = [(good + pending + more, whole + more) for more in ([0, FAR] if running else [0])]
    # With each further good one the share rises: what FAR of them do not mend, none do.
    assert (said == CERTAIN) == (not any(limit * n <= g for g, n in best))


@given(limit=limits, good=numbers, bad=numbers)
def test_one_more_is_said_exactly_where_one_more_breaks_it_and_something_told_against_it_before(
    looks, limit, good, bad
):
    assume(good + bad)
    whole = good + bad
    said = looks(good, whole, standard=at_least(limit), at_risk=None)
    holds, breaks = good >= limit * whole, good < limit * (whole + 1)
    assert (said == ONE_MORE) == (holds and breaks and bad > 0)


@given(limit=limits, bad=numbers, whole=st.integers(1, 60))
def test_of_a_share_that_must_stay_low_one_more_is_said_alike(looks, limit, bad, whole):
    assume(bad <= whole)
    said = looks(bad, whole, standard=at_most(limit), at_risk=None)
    holds, breaks = bad <= limit * whole, bad + 1 > limit * (whole + 1)
    assert (said == ONE_MORE) == (holds and breaks and bad > 0)
    assert (said == AT_RISK) == (not holds)


@given(good=numbers, bad=numbers, pending=numbers)
def test_what_waits_for_an_answer_alarms_nobody_before_the_last_day(looks, good, bad, pending):
    whole = good + bad + pending
    assume(whole)
    fine = 100 * (good + pending) >= 85 * whole  # X1 warns below 85 %
    early, late = looks(good, whole, pending), looks(good, whole, pending, now="2026-03-08T12:00")
    assert (early == AT_RISK) == (not fine)
    assert (late == AT_RISK) == (100 * good < 85 * whole)


@pytest.mark.parametrize(("good", "said"), [(79, AT_RISK), (80, AT_RISK), (84, AT_RISK), (85, None), (100, None)])
def test_within_the_rules_own_early_warning_it_is_at_risk(looks, good, said):
    assert looks(good, 100) == said


def test_a_clean_record_is_never_one_more_from_a_breach(looks):
    assert looks(1, 1, standard=at_least(Fraction(4, 5)), at_risk=None) is None


@pytest.mark.parametrize(
    ("now", "said"), [("2026-03-02T23:59", None), ("2026-03-03T00:00", AT_RISK), ("2026-03-10T10:00", None)]
)
def test_nothing_is_said_on_the_first_day_of_a_week_nor_once_it_is_to_be_assessed(looks, now, said):
    assert looks(5, 10, now=now) == said


def test_what_is_certain_is_said_on_the_first_day_too(looks):
    all_of_them = at_least(Fraction(1))
    assert looks(9, 10, now="2026-03-02T10:00", standard=all_of_them, at_risk=None) == CERTAIN


def test_a_sum_that_is_too_high_is_certain_since_nothing_dilutes_it(looks):
    points = {"figure": Figure("sessions", None), "standard": at_most(Fraction(3)), "at_risk": None, "gate": ()}
    assert (looks(4, 1, **points), looks(3, 1, **points)) == (CERTAIN, None)


def test_below_the_floor_of_its_rule_nothing_is_said(looks):
    floor = (("sessions", Bound("at_least", Fraction(20), "20")),)
    assert (looks(9, 19, notify_floor=floor), looks(9, 20, notify_floor=floor)) == (None, AT_RISK)
    assert looks(0, 19, running=False, now="2026-03-09T12:00", notify_floor=floor) is None


@pytest.fixture
def outlook_of(x1, at):
    def made(standing, **more):
        given_ = {"numerator": 5, "denominator": 10, "due_at": at("2026-03-10T10:00"), "running": True}
        whose = {"rule": x1, "version": x1.versions[0], "client": "default", "shop": "s1", "cycle": W10}
        return Outlook(**whose | given_ | {"standing": standing} | more)

    return made


@pytest.mark.parametrize("standing", ["safe", "below_gate", "unknown"])
def test_where_nothing_is_wrong_or_nothing_known_nothing_is_said(outlook_of, at, standing):
    assert event_of(outlook_of(standing), at("2026-03-05T12:00")) is None


def test_a_waived_cycle_is_not_warned_of(outlook_of, at):
    found = [outlook_of("lost"), outlook_of("lost", shop="s2")]
    told = warnings_of(found, {"2026-W10": {"s1"}}, at("2026-03-09T12:00"))
    assert [w.outlook.shop for w in told] == ["s2"]
    assert len(warnings_of(found, {"2026-W11": {"s1"}}, at("2026-03-09T12:00"))) == 2


def test_a_rounded_figure_is_at_risk_where_any_of_its_ends_is_and_tells_them(outlook_of, at):
    rounded = outlook_of("holding", numerator=86, denominator=100, numerator_range=Interval(84, 88), breaks=5)
    (told,) = warnings_of([rounded], {}, at("2026-03-05T12:00"))
    after = told.told()
    assert (told.event, after["numerator_low"], after["numerator_high"]) == (AT_RISK, 84, 88)
    assert "denominator_low" not in after


@given(said=st.lists(st.sampled_from(EVENTS), max_size=12))
def test_whatever_comes_each_is_told_once_and_louder_than_all_before(outlooks, said):
    told, heard = set(), []
    for event in said:
        for new in untold([EarlyWarning(event, outlooks)], told):
            told.add((new.event, new.key))
            heard.append(EVENTS.index(new.event))
    assert heard == sorted(set(heard))
    assert (not said) or heard[-1] == max(EVENTS.index(event) for event in said)


@pytest.fixture(scope="module")
def outlooks(x1, at_):
    due_at = at_("2026-03-10T10:00")
    return Outlook(x1, x1.versions[0], "default", "s1", W10, due_at, True, 5, 10, "behind")
