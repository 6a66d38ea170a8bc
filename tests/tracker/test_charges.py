"""Charges: each counted once, in its month, to the fen."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UnknownNameError
from engine.tracker.charges import GROUPS, Corrected, Reckoned, Sums, entries, groups, summed
from engine.tracker.penalties import Penalty

CLIENTS = {("kuaishou", "k1"): "a", ("kuaishou", "k2"): "b"}
THEN = datetime(2026, 4, 1, 2, tzinfo=UTC)


def violation(name="V-1", state="confirmed", amount=None, reference=None, **more):
    given_ = {
        "client": "a",
        "platform": "kuaishou",
        "shop": "k1",
        "month": "2026-03",
        "forecast_fen": (10000, 30000),
        "exposure_fen": (10000, 30000),
        "noticed_at": THEN,
    }
    return Reckoned(id=name, state=state, amount_fen=amount, reference=reference, **given_ | more)


def penalty(reference="KS-1", amount=20000, shop="k1", **more):
    empty = dict.fromkeys(("kind", "rule", "cycle", "severity", "measure", "account", "appeal_until", "borne_by"))
    told = {"platform": "kuaishou", "noticed_at": THEN, "status": "confirmed"}
    return Penalty(reference=reference, amount_fen=amount, shop=shop, **empty | told | more)


def ledger(violations=(), penalties=(), corrections=(), by=()):
    return summed(entries(violations, penalties, corrections, CLIENTS), groups(by))


def test_a_penalty_whose_number_stands_on_a_violation_is_counted_once_in_the_violations_month():
    found = ledger([violation(amount=20000, reference="KS-1")], [penalty(borne_by="agency")], by=GROUPS)
    assert found == {
        ("a", "2026-03", "agency", "kuaishou", "k1"): Sums(
            violations=1, charges=1, forecast_fen=(10000, 30000), charged_fen=20000
        )
    }


def test_a_penalty_that_belongs_to_no_violation_counts_in_the_local_month_of_its_notice():
    late = penalty(noticed_at=datetime(2026, 3, 31, 16, tzinfo=UTC))  # the first of April in Shanghai
    assert ledger(penalties=[late], by=["month"]) == {
        ("2026-04",): Sums(charges=1, charged_fen=20000, unmatched_fen=20000)
    }


def test_the_same_number_at_another_shop_is_another_notice():
    found = ledger([violation(reference="KS-1")], [penalty(shop="k2")], by=["client"])
    assert found["a",].charged_fen == 0 and found["a",].open_fen == (10000, 30000)
    assert found["b",].unmatched_fen == 20000


def test_the_number_of_one_notice_on_two_violations_is_one_charge():
    both = [violation("V-2", reference="KS-1", amount=20000), violation("V-1", reference="KS-1", amount=20000)]
    assert ledger(both, [penalty()])[()].charged_fen == 20000
    assert ledger(both, [penalty()])[()].open_fen == (0, 0)


@pytest.mark.parametrize(
    ("state", "status", "sums"),
    [
        ("confirmed", "confirmed", (20000, (0, 0), (10000, 30000))),
        ("closed", "executed", (20000, (0, 0), (10000, 30000))),
        ("confirmed", "overturned", (0, (0, 0), (10000, 30000))),
        ("overturned", "confirmed", (0, (0, 0), (10000, 30000))),
        ("waived", "confirmed", (0, (0, 0), (0, 0))),
        ("withdrawn", "confirmed", (0, (0, 0), (0, 0))),
    ],
)
def test_what_was_taken_back_costs_nothing(state, status, sums):
    found = ledger([violation(state=state, amount=20000, reference="KS-1")], [penalty(status=status)])[()]
    assert (found.charged_fen, found.open_fen, found.forecast_fen) == sums


def test_what_nobody_has_spoken_about_may_still_come():
    found = ledger([violation(state="open"), violation("V-2", state="confirmed"), violation("V-3", amount=0)])[()]
    assert (found.open_fen, found.charged_fen, found.charges) == ((20000, 60000), 0, 1)


def test_a_correction_is_booked_in_its_month():
    correction = Corrected("a", "kuaishou", "k1", "2026-05", (10000, 30000), (0, 0))
    found = ledger([violation()], corrections=[correction], by=["month"])
    assert found["2026-05",] == Sums(corrections=1, correction_fen=(-10000, -30000))
    assert found["2026-03",].correction_fen == (0, 0)


def test_a_penalty_of_a_shop_that_may_not_be_read_is_left_out():
    assert ledger(penalties=[penalty(shop="k3")]) == {}


def test_what_a_person_said_of_a_penalty_stands_before_its_number():
    two, notice = [violation(reference="KS-1"), violation("V-2")], penalty(borne_by="agency")

    def bearers(said):
        return [line.bearer for line in entries(two, [notice], [], CLIENTS, said)]

    assert bearers({notice.key: "V-2"}) == [None, "agency"]
    assert bearers({notice.key: None}) == [None, None, "agency"]
    assert bearers({}) == ["agency", None]


def money(violations, said=(), penalties=None):
    """What is charged, of it unmatched, and what may still come."""
    lines = entries(violations, [penalty()] if penalties is None else penalties, [], CLIENTS, dict(said))
    found = sum((line.sums for line in lines), Sums())
    return found.charged_fen, found.unmatched_fen, found.open_fen


def test_what_was_recorded_of_a_notice_that_a_person_took_away_is_no_charge_and_the_forecast_may_still_come():
    said_so = violation(amount=20000, reference="KS-1", exposure_fen=(20000, 20000))
    notice = penalty().key
    assert money([said_so]) == (20000, 0, (0, 0))
    assert money([said_so], {notice: None}) == (20000, 20000, (10000, 30000))
    assert money([said_so, violation("V-2", "open")], {notice: "V-2"}) == (20000, 0, (10000, 30000))
    assert money([said_so], {notice: None}, penalties=[]) == (0, 0, (10000, 30000))
    settled = violation(amount=20000, reference="KS-1", state="closed")
    assert money([settled], {notice: None}) == (20000, 20000, (0, 0))


def test_what_was_recorded_under_one_number_is_no_charge_beside_another_notice_without_an_amount():
    two = [penalty(), penalty("KS-2", None)]
    said_so = violation(amount=20000, reference="KS-1", exposure_fen=(20000, 20000))
    assert money([said_so], {two[1].key: "V-1"}, two)[0] == 20000
    assert money([said_so], {two[1].key: "V-1"}, two[1:])[0] == 20000
    by_hand = violation(amount=20000)
    assert money([by_hand], {two[1].key: "V-1"}, two[1:])[0] == 20000


def test_an_unknown_group_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'bearer'"):
        groups(["bearers"])


AMOUNTS = st.integers(0, 10**12)
VIOLATIONS = st.lists(
    st.builds(
        violation,
        st.sampled_from(["V-1", "V-2", "V-3", "V-4"]),
        st.sampled_from(["open", "confirmed", "closed", "overturned", "waived"]),
        st.none() | AMOUNTS,
        st.none() | st.sampled_from(["KS-1", "KS-2"]),
        month=st.sampled_from(["2026-02", "2026-03"]),
    ),
    unique_by=lambda v: v.id,
)
PENALTIES = st.lists(
    st.builds(
        penalty, st.sampled_from(["KS-1", "KS-2", "KS-3"]), st.none() | AMOUNTS, borne_by=st.sampled_from([None, "x"])
    ),
    unique_by=lambda p: p.reference,
)


@settings(deadline=None)
@given(VIOLATIONS, PENALTIES, st.lists(st.sampled_from(GROUPS), unique=True))
def test_however_it_is_grouped_the_sum_is_the_same_to_the_fen_and_no_notice_counts_twice(violations, penalties, by):
    whole = ledger(violations, penalties).get((), Sums())
    parts = Sums()
    for sums in ledger(violations, penalties, by=by).values():
        parts += sums
    assert parts == whole
    assert ledger(violations[::-1], penalties[::-1]).get((), Sums()) == whole
    told = sum(p.amount_fen or 0 for p in penalties)
    unsaid = {p.reference for p in penalties if p.amount_fen is None} | {None}
    known = {p.reference for p in penalties}
    own = sum(v.amount_fen or 0 for v in violations if v.reference in unsaid or v.reference not in known)
    assert whole.charged_fen <= told + own
